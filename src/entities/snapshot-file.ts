import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import type { Changed, Entity, Registry, SnapshotOf } from "./entity.ts";
import { emptySnapshot, withChanges } from "./snapshot.ts";

/**
 * The snapshot on disk: one JSON document per line, so that writing 100,000 numbers never holds up a call.
 * A header with the number of values of each part, then the values; complete only when the counts are met.
 */
const headSchema = z.object({ t: z.literal("head"), v: z.literal(1), version: z.int() }).catchall(z.int());
const lineSchema = z.looseObject({ t: z.string() });

function* linesOf<R extends Registry>(registry: R, { version, parts }: SnapshotOf<R>): Generator<string> {
  const counts = Object.fromEntries(Object.keys(registry).map((part) => [part, parts[part]?.size ?? 0]));
  yield `${JSON.stringify({ t: "head", v: 1, version, ...counts })}\n`;
  for (const [part, { kind, line }] of Object.entries(registry))
    for (const value of parts[part]?.values() ?? [])
      yield `${JSON.stringify(Object.assign({ t: kind }, line ? { [line]: value } : value))}\n`;
}

/** Replaces the file atomically, mode 0640 (it holds password hashes). */
export async function saveSnapshot<R extends Registry>(
  registry: R,
  file: string,
  snapshot: SnapshotOf<R>,
): Promise<void> {
  const draft = `${file}.${process.pid}.new`;
  const handle = await open(draft, "w", 0o640);
  try {
    let chunk: string[] = [];
    for (const line of linesOf(registry, snapshot)) {
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

/** Values that are added to the snapshot at once. */
const portion = 500;

/**
 * Reads the file. Undefined when there is none.
 * @throws Error when it is damaged: then the database must be waited for.
 */
export async function loadSnapshot<R extends Registry>(
  registry: R,
  file: string,
): Promise<Loaded<R> | undefined> {
  const stream = createReadStream(file, "utf8");
  try {
    await once(stream, "open");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const kinds = new Map(Object.entries(registry).map(([part, entity]) => [entity.kind, { part, entity }]));
  const nothing = () => Object.fromEntries(Object.keys(registry).map((part) => [part, new Map()]));
  let head: z.infer<typeof headSchema> | undefined;
  let snapshot = emptySnapshot(registry);
  let waiting: Record<string, Map<string, unknown>> = nothing();
  let lines = 0;
  const take = () => {
    snapshot = withChanges(registry, snapshot, head?.version ?? 0, waiting as Changed<R>);
    waiting = nothing();
  };
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line: unknown = JSON.parse(text);
    if (head === undefined) {
      head = headSchema.parse(line);
      continue;
    }
    // Kinds of a newer release that this one does not know are passed over.
    const known = kinds.get(lineSchema.parse(line).t);
    if (!known) continue;
    const value = valueOn(known.entity, line);
    waiting[known.part]?.set(known.entity.keyOf(value), value);
    if (++lines % portion === 0) take();
  }
  take();
  for (const part of Object.keys(registry))
    if (head === undefined || (snapshot.parts[part]?.size ?? 0) !== (head[part] ?? 0))
      throw new Error(`${file}: is incomplete`);
  return { snapshot, unknown: Object.keys(registry).filter((part) => head?.[part] === undefined) };
}

/** @throws ZodError for a value that this release does not understand. */
function valueOn({ value, line }: Entity, document: unknown): unknown {
  if (line !== undefined) return value.parse((document as Record<string, unknown>)[line]);
  const { t: _, ...flat } = document as Record<string, unknown>;
  return value.parse(flat);
}
