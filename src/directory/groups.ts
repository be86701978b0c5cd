import { sql, type Transaction } from "kysely";
import type { Tables } from "../db/tables.ts";
import { documents } from "../entities/document.ts";
import type { EntityIndex } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { type Group, groupSchema, isByIdle } from "./group-schema.ts";
import { groupScope } from "./scopes.ts";

/** @throws Problem */
async function check(trx: Transaction<Tables>, { name, members }: Group): Promise<void> {
  const wanted = [...new Set(members.map(({ user }) => user))];
  if (wanted.length < members.length)
    throw new Problem("invalid-request", `a user is twice in group ${name}`, [
      { path: "/members", message: "must name each user once" },
    ]);
  // Locked, so that none can be removed by another transaction meanwhile.
  const { rows } = await sql<{ name: string }>`SELECT name FROM users
    WHERE name IN (${sql.join([name, ...wanted])}) FOR UPDATE`.execute(trx);
  const there = new Set(rows.map((row) => row.name));
  if (there.has(name)) throw new Problem("exists", `there is a user ${name}: a group needs another name`);
  const missing = wanted.find((user) => !there.has(user));
  if (missing !== undefined)
    throw new Problem("unknown-user", `there is no user ${missing}`, [
      { path: "/members", message: `there is no user ${missing}` },
    ]);
}

const index: EntityIndex<Group, { byIdle: number }> = {
  empty: { byIdle: 0 },
  changed: ({ byIdle }, before, after) => ({
    byIdle: byIdle - Number(isByIdle(before?.strategy)) + Number(isByIdle(after?.strategy)),
  }),
};

export const groups = documents({
  kind: "group",
  table: "ring_groups",
  path: "groups",
  tag: "users",
  schema: groupSchema,
  key: groupSchema.shape.name,
  replace: groupSchema.partial({ name: true }),
  index,
  scope: groupScope,
  check,
});
