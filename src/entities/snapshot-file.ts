import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { Map as SharedMap } from "immutable";
import { z } from "zod";
import { Pace } from "../base/pace.ts";
import { release } from "../cluster/release.ts";
import type { Entity, Registry, SnapshotOf } from "./entity.ts";
import { type PackedForm, PackedValues, packedTest } from "./packed.ts";
import { partOf, SnapshotBuilder } from "./snapshot.ts";

/**
 * The snapshot on disk: one JSON document per line, so that writing 100,000 numbers never holds up a call.
 * A header with the number of values of each part, then which release wrote it (a line that older releases pass over), then
 * the values; complete only when the counts are met.
 */
const headSchema = z.object({ t: z.literal("head"), v: z.literal(1), version: z.int() }).catchall(z.int());

/** Says the release: no kind of an entity has this name. */
const writer = "release";

function* linesOf<R extends Registry>(
  registry: R,
  { version, parts }: SnapshotOf<R>,
  by: string,
): Generator<string> {
  const counts = Object.fromEntries(Object.keys(registry).map((part) => [part, parts[part]?.size ?? 0]));
  yield `${JSON.stringify({ t: "head", v: 1, version, ...counts })}\n`;
  yield `${JSON.stringify({ t: writer, by })}\n`;
  for (const [part, { kind, line }] of Object.entries(registry)) {
    for (const text of parts[part]?.packedLines() ?? []) yield `${text}\n`;
    for (const value of parts[part]?.loose() ?? [])
      yield `${JSON.stringify(Object.assign({ t: kind }, line ? { [line]: value } : value))}\n`;
  }
}

/** Replaces the file atomically, mode 0640 (it holds password hashes). @param by the release that writes */
export async function saveSnapshot<R extends Registry>(
  registry: R,
  file: string,
  snapshot: SnapshotOf<R>,
  by = release(),
): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  const handle = await open(draft, "w", 0o640);
  try {
    let chunk: string[] = [];
    for (const line of linesOf(registry, snapshot, by)) {
      if (chunk.push(line) < 500) continue;
      await handle.write(chunk.join(""));
      chunk = [];
      await breathe();
    }
    await handle.write(chunk.join(""));
    await handle.sync();
    await rename(draft, file);
    const directory = await open(dirname(file), "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
}

export interface Loaded<R extends Registry> {
  snapshot: SnapshotOf<R>;
  /** Entities that this release keeps and the one that wrote the file did not know: the database may have some. */
  unknown: string[];
}

/** Lines that are looked at before others have their turn. */
const portion = 20_000;

/** Where each line begins and ends. */
function* linesIn(text: Buffer): Generator<readonly [start: number, end: number]> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf(0x0a, start);
    const end = newline === -1 ? text.length : newline;
    yield [start, end];
    start = end + 1;
  }
}

/** The packed lines of a part: one after the other in the file. */
class Pack {
  readonly isOne: ReturnType<typeof packedTest>;
  private readonly form: PackedForm;
  private starts = new Uint32Array(1024);
  private count = 0;
  private end = 0;

  private readonly kind: Buffer;

  constructor(form: PackedForm) {
    this.form = form;
    this.isOne = packedTest(form);
    this.kind = Buffer.from(`{"t":"${form.kind}",`);
  }

  isOfKind(text: Buffer, start: number): boolean {
    return text.compare(this.kind, 0, this.kind.length, start, start + this.kind.length) === 0;
  }

  add(start: number, end: number): void {
    if (this.count === this.starts.length) {
      const grown = new Uint32Array(2 * this.count);
      grown.set(this.starts);
      this.starts = grown;
    }
    this.starts[this.count++] = start;
    this.end = end;
  }

  /** Keeps of the file only what is needed of it. */
  async values(text: Buffer): Promise<PackedValues | undefined> {
    if (this.count === 0) return undefined;
    const first = this.starts[0] ?? 0;
    const starts = this.starts.slice(0, this.count).map((start) => start - first);
    return PackedValues.of(this.form, Buffer.from(text.subarray(first, this.end)), starts);
  }
}

const packsOf = (registry: Registry) =>
  Object.entries(registry).flatMap(([part, entity]) => {
    const { kind, packed } = entity;
    return packed ? [{ part, entity, pack: new Pack({ kind, key: packed.key, owner: packed.owner }) }] : [];
  });

/** So many values that are not packed, and could be, are worth the second of processor time that packing a million takes. */
const worthPacking = 50_000;

/**
 * The same snapshot with what can be packed packed, as it lies in the file that was written of it: after very many changes
 * (an import) its values are objects, which need ten times the memory. In small steps. Undefined: it is not worth it, or the file is
 * of another version.
 */
export async function packedAgain<R extends Registry>(
  registry: R,
  file: string,
  snapshot: SnapshotOf<R>,
  worth = worthPacking,
): Promise<SnapshotOf<R> | undefined> {
  const packs = packsOf(registry).filter(({ part }) => (snapshot.parts[part]?.loosely ?? 0) >= worth);
  if (packs.length === 0) return undefined;
  const text = await readFile(file);
  const pace = new Pace();
  const loose = new Map(packs.map(({ part }) => [part, SharedMap<string, unknown>().asMutable()]));
  let seen = 0;
  for (const [start, end] of linesIn(text)) {
    if (++seen === 1) {
      const { version } = headSchema.parse(JSON.parse(text.toString("utf8", start, end)));
      if (version !== snapshot.version) return undefined;
    }
    if (seen % 256 === 0 && pace.isTime()) await pace.pause();
    for (const { part, entity, pack } of packs)
      if (pack.isOne(text, start, end)) pack.add(start, end);
      else if (pack.isOfKind(text, start)) {
        const value = valueOn(entity, JSON.parse(text.toString("utf8", start, end)), true);
        loose.get(part)?.set(entity.keyOf(value), value);
      }
  }
  const parts: Record<string, unknown> = { ...snapshot.parts };
  const indexes: Record<string, unknown> = { ...snapshot.indexes };
  for (const { part, entity, pack } of packs) {
    const others = loose.get(part)?.asImmutable() ?? SharedMap<string, unknown>();
    const made = partOf(entity, others, await pack.values(text));
    parts[part] = made.values;
    if (entity.index) indexes[part] = made.index;
  }
  return { version: snapshot.version, parts, indexes } as SnapshotOf<R>;
}

/**
 * Reads the file. Undefined when there is none. What this very release wrote went through its schemas before, and is not
 * held against them again: that is a quarter of the time that many rules take.
 * @param by the release that reads
 * @throws Error when it is damaged: then the database must be waited for.
 */
export async function loadSnapshot<R extends Registry>(
  registry: R,
  file: string,
  by = release(),
): Promise<Loaded<R> | undefined> {
  let text: Buffer;
  try {
    text = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const kinds = new Map(Object.entries(registry).map(([part, entity]) => [entity.kind, { part, entity }]));
  const packs = packsOf(registry);
  let head: z.infer<typeof headSchema> | undefined;
  const builder = new SnapshotBuilder(registry);
  let seen = 0;
  let trusted = false;
  for (const [start, end] of linesIn(text)) {
    if (++seen % portion === 0) await breathe();
    const packed = packs.find(({ pack }) => pack.isOne(text, start, end));
    if (packed) {
      packed.pack.add(start, end);
      continue;
    }
    const line: unknown = JSON.parse(text.toString("utf8", start, end));
    if (head === undefined) {
      head = headSchema.parse(line);
      continue;
    }
    const kind = kindOf(line);
    if (kind === writer) trusted = (line as { by?: unknown }).by === by;
    // Kinds of a newer release that this one does not know are passed over.
    const known = kinds.get(kind);
    if (!known) continue;
    const value = valueOn(known.entity, line, trusted);
    builder.add(known.part, known.entity.keyOf(value), value);
  }
  for (const { part, pack } of packs) {
    const values = await pack.values(text);
    if (values) builder.pack(part, values);
  }
  const snapshot = builder.finished(head?.version ?? 0);
  for (const part of Object.keys(registry))
    if (head === undefined || (snapshot.parts[part]?.size ?? 0) !== (head[part] ?? 0))
      throw new Error(`${file}: is incomplete`);
  return { snapshot, unknown: Object.keys(registry).filter((part) => head?.[part] === undefined) };
}

/** @throws Error for what is no line of a snapshot */
function kindOf(line: unknown): string {
  const { t } = line as { t?: unknown };
  if (typeof t !== "string") throw new Error("a line of the snapshot does not say what it is");
  return t;
}

/** @param trusted it is known to fit @throws ZodError for a value that this release does not understand */
function valueOn({ value, line }: Entity, document: unknown, trusted: boolean): unknown {
  const { t: _, ...flat } = document as Record<string, unknown>;
  const found = line === undefined ? flat : flat[line];
  return trusted ? found : value.parse(found);
}
