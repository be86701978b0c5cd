import { sql, type Transaction } from "kysely";
import { Pace } from "../base/pace.ts";
import type { Tables } from "../db/tables.ts";
import type { Entity } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { registry, type Snapshot } from "../routing/registry.ts";
import { fieldsOf, type Reference } from "./named.ts";

/** A direct edit that names what is not there is refused, with the field. */

/** For people. Pure. */
export const called = (to: Reference["to"]): string => registry[to].kind;

/** What a document names and the database does not have. A flag may be missing: it is off then. */
async function missing(trx: Transaction<Tables>, references: readonly Reference[]): Promise<Reference[]> {
  const needed = references.filter(({ soft }) => !soft);
  const absent: Reference[] = [];
  for (const to of new Set(needed.map((reference) => reference.to))) {
    const those = needed.filter((reference) => reference.to === to);
    const { table, key } = registry[to];
    const { rows } = await sql<{ name: string }>`SELECT ${sql.ref(key)} AS name FROM ${sql.table(table)}
      WHERE ${sql.ref(key)} IN (${sql.join([...new Set(those.map(({ name }) => name))])})`.execute(trx);
    const there = new Set(rows.map(({ name }) => name));
    absent.push(...those.filter(({ name }) => !there.has(name)));
  }
  return absent;
}

/** What is removed seldom, and named by others: users and numbers have checks of their own (directory/). */
const guarded: ReadonlySet<string> = new Set([
  "groups",
  "sites",
  "ranges",
  "calendars",
  "tables",
  "scripts",
  "carriers",
  "farms",
]);

/** Does nothing name it? @throws Problem `in-use` */
export async function assertUnnamed(snapshot: Snapshot, entity: Entity, name: string): Promise<void> {
  const to = partOf(entity);
  if (to === undefined || !guarded.has(to)) return;
  const pace = new Pace();
  for (const part of ["rules", "users", "groups", "ranges"] as const)
    for (const [key, value] of snapshot.parts[part]) {
      if (pace.isTime()) await pace.pause();
      const found = fieldsOf(part, value).find((one) => one.to === to && one.name === name);
      if (found) throw new Problem("in-use", `${called(part)} ${key} names it (${found.field})`);
    }
}

const partOf = (entity: Entity): string | undefined =>
  Object.entries(registry).find(([, one]) => one.kind === entity.kind)?.[0];

/** In the transaction that changes an entity. @throws Problem `unknown-name` */
export async function assertKnown(trx: Transaction<Tables>, entity: Entity, input: unknown): Promise<void> {
  const part = partOf(entity);
  // Numbers look for their user themselves, and there are many of them.
  if (part === undefined || part === "numbers") return;
  // Rules may be made before their users, as programs always did: such a target is one that can not be reached.
  const named = fieldsOf(part, input).filter(({ to }) => !(part === "rules" && to === "users"));
  const absent = await missing(trx, named);
  if (absent.length === 0) return;
  const texts = absent.map(({ to, name }) => `there is no ${called(to)} ${name}`);
  throw new Problem(
    "unknown-name",
    texts.join("; "),
    absent.map(({ field, to, name }) => ({ path: field, message: `there is no ${called(to)} ${name}` })),
  );
}
