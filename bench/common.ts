import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import Table from "cli-table3";

/** What all benches share: where they run, how they print, where their JSON goes. */

/** Value below which `share` (0 to 1) of the sorted values lie. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** User and system CPU time of processes so far, in milliseconds (proc(5): clock ticks of 10 ms). */
export async function cpuMs(pids: number[]): Promise<number> {
  let ticks = 0;
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * 10;
}

/** A process and all its descendants. */
export async function treeOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const trees = await Promise.all(
    children
      .split(" ")
      .filter(Boolean)
      .map((child) => treeOf(Number(child))),
  );
  return [pid, ...trees.flat()];
}

type Row = Record<string, string | number>;

function print(rows: readonly Row[]): void {
  const head = Object.keys(rows[0] ?? {});
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of rows) table.push(head.map((column) => String(row[column] ?? "")));
  process.stdout.write(`${table.toString()}\n`);
}

interface ReportOptions {
  /** Prints nothing. */
  quiet?: boolean;
  /** More tables to print behind the first one. */
  tables?: Row[][];
  /** What else stands in the file. */
  more?: Record<string, unknown>;
}

/** Prints a table and writes `bench/results/<name>.json` with the machine it was measured on. */
export async function report(name: string, rows: Row[], options: ReportOptions = {}): Promise<void> {
  if (!options.quiet) for (const table of [rows, ...(options.tables ?? [])]) print(table);
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memory_gib: rounded(totalmem() / 2 ** 30, 1),
    node: process.version,
  };
  const directory = join(import.meta.dirname, "results");
  await mkdir(directory, { recursive: true });
  const result = { bench: name, at: new Date().toISOString(), machine, rows, ...options.more };
  await writeFile(join(directory, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}
