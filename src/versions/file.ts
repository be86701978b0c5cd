import {
  Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  visit,
} from "yaml";
import type { Registry } from "../entities/entity.ts";
import { type Fault, type Given, parsed, placeOf } from "./documents.ts";

/** A whole configuration as one YAML file: kinds, in each its things by name, without what is as it is by default. All pure. */

const format = 1;

const head = ` Everything that decides calls: dialtone rules import --help. {kept: true} stands for secrets, which stay as they are.`;

type Loose = Record<string, unknown>;
const isObject = (value: unknown): value is Loose =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** With the members of all objects in one order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .flatMap((key) => (value[key] === undefined ? [] : [[key, sorted(value[key])]])),
  );
};

/** Two documents are the same when this is. */
export const canonicalText = (value: unknown): string => JSON.stringify(sorted(value));

/** What a document means, with everything that it leaves out; undefined: it is faulty. */
export function meaning(registry: Registry, given: Given): string | undefined {
  const found = parsed(registry, given);
  return "input" in found ? canonicalText(found.input) : undefined;
}

/** Without the members that mean the same when they are left out. */
export function shortened(registry: Registry, given: Given): unknown {
  const { part, key } = given;
  const full = meaning(registry, given);
  const keyName = registry[part]?.key ?? "name";
  const isSame = (document: unknown) => meaning(registry, { part, key, document }) === full;
  const without = (value: Loose, put: (value: Loose) => unknown): Loose => {
    let left = value;
    for (const name of Object.keys(value)) {
      const { [name]: member, ...rest } = left;
      if (isKeptMarker(member)) continue;
      if (isSame(put(rest))) left = rest;
      else if (isObject(member))
        left = { ...left, [name]: without(member, (inner) => put({ ...left, [name]: inner })) };
    }
    return left;
  };
  if (!isObject(given.document) || full === undefined) return given.document;
  const { [keyName]: _, ...rest } = given.document;
  return without(rest, (value) => value);
}

const isKeptMarker = (value: unknown): boolean => isObject(value) && value.kept === true;

/** @param documents of each kind, in the order of their names */
export function fileOf(
  documents: ReadonlyMap<string, readonly { key: string; document: unknown }[]>,
): string {
  const all: Loose = { format };
  for (const [part, those] of documents)
    all[part] = Object.fromEntries(those.map(({ key, document }) => [key, document]));
  const file = new Document(all);
  file.commentBefore = head;
  visit(file, {
    Map: (_key, node) => {
      if (node.items.length === 1 && node.get("kept") === true) node.flow = true;
    },
  });
  return file.toString({ lineWidth: 0 });
}

/** One document, for people who compare. */
export const textOf = (document: unknown): string =>
  document === null ? "" : new Document(sorted(document)).toString({ lineWidth: 0 });

export interface PlacedFault extends Fault {
  line: number;
  column: number;
}

export interface ConfigurationFile {
  given: Given[];
  /** The kinds that it has: of others nothing is said. */
  parts: string[];
  faults: PlacedFault[];
  /** Where a fault is (`/PART/KEY/FIELD`): what is missing is told at what should have it. */
  placed(fault: Fault): PlacedFault;
}

const textOfKey = ({ key }: Pair): string =>
  isScalar(key) ? (key.source ?? String(key.value)) : String(key);

/** Reads a file; each fault has its line and column, and what is faulty is not among what is given. */
export function readFile(registry: Registry, text: string): ConfigurationFile {
  const lines = new LineCounter();
  const file = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const offsetOf = (names: readonly string[]): number => {
    let node: unknown = file.contents;
    let offset = 0;
    for (const name of names) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isPair(item) && textOfKey(item) === name);
        if (!pair) break;
        if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0];
        node = pair.value;
      } else {
        const item = isNode(node) && "items" in node ? (node.items as unknown[])[Number(name)] : undefined;
        if (!isNode(item) || !item.range) break;
        offset = item.range[0];
        node = item;
      }
    }
    return offset;
  };
  const placed = (fault: Fault): PlacedFault => {
    const names = fault.path
      .split("/")
      .slice(1)
      .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    return { ...fault, ...at(offsetOf(names)) };
  };
  const fail = (faults: PlacedFault[]): ConfigurationFile => ({ given: [], parts: [], faults, placed });
  if (file.errors.length > 0)
    return fail(file.errors.map(({ pos, message }) => ({ path: "", message, ...at(pos[0]) })));
  const top = file.contents;
  if (!isMap(top) || file.get("format") !== format)
    return fail([
      {
        path: "/format",
        message: `must begin with 'format: ${format}', then kinds with their things`,
        line: 1,
        column: 1,
      },
    ]);
  const faults: Fault[] = [];
  const given: Given[] = [];
  const parts: string[] = [];
  for (const pair of top.items) {
    const part = textOfKey(pair);
    if (part === "format") continue;
    if (!registry[part]) {
      faults.push({ path: `/${part}`, message: `is no kind: ${Object.keys(registry).join(", ")}` });
      continue;
    }
    parts.push(part);
    const things = pair.value;
    if (!isMap(things)) {
      if (isScalar(things) && things.value === null) continue;
      faults.push({ path: `/${part}`, message: "must be names, each with what it is" });
      continue;
    }
    for (const thing of things.items) {
      const key = textOfKey(thing);
      const document: unknown = (isNode(thing.value) ? thing.value.toJS(file) : thing.value) ?? {};
      const found = isObject(document)
        ? parsed(registry, { part, key, document })
        : { faults: [{ path: placeOf(part, key), message: "must be fields with their values" }] };
      if ("input" in found) given.push({ part, key, document });
      else faults.push(...found.faults);
    }
  }
  const seen = new Set<string>();
  for (const { part, key } of given) {
    if (seen.has(`${part}\n${key}`)) faults.push({ path: placeOf(part, key), message: "stands here twice" });
    seen.add(`${part}\n${key}`);
  }
  return { given, parts, faults: faults.map(placed), placed };
}
