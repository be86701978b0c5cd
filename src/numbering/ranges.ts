import { sql, type Transaction } from "kysely";
import type { DocumentsTable, Tables } from "../db/tables.ts";
import { entityName } from "../directory/names-schema.ts";
import { documents } from "../entities/document.ts";
import { Problem } from "../http/problems.ts";
import { blocks } from "./blocks.ts";
import { putRangeSchema, type Range, rangeSchema } from "./range-schema.ts";

/** @throws Problem for a range that overlaps another one, or names a user that does not exist */
async function check(trx: Transaction<Tables>, { name, first, last, user, group }: Range): Promise<void> {
  if (user !== undefined) {
    const owner = await trx.selectFrom("users").select("name").where("name", "=", user).executeTakeFirst();
    if (!owner)
      throw new Problem("unknown-user", `there is no user ${user}`, [
        { path: "/user", message: `there is no user ${user}` },
      ]);
  }
  if (group !== undefined) {
    const { rows: groups } = await sql`SELECT name FROM ring_groups WHERE name = ${group}`.execute(trx);
    if (groups.length === 0)
      throw new Problem("invalid-request", `there is no group ${group}`, [
        { path: "/group", message: `there is no group ${group}` },
      ]);
  }
  const { rows } = await sql<DocumentsTable>`
    SELECT * FROM ranges WHERE name <> ${name} AND CHAR_LENGTH(JSON_VALUE(body, '$.first')) = ${first.length}
      AND JSON_VALUE(body, '$.first') <= ${last} AND JSON_VALUE(body, '$.last') >= ${first} LIMIT 3`.execute(
    trx,
  );
  if (rows.length === 0) return;
  const others = rows.map(({ body }) => rangeSchema.parse(JSON.parse(body)));
  const texts = others.map((other) => `${other.name} (${other.first} to ${other.last})`);
  const what = `overlaps range ${texts.join(", ")}`;
  throw new Problem("exists", `${first} to ${last} ${what}`, [{ path: "/first", message: what }]);
}

export const ranges = documents({
  kind: "range",
  table: "ranges",
  path: "ranges",
  tag: "numbers",
  schema: rangeSchema,
  key: entityName,
  replace: putRangeSchema,
  index: blocks,
  check,
});
