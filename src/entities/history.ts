import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import { sql, type Transaction } from "kysely";
import type { Tables } from "../db/tables.ts";
import type { Entity } from "./entity.ts";
import type { Origin } from "./history-schema.ts";

/** What rows were before and after each change: kept as they lay in their tables, with the digests of passwords, so that any of them can be put back. */

/** A row of an entity's table. */
export type Row = Record<string, unknown>;

/** One entity as it was and as it became; undefined: it did not exist. */
export interface Changed {
  before: Row | undefined;
  after: Row | undefined;
}

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Longer texts are packed. */
const plainBytes = 4096;

/** For a column of the history. */
export async function packedRow(row: Row | undefined): Promise<Buffer | null> {
  if (row === undefined) return null;
  const text = Buffer.from(JSON.stringify(row));
  return text.length > plainBytes ? await compress(text) : text;
}

/** @throws Error for what is no row */
export async function unpackedRow(stored: Uint8Array | null): Promise<Row | undefined> {
  if (stored === null) return undefined;
  const text = stored[0] === 0x7b ? Buffer.from(stored) : await decompress(stored);
  return JSON.parse(text.toString("utf8")) as Row;
}

/** The rows of these keys. */
export async function rowsNamed(
  trx: Transaction<Tables>,
  { table, key }: Pick<Entity, "table" | "key">,
  keys: readonly string[],
): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  for (let at = 0; at < keys.length; at += 250) {
    const found = await sql<Row>`SELECT * FROM ${sql.table(table)}
      WHERE ${sql.ref(key)} IN (${sql.join(keys.slice(at, at + 250))})`.execute(trx);
    for (const row of found.rows) rows.set(String(row[key]), { ...row });
  }
  return rows;
}

/** Rows in the order of their keys. */
export async function rowsFrom(
  trx: Transaction<Tables>,
  { table, key }: Pick<Entity, "table" | "key">,
  after: string,
  limit: number,
): Promise<Row[]> {
  const { rows } = await sql<Row>`SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(key)} > ${after}
    ORDER BY ${sql.ref(key)} LIMIT ${sql.lit(limit)}`.execute(trx);
  return rows;
}

/** Who made a version, and why: as they say themselves. */
export interface Reason {
  how: Origin;
  who: string;
  why: string;
}

export const directEdit: Reason = { how: "edit", who: "", why: "" };

/** Remembers a version, of the changes `first` to `version`. */
export async function remember(
  trx: Transaction<Tables>,
  first: number,
  version: number,
  { how, who, why }: Reason,
  changed: readonly Changed[],
): Promise<void> {
  await trx.insertInto("versions").values({ version, first, how, who, why, at: new Date() }).execute();
  let portion: { version: number; row_before: Buffer | null; row_after: Buffer | null }[] = [];
  let bytes = 0;
  const write = async () => {
    if (portion.length > 0) await trx.insertInto("change_rows").values(portion).execute();
    portion = [];
    bytes = 0;
  };
  for (const [index, { before, after }] of changed.entries()) {
    const row = {
      version: first + index,
      row_before: await packedRow(before),
      row_after: await packedRow(after),
    };
    bytes += (row.row_before?.length ?? 0) + (row.row_after?.length ?? 0);
    portion.push(row);
    if (portion.length >= 250 || bytes > 1_000_000) await write();
  }
  await write();
}
