import { sql, type Transaction } from "kysely";
import type { DocumentsTable, Tables } from "../db/tables.ts";
import { bitsOf, networkTest } from "../directory/networks.ts";
import { documents } from "../entities/document.ts";
import type { EntityIndex } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { type Place, placeOf } from "./canonical.ts";
import { isCountry } from "./plan.ts";
import { type Site, siteSchema } from "./site-schema.ts";

interface Network {
  bits: number;
  contains(address: string): boolean;
  place: Place;
}

/** All sites, ready for use. */
export interface Places {
  readonly byName: ReadonlyMap<string, Place>;
  /** For whatever belongs to none. */
  readonly fallback: Place | undefined;
  /** The smallest network first. */
  readonly networks: readonly Network[];
}

const inOrder = (a: Place, b: Place): number => (a.site.name < b.site.name ? -1 : 1);

const index: EntityIndex<Site, Places> = {
  empty: { byName: new Map(), fallback: undefined, networks: [] },
  changed: ({ byName }, before, after) => {
    const all = new Map(byName);
    if (before) all.delete(before.name);
    if (after && isCountry(after.country)) all.set(after.name, placeOf(after));
    const places = [...all.values()].sort(inOrder);
    const networks = places.flatMap((place) =>
      place.site.networks.map((text) => ({ bits: bitsOf(text), contains: networkTest(text), place })),
    );
    return {
      byName: all,
      fallback: places.find(({ site }) => site.default) ?? (places.length === 1 ? places[0] : undefined),
      networks: networks.sort((a, b) => b.bits - a.bits),
    };
  },
};

/**
 * The site that a call comes from: its user's, the one whose network it comes from, or the default one. Undefined: none, and
 * numbers stay as they were dialled. Pure.
 * @param site of the user that authenticated
 */
export function placeOfCall(places: Places, site: string | undefined, address: string): Place | undefined {
  const own = site === undefined ? undefined : places.byName.get(site);
  return own ?? places.networks.find(({ contains }) => contains(address))?.place ?? places.fallback;
}

/** @throws Problem */
async function check(trx: Transaction<Tables>, site: Site): Promise<void> {
  if (!isCountry(site.country))
    throw new Problem("invalid-request", `no dial plan is known of the country ${site.country}`, [
      { path: "/country", message: "must be a country of ISO 3166 that has telephones" },
    ]);
  if (!site.default) return;
  const { rows } = await sql<DocumentsTable>`SELECT * FROM sites WHERE name <> ${site.name}`.execute(trx);
  const other = rows.map(({ body }) => siteSchema.parse(JSON.parse(body))).find((one) => one.default);
  if (other)
    throw new Problem("in-use", `site ${other.name} is the default one: set its default to false first`);
}

export const sites = documents({
  kind: "site",
  table: "sites",
  path: "sites",
  tag: "numbers",
  schema: siteSchema,
  key: siteSchema.shape.name,
  replace: siteSchema.partial({ name: true }),
  index,
  scope: { sees: (narrowing, { name }) => narrowing.site(name) },
  check,
  assertUnused: async (trx, name) => {
    const users = await trx.selectFrom("users").select("name").where("site", "=", name).limit(3).execute();
    if (users.length > 0)
      throw new Problem(
        "in-use",
        `users belong to site ${name}: ${users.map((user) => user.name).join(", ")}`,
      );
  },
});
