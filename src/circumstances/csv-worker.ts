import { parentPort, workerData } from "node:worker_threads";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { pack, separator } from "./lookup.ts";

/** Reads a CSV file in a thread of its own: 100,000 rows take a good part of a second. Answers with {packed} or {fault}. */

const recordsSchema = z.array(
  z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }),
);

function answer(text: string): { packed: string } | { fault: string } {
  const [head, ...rows] = recordsSchema.parse(
    parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true }),
  );
  const columns = head?.record ?? [];
  const wrong = columns.find((name) => !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name));
  if (columns.length === 0) return { fault: "line 1: there are no columns" };
  if (wrong !== undefined)
    return { fault: `line 1: a column can not be named '${wrong}': letters, digits, '_', '.' and '-' only` };
  const lines = new Map<string, number>();
  for (const { record, info } of rows) {
    const [key = ""] = record;
    const before = lines.get(key);
    if (key === "") return { fault: `line ${info.lines}: the first column, '${columns[0]}', is empty` };
    if (before !== undefined) return { fault: `line ${info.lines}: ${key} stands in line ${before} already` };
    const column = record.findIndex((field) => field.includes("\n") || field.includes(separator));
    if (column >= 0) return { fault: `line ${info.lines}: column '${columns[column]}' has a line break` };
    lines.set(key, info.lines);
  }
  return {
    packed: pack(
      columns,
      rows.map(({ record }) => record),
    ),
  };
}

try {
  parentPort?.postMessage(answer(z.string().parse(workerData)));
} catch (error) {
  // csv-parse names the line.
  parentPort?.postMessage({ fault: error instanceof Error ? error.message : String(error) });
}
