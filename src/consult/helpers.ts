import { canonicalNumber } from "../call/number.ts";
import { type CompiledCalendar, openingAt } from "../circumstances/opening.ts";
import { rowFor } from "../circumstances/tables.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { calledAt, kindOf } from "../numbering/canonical.ts";
import type { Places } from "../numbering/sites.ts";
import type { Helpers } from "./script-host.ts";

interface Known {
  snapshot: {
    parts: {
      users: { get(name: string): UserEntry | undefined };
      numbers: { get(number: string): { user: string } | undefined };
      flags: { get(name: string): { on: boolean } | undefined };
      tables: { get(name: string): { packed: string } | undefined };
    };
    indexes: { sites: Places; calendars: ReadonlyMap<string, CompiledCalendar> };
  };
}

/** What one carrier asks, as `GET /v1/prices/lookup` has it. */
interface Asks {
  carrier: string;
  state: string;
  name: string;
  currency: string;
  per_minute: string;
  cost: string;
  compared: string | null;
}

const longestSeconds = 86_400;

/**
 * What scripts may look up in the data that decides calls (globals/dialtone.d.ts).
 * @param pricesFor the cheapest first
 */
export function scriptHelpers(
  live: Known,
  pricesFor: (number: string, seconds: number) => readonly Asks[],
): Helpers {
  const parts = () => live.snapshot.parts;
  return {
    userOf: ([number]) => parts().numbers.get(String(number))?.user,
    user: ([name]) => {
      const found = parts().users.get(String(name));
      return found?.enabled ? { name: found.name, display: found.display } : undefined;
    },
    number: ([dialled, site]) => {
      const { byName, fallback } = live.snapshot.indexes.sites;
      const place = site === undefined ? fallback : byName.get(String(site));
      if (site !== undefined && !place) throw new Error(`there is no site ${String(site)}`);
      const plain = canonicalNumber(String(dialled));
      if (!place) return { number: plain, class: undefined, country: undefined };
      const number = calledAt(place, plain);
      return { number, ...kindOf(place, number) };
    },
    prices: ([number, seconds = 180]) => {
      const length = Math.min(longestSeconds, Math.max(1, Math.round(Number(seconds) || 0)));
      return pricesFor(String(number), length).map((asks) => {
        const { carrier, state, name, currency, per_minute, cost, compared } = asks;
        return { carrier, state, name, currency, per_minute, cost, compared };
      });
    },
    calendar: ([name, at]) => {
      const found = live.snapshot.indexes.calendars.get(String(name));
      if (!found) throw new Error(`there is no calendar ${String(name)}`);
      const moment = at === undefined ? Date.now() : Date.parse(String(at));
      if (Number.isNaN(moment)) throw new Error(`${String(at)} is no time: write it as 2026-12-24T18:00:00Z`);
      const { state, day } = openingAt(found, moment);
      return { state, day };
    },
    table: ([name, key, column]) => {
      const found = parts().tables.get(String(name));
      if (!found) throw new Error(`there is no table ${String(name)}`);
      return rowFor(found, String(key), column === undefined ? undefined : String(column))?.value;
    },
    flag: ([name]) => parts().flags.get(String(name))?.on ?? false,
  };
}
