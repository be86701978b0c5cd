import { Map as SharedMap } from "immutable";
import type { Transaction } from "kysely";
import { sql } from "kysely";
import type { DocumentsTable, Tables } from "../db/tables.ts";
import { documents } from "../entities/document.ts";
import { Problem } from "../http/problems.ts";
import { type Desk, deskSchema } from "./desk-schema.ts";

/** Desks by who is logged in there, the latest first. */
export type DesksByUser = SharedMap<string, readonly Desk[]>;

const latestFirst = (a: Desk, b: Desk): number =>
  Date.parse(b.since) - Date.parse(a.since) || (a.name < b.name ? -1 : 1);

export const desks = documents({
  kind: "desk",
  table: "desks",
  path: "desks",
  tag: "users",
  schema: deskSchema,
  key: deskSchema.shape.name,
  replace: deskSchema.partial({ name: true }),
  index: {
    empty: SharedMap() as DesksByUser,
    changed: (byUser, before, after) => {
      const without = before
        ? byUser.set(
            before.user,
            (byUser.get(before.user) ?? []).filter(({ name }) => name !== before.name),
          )
        : byUser;
      const next = after
        ? without.set(after.user, [...(without.get(after.user) ?? []), after].toSorted(latestFirst))
        : without;
      return before && next.get(before.user)?.length === 0 ? next.delete(before.user) : next;
    },
  },
  check: (_trx, { name, user }) => {
    if (name !== user) return Promise.resolve();
    throw new Problem("invalid-request", `these are the telephones of ${user} anyway`, [
      { path: "/user", message: "must be another user than the one whose telephones they are" },
    ]);
  },
});

/** Desks at which a user is logged in, and its own at which somebody is. */
export async function desksOf(trx: Transaction<Tables>, user: string): Promise<Desk[]> {
  const { rows } = await sql<DocumentsTable>`SELECT * FROM desks`.execute(trx);
  return rows
    .map(({ body }) => deskSchema.parse(JSON.parse(body)))
    .filter((desk) => desk.user === user || desk.name === user);
}
