import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { sql } from "kysely";
import { z } from "zod";
import type { DocumentsTable } from "../db/tables.ts";
import { entityName } from "../directory/names-schema.ts";
import { entity } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { columnsOf, csvOf, rowOf, rowsIn } from "./lookup.ts";
import { type Lookup, type NewTable, newTableSchema, tableEntrySchema, tableSchema } from "./table-schema.ts";

const answerSchema = z.union([z.object({ fault: z.string() }), z.object({ packed: z.string() })]);

/** The table with packed rows in the place of the CSV text. @throws Problem that names the line */
export async function packed(table: NewTable): Promise<NewTable> {
  const worker = new Worker(new URL("./csv-worker.ts", import.meta.url), { workerData: table.csv });
  const [message] = await once(worker, "message");
  await worker.terminate();
  const answer = answerSchema.parse(message);
  if ("packed" in answer) return { ...table, csv: answer.packed };
  throw new Problem("invalid-request", `${table.name}: ${answer.fault}; nothing was changed`, [
    { path: "/csv", message: answer.fault },
  ]);
}

const tableIn = ({ body }: DocumentsTable) => tableEntrySchema.parse(JSON.parse(body));

/** The fields of the row, and what the column says in it: by default the second. Pure. */
export function rowFor(
  table: { packed: string },
  key: string,
  column: string | undefined,
): { value: string } | undefined {
  const row = rowOf(table.packed, key);
  if (!row) return undefined;
  return { value: row[column === undefined ? 1 : columnsOf(table.packed).indexOf(column)] ?? "" };
}

/** By what a rule looks up, in words. Pure. */
export const keyOf = (
  { by }: Pick<Lookup, "by">,
  { number, from, user = "" }: { number: string; from: { user: string }; user?: string | undefined },
): string => (by === "number" ? number : by === "caller" ? from.user : user);

export const tables = entity({
  kind: "table",
  table: "tables",
  key: "name",
  value: tableEntrySchema,
  keyOf: ({ name }) => name,
  line: "table",
  read: tableIn,
  api: {
    path: "tables",
    tag: "conditions",
    key: entityName,
    shown: tableSchema,
    create: newTableSchema,
    replace: newTableSchema.partial({ name: true }),
    bodyLimit: 12_000_000,
    prepare: packed,
    show: (row: DocumentsTable) => {
      const { name, description, packed: text } = tableIn(row);
      return { name, description, columns: columnsOf(text), rows: rowsIn(text) };
    },
    document: (row: DocumentsTable) => {
      const { name, description, packed: text } = tableIn(row);
      return { name, description, csv: csvOf(text) };
    },
    row: ({ name, description, csv }) => ({ name, body: JSON.stringify({ name, description, packed: csv }) }),
    put: async (trx, { name, description, csv }: NewTable, { mayExist }) => {
      const { rows } = await sql`SELECT name FROM tables WHERE name = ${name}`.execute(trx);
      if (rows.length > 0 && !mayExist) throw new Problem("exists", `there is a table ${name} already`);
      const body = JSON.stringify({ name, description, packed: csv });
      await sql`REPLACE INTO tables (name, body) VALUES (${name}, ${body})`.execute(trx);
    },
  },
});
