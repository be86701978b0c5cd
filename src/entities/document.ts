import { sql, type Transaction } from "kysely";
import type { z } from "zod";
import type { DocumentsTable, Tables } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import { type Entity, type EntityIndex, type EntityScope, entity } from "./entity.ts";

/** What is particular to a kind of thing of which the table keeps the whole document, as the API shows it. */
interface Description<Value extends { name: string }, Index> {
  kind: string;
  /** Columns: name, body. */
  table: string;
  path: string;
  tag: string;
  schema: z.ZodType<Value>;
  /** Of the name. */
  key: z.ZodType<string>;
  /** Body of PUT: the name may be missing. */
  replace: z.ZodType;
  index?: EntityIndex<Value, Index>;
  scope?: EntityScope<Value>;
  /** As it is exported: without what `prepare` finds out. */
  document?(value: Value): unknown;
  /** The same with what takes long to find out. @throws Problem */
  prepare?(value: Value): Promise<Value>;
  /** Does it fit what else there is? @throws Problem */
  check?(trx: Transaction<Tables>, value: Value): Promise<void>;
  /** @throws Problem `in-use` */
  assertUnused?(trx: Transaction<Tables>, name: string): Promise<void>;
}

/** The same, of rows. */
const scopeOfRows = <Value>(
  { sees, assertMay }: EntityScope<Value>,
  read: (row: DocumentsTable) => Value,
): EntityScope<DocumentsTable> => ({
  sees: (narrowing, row) => sees(narrowing, read(row)),
  assertMay: (narrowing, before, after) =>
    assertMay?.(narrowing, before && read(before), after && read(after)),
});

/** An entity that is a document with a name: all of it is in memory, in the snapshot's file, and in one column. */
export function documents<Value extends { name: string }, Index = undefined>({
  kind,
  table,
  path,
  tag,
  schema,
  key,
  replace,
  index,
  scope,
  document,
  prepare,
  check,
  assertUnused,
}: Description<Value, Index>): Entity<DocumentsTable, Value, Index, Value, Value> {
  const read = ({ body }: DocumentsTable): Value => schema.parse(JSON.parse(body));
  const row = (value: Value): DocumentsTable => ({ name: value.name, body: JSON.stringify(value) });
  const put = async (
    trx: Transaction<Tables>,
    value: Value,
    { mayExist }: { mayExist: boolean },
  ): Promise<void> => {
    const { name } = value;
    const { rows } = await sql`SELECT name FROM ${sql.table(table)} WHERE name = ${name}`.execute(trx);
    if (rows.length > 0 && !mayExist) throw new Problem("exists", `there is a ${kind} ${name} already`);
    await check?.(trx, value);
    const { body } = row(value);
    await sql`REPLACE INTO ${sql.table(table)} (name, body) VALUES (${name}, ${body})`.execute(trx);
  };
  const api = { path, tag, key, shown: schema, create: schema, replace, show: read, put, row };
  return entity({
    kind,
    table,
    key: "name",
    value: schema,
    keyOf: ({ name }) => name,
    line: kind,
    read,
    ...(index && { index }),
    api: {
      ...api,
      ...(document && { document: (stored: DocumentsTable) => document(read(stored)) }),
      ...(assertUnused && { assertUnused }),
      ...(scope && { scope: scopeOfRows(scope, read) }),
      ...(prepare && { prepare }),
    },
  });
}
