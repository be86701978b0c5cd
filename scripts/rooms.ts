import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { MultiDirectedGraph } from "graphology";
import { stronglyConnectedComponents } from "graphology-components";
import { parseSync } from "oxc-parser";

/**
 * Checks the direction of imports (types too): a room imports from itself and from the rooms above it in rooms.txt;
 * there is no cycle of files or of folders; schema files import only zod and each other. Tests of a room may import what
 * they like. Exit code 1: something is wrong.
 */

const root = join(import.meta.dirname, "..");
const order = join(import.meta.dirname, "rooms.txt");
const rooms = readFileSync(order, "utf8")
  .split("\n")
  .flatMap((line) => /^[a-z][\w/-]*/.exec(line)?.[0] ?? []);

/** The innermost room that a file of src lies in; undefined: none. */
function roomOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== "."; folder = dirname(folder))
    if (rooms.includes(folder)) return folder;
  return undefined;
}

/** What `file` imports, exports from, or loads by import(): packages as they are named, files as paths below src. */
function importsOf(file: string): { to: string; local: boolean; line: number }[] {
  const text = readFileSync(join(root, "src", file), "utf8");
  const { module, errors } = parseSync(file, text);
  if (errors[0]) throw new Error(`src/${file}: ${errors[0].message}`);
  const named = [
    ...module.staticImports.map((one) => one.moduleRequest),
    ...module.staticExports.flatMap((one) => one.entries.flatMap((entry) => entry.moduleRequest ?? [])),
  ].map(({ value, start }) => ({ value, start }));
  const loaded = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
    const literal = /^["'](.*)["']$/.exec(text.slice(start, end))?.[1];
    return literal === undefined ? [] : [{ value: literal, start }];
  });
  return [...named, ...loaded].map(({ value, start }) => ({
    to: value.startsWith(".") ? normalize(join(dirname(file), value)) : value,
    local: value.startsWith("."),
    line: text.slice(0, start).split("\n").length,
  }));
}

/**
 * Files that say what documents look like, for a browser too: they import zod and each other. `*-schema.ts` outside of
 * cluster/ (cluster.yaml is read on hosts only), the contract of calls, and the records of calls and drills.
 */
const isSchema = (file: string): boolean =>
  (/-schema\.ts$/.test(file) && !file.startsWith("cluster/")) ||
  ["call/contract.ts", "records/call-record.ts", "drill-runs/run-record.ts"].includes(file);

const faults: string[] = [];
const files = new MultiDirectedGraph();
const folders = new MultiDirectedGraph();
const inSource = globSync("**/*.ts", { cwd: join(root, "src") })
  .filter((file) => !/\.(test|d)\.ts$/.test(file))
  .sort();
for (const file of inSource) {
  const room = roomOf(file);
  if (room === undefined && file !== "main.ts") faults.push(`src/${file} is in no room of scripts/rooms.txt`);
  for (const { to, local, line } of importsOf(file)) {
    if (isSchema(file) && to !== "zod" && !isSchema(to))
      faults.push(`src/${file}:${line} imports ${to}: a schema file imports zod and other schema files only`);
    if (!local) continue;
    files.mergeEdge(file, to);
    if (dirname(file) !== dirname(to)) folders.mergeEdge(dirname(file), dirname(to));
    const other = roomOf(to);
    if (room === undefined) continue;
    if (other === undefined || rooms.indexOf(other) > rooms.indexOf(room))
      faults.push(`src/${file}:${line} imports src/${to}: '${room}' lies below '${other ?? to}'`);
  }
}
for (const [what, graph] of [
  ["files", files],
  ["folders", folders],
] as const)
  for (const cycle of stronglyConnectedComponents(graph).filter((members) => members.length > 1))
    faults.push(`a cycle of ${what}: ${cycle.sort().join(", ")}`);

for (const fault of faults) console.error(fault);
console.log(
  `${inSource.length} files in ${rooms.length} rooms, ${files.size} imports: ${faults.length === 0 ? "all in order" : `${faults.length} against the order (scripts/rooms.txt)`}`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
