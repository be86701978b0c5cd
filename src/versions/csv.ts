import { CsvError, parse } from "csv-parse/sync";
import { z } from "zod";
import type { Registry } from "../entities/entity.ts";
import { type Fault, type Given, parsed, placeOf } from "./documents.ts";
import type { PlacedFault } from "./file.ts";

/** Kinds that are tables by nature, as CSV: a line for each, columns by the names of fields. All pure. */

type Column = (text: string) => unknown;

const text: Column = (value) => value;
const truth: Column = (value) =>
  /^(1|yes|true)$/i.test(value) ? true : /^(0|no|false)$/i.test(value) ? false : value;
const whole: Column = (value) => (/^-?\d+$/.test(value) ? Number(value) : value);
const list: Column = (value) => value.split(/\s*;\s*/).filter((one) => one !== "");
/** `1001;1002=3`: with its weight. */
const members: Column = (value) =>
  (list(value) as string[]).map((one) => {
    const [user, weight] = one.split("=");
    return { user, ...(weight !== undefined && { weight: whole(weight) }) };
  });

const columns: Record<string, Record<string, Column>> = {
  users: {
    name: text,
    password: text,
    display: text,
    description: text,
    enabled: truth,
    may_show: list,
    site: text,
  },
  numbers: { number: text, user: text, description: text },
  ranges: {
    name: text,
    first: text,
    last: text,
    user: text,
    group: text,
    extension_digits: whole,
    description: text,
  },
  groups: {
    name: text,
    members,
    strategy: text,
    ring_s: whole,
    overflow: text,
    description: text,
  },
};

export const csvParts = Object.keys(columns);

const recordsSchema = z.array(
  z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }),
);

/**
 * Reads a CSV file. Cells that are empty say nothing: what is there stays.
 * @param present the document that there is
 */
export function readCsv(
  registry: Registry,
  part: string,
  csv: string,
  present: (key: string) => unknown,
): { given: Given[]; faults: PlacedFault[]; placed(fault: Fault): PlacedFault } {
  const known = columns[part] ?? {};
  const keyName = registry[part]?.key ?? "name";
  const faults: PlacedFault[] = [];
  const given: Given[] = [];
  const lineOf = new Map<string, number>();
  let names: string[] = [];
  const placed = (fault: Fault): PlacedFault => {
    const [, , key = "", field = keyName] = fault.path.split("/");
    const column = names.indexOf(field) + 1 || 1;
    return { ...fault, line: lineOf.get(key.replaceAll("~1", "/").replaceAll("~0", "~")) ?? 1, column };
  };
  let records: z.infer<typeof recordsSchema>;
  try {
    records = recordsSchema.parse(parse(csv, { bom: true, info: true, skip_empty_lines: true, trim: true }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number((error as { lines?: number }).lines ?? 1);
    return { given, faults: [{ path: "", message: error.message, line, column: 1 }], placed };
  }
  const [first, ...rows] = records;
  names = first?.record ?? [];
  const stray = names.findIndex((name) => !(name in known));
  if (stray >= 0 || !names.includes(keyName)) {
    const message =
      stray >= 0
        ? `'${names[stray]}' is no column of ${part}: ${Object.keys(known).join(", ")}`
        : `there is no column ${keyName}`;
    return { given, faults: [{ path: "", message, line: 1, column: Math.max(0, stray) + 1 }], placed };
  }
  for (const { record, info } of rows) {
    const cells = names.flatMap((name, at) => {
      const cell = record[at] ?? "";
      return cell === "" ? [] : [[name, known[name]?.(cell)] as const];
    });
    const { [keyName]: named, ...fields } = Object.fromEntries(cells);
    const key = String(named ?? "");
    const before = lineOf.get(key);
    if (before !== undefined) {
      faults.push({
        path: placeOf(part, key),
        message: `${key} stands in line ${before} already`,
        line: info.lines,
        column: names.indexOf(keyName) + 1,
      });
      continue;
    }
    lineOf.set(key, info.lines);
    const old = present(key);
    const document = { ...(typeof old === "object" ? old : {}), [keyName]: key, ...fields };
    const found = parsed(registry, { part, key, document });
    if ("input" in found) given.push({ part, key, document });
    else faults.push(...found.faults.map(placed));
  }
  return { given, faults, placed };
}
