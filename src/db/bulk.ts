import { CompiledQuery, type Insertable } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * One INSERT of many rows. Kysely makes, freezes and visits a node for each value, which costs more than the rest of a
 * batch; the text is the same, and values go the driver's way as always. Pure.
 * @param rows at least one, all with the same columns.
 * @param onDuplicate what follows ON DUPLICATE KEY UPDATE: our own text, never anything from outside.
 */
export function insertRows<Table extends keyof Tables & string>(
  table: Table,
  rows: readonly Insertable<Tables[Table]>[],
  onDuplicate: (columns: readonly string[]) => string,
): CompiledQuery {
  const columns = Object.keys(rows[0] ?? {});
  const one = `(${columns.map(() => "?").join(",")})`;
  const names = columns.map((name) => `\`${name}\``).join(",");
  const parameters: unknown[] = [];
  for (const row of rows as readonly Record<string, unknown>[])
    for (const column of columns) parameters.push(row[column]);
  return CompiledQuery.raw(
    `INSERT INTO \`${table}\` (${names}) VALUES ${rows.map(() => one).join(",")} ON DUPLICATE KEY UPDATE ${onDuplicate(columns)}`,
    parameters,
  );
}

/** Every column but the key becomes what the row says. Pure. */
export const overwrite =
  (key: string) =>
  (columns: readonly string[]): string =>
    columns
      .filter((column) => column !== key)
      .map((column) => `\`${column}\`=VALUES(\`${column}\`)`)
      .join(",");
