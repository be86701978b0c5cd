import type { Question } from "../call/contract.ts";
import type { Place } from "../numbering/canonical.ts";
import { placeOfCall } from "../numbering/sites.ts";
import { decide } from "../routing/decide.ts";
import type { Snapshot } from "../routing/registry.ts";
import { type Scope, touches } from "./scope.ts";
import type { Finding } from "./version-schema.ts";

/** Sites from which an emergency call leads nowhere. */

/** Emergency numbers of the world, of which each country has some. */
const everywhere = "112 911 999 110 000 111 113 115 118 119 100 101 102 103 15 17 18 190 192 193".split(" ");

const emergencyNumbers = ({ site, short }: Place): string[] =>
  [...new Set([...everywhere, ...site.emergency])].filter((number) => short.isEmergency(number));

/** A call from there: of a user of the site, or from its network. Undefined: none can come from there. */
function questionAt(snapshot: Snapshot, { site }: Place, user: string | undefined): Question | undefined {
  const address = site.networks[0]?.split("/")[0] ?? "0.0.0.0";
  const known = user === undefined ? undefined : snapshot.parts.users.get(user);
  if (placeOfCall(snapshot.indexes.sites, known?.site, address)?.site.name !== site.name) return undefined;
  return {
    v: 1,
    call_id: "validate",
    from: { user: user ?? "anonymous", domain: "invalid" },
    to: { user: "112", domain: "invalid" },
    request_uri: "sip:112@invalid",
    number: "112",
    source: { address, port: 5060 },
    transport: "udp",
    ...(user !== undefined && { user }),
  };
}

/** Pure. */
export function* emergencies(snapshot: Snapshot, scope: Scope, now: number): Generator<Finding | undefined> {
  const { byName } = snapshot.indexes.sites;
  if (byName.size === 0 || !touches(scope, "rules", "users", "sites", "carriers", "calendars", "flags"))
    return;
  const callers = new Map<string, string>();
  let anybody: string | undefined;
  for (const [name, { enabled, site }] of snapshot.parts.users) {
    yield undefined;
    if (!enabled) continue;
    if (site !== undefined && !callers.has(site)) callers.set(site, name);
    if (site === undefined) anybody ??= name;
  }
  for (const [key, place] of byName) {
    const at = { part: "sites", key };
    const user = callers.get(key) ?? anybody;
    const question = questionAt(snapshot, place, user);
    if (!question) {
      yield {
        severity: "warning",
        code: "unused-site",
        ...at,
        field: "",
        message: "no call comes from there: no user belongs to it, and it has no network",
        todo: "give it networks, make it the default one, or let users belong to it",
      };
      continue;
    }
    const leadNowhere = emergencyNumbers(place).filter(
      (number) =>
        decide(snapshot, { ...question, number, request_uri: `sip:${number}@invalid` }, now).action ===
        "reject",
    );
    if (leadNowhere.length > 0)
      yield {
        severity: "warning",
        code: "no-emergency",
        ...at,
        field: "/country",
        message: `emergency calls to ${leadNowhere.join(", ")} lead nowhere from there (${user === undefined ? "anybody" : `user ${user}`})`,
        todo: "make a rule such as: dialtone route add emergency --class emergency --priority 1000 --to carriers",
      };
    if (place.site.location === undefined)
      yield {
        severity: "warning",
        code: "no-location",
        ...at,
        field: "/location",
        message: "it does not say where emergency services must go to",
        todo: "give its location: street, house, floor",
      };
  }
}
