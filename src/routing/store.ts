import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { ChangesTable, Db, Tables, UsersTable } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { type Rule, ruleSchema } from "./rule.ts";
import { emptyData, type RoutingData, type UserEntry } from "./snapshot.ts";

/** Routing data in the database: every change under one growing version, and reading what changed since. */

type Kind = ChangesTable["kind"];

export interface Change {
  kind: Kind;
  entity: string;
  operation: ChangesTable["operation"];
}

/**
 * Makes one change of users, numbers or rules: bumps the version, runs `work`, writes the change log, all in one
 * transaction. Changes of all nodes are serialised by the version's row (Galera refuses the second of two at once,
 * which is then run again), so versions grow in the order of the commits. When the answer to a commit was lost,
 * the repeated transaction finds its own change and does nothing.
 * @returns the version from which on the change is visible.
 */
export function change(
  database: Database,
  what: Change,
  work: (trx: Transaction<Tables>) => Promise<void>,
): Promise<number> {
  const changeId = uuidToBytes(randomUUID());
  return database.transact(async (trx) => {
    await trx
      .updateTable("rules_version")
      .set({ version: sql<number>`version + 1` })
      .where("id", "=", 1)
      .execute();
    const { version } = await trx
      .selectFrom("rules_version")
      .select("version")
      .where("id", "=", 1)
      .executeTakeFirstOrThrow();
    const done = await trx
      .selectFrom("changes")
      .select("version")
      .where("change_id", "=", changeId)
      .executeTakeFirst();
    if (done) return Number(done.version);
    await work(trx);
    await trx
      .insertInto("changes")
      .values({ version, change_id: changeId, ...what, at: new Date() })
      .execute();
    return Number(version);
  });
}

const userEntry = (row: UsersTable): UserEntry => ({
  name: row.name,
  display: row.display,
  ha1_md5: row.ha1_md5,
  ha1_sha256: row.ha1_sha256,
  enabled: row.enabled !== 0,
});

/** The rule of a row. @throws ZodError for a rule that this release does not understand. */
export const ruleOfRow = (row: { body: string }): Rule => ruleSchema.parse(JSON.parse(row.body));

export async function currentVersion(db: Db | Transaction<Tables>): Promise<number> {
  const row = await db.selectFrom("rules_version").select("version").where("id", "=", 1).executeTakeFirst();
  return Number(row?.version ?? 0);
}

/** What a refresh found: nothing new, everything anew, or the difference. */
export type Delta =
  | { type: "same" }
  | { type: "all"; data: RoutingData; skipped: string[] }
  | {
      type: "some";
      version: number;
      users: Map<string, UserEntry | undefined>;
      numbers: Map<string, string | undefined>;
      rules: Map<string, Rule | undefined>;
      skipped: string[];
    };

/** More changes than this at once, and reading everything is cheaper. */
const maxDelta = 1000;

/** Reads what changed since `known` as of one moment. `skipped` names rules that this release can not read. */
export function readDelta(database: Database, known: number): Promise<Delta> {
  return database.transact(
    async (trx): Promise<Delta> => {
      const version = await currentVersion(trx);
      if (version === known) return { type: "same" };
      const changes =
        known > 0 && version > known && version - known <= maxDelta
          ? await trx.selectFrom("changes").select(["kind", "entity"]).where("version", ">", known).execute()
          : [];
      // Gaps in the log, or a version that went back (another database): start over.
      if (changes.length !== version - known || known === 0) return readAll(trx, version);
      const changed = (kind: Kind) =>
        new Set(changes.filter((entry) => entry.kind === kind).map((entry) => entry.entity));
      const users = new Map<string, UserEntry | undefined>(
        [...changed("user")].map((name) => [name, undefined]),
      );
      const numbers = new Map<string, string | undefined>(
        [...changed("number")].map((name) => [name, undefined]),
      );
      const rules = new Map<string, Rule | undefined>([...changed("rule")].map((name) => [name, undefined]));
      const skipped: string[] = [];
      if (users.size > 0)
        for (const row of await trx
          .selectFrom("users")
          .selectAll()
          .where("name", "in", [...users.keys()])
          .execute())
          users.set(row.name, userEntry(row));
      if (numbers.size > 0)
        for (const row of await trx
          .selectFrom("numbers")
          .selectAll()
          .where("number", "in", [...numbers.keys()])
          .execute())
          numbers.set(row.number, row.user_name);
      if (rules.size > 0)
        for (const row of await trx
          .selectFrom("rules")
          .selectAll()
          .where("name", "in", [...rules.keys()])
          .execute())
          addRule(rules, row, skipped);
      return { type: "some", version, users, numbers, rules, skipped };
    },
    { deadlineMs: 1000 },
  );
}

function addRule(
  rules: Map<string, Rule | undefined>,
  row: { name: string; body: string },
  skipped: string[],
) {
  try {
    rules.set(row.name, ruleOfRow(row));
  } catch {
    // Written by a newer release: the other rules must still work. The caller logs the names.
    rules.delete(row.name);
    skipped.push(row.name);
  }
}

async function readAll(trx: Transaction<Tables>, version: number): Promise<Delta> {
  const data = emptyData();
  const skipped: string[] = [];
  data.version = version;
  for await (const row of pages(trx, "users", "name")) data.users.set(row.name, userEntry(row));
  for await (const row of pages(trx, "numbers", "number")) data.numbers.set(row.number, row.user_name);
  for await (const row of pages(trx, "rules", "name"))
    addRule(data.rules as Map<string, Rule | undefined>, row, skipped);
  return { type: "all", data, skipped };
}

/** Parsing so many rows takes about 2 ms. */
const pageRows = 250;

/** All rows in portions: one big answer would hold up the calls while it is parsed. */
async function* pages<Name extends "users" | "numbers" | "rules">(
  trx: Transaction<Tables>,
  table: Name,
  key: Name extends "numbers" ? "number" : "name",
): AsyncGenerator<Tables[Name] & Record<string, unknown>> {
  let last = "";
  for (;;) {
    const found = await sql<Tables[Name] & Record<string, unknown>>`
      SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(key)} > ${last} ORDER BY ${sql.ref(key)} LIMIT 1000`.execute(
      trx,
    );
    yield* found.rows;
    const final = found.rows.at(-1);
    if (!final || found.rows.length < pageRows) return;
    last = String(final[key]);
  }
}
