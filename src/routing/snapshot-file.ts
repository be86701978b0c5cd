import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate as breathe } from "node:timers/promises";
import { z } from "zod";
import { ruleSchema } from "./rule.ts";
import { emptyData, type RoutingData } from "./snapshot.ts";

/**
 * The snapshot on disk: one JSON document per line, so that writing 100,000 numbers never holds up a call.
 * A header with the counts, then users, numbers and rules; complete only when the counts are met.
 */
const lineSchema = z.discriminatedUnion("t", [
  z.object({
    t: z.literal("head"),
    v: z.literal(1),
    version: z.int(),
    users: z.int(),
    numbers: z.int(),
    rules: z.int(),
  }),
  z.object({
    t: z.literal("user"),
    name: z.string(),
    display: z.string(),
    ha1_md5: z.string(),
    ha1_sha256: z.string(),
    enabled: z.boolean(),
  }),
  z.object({ t: z.literal("number"), number: z.string(), user: z.string() }),
  z.object({ t: z.literal("rule"), rule: ruleSchema }),
]);

function* linesOf(data: RoutingData): Generator<string> {
  const counts = { users: data.users.size, numbers: data.numbers.size, rules: data.rules.size };
  yield `${JSON.stringify({ t: "head", v: 1, version: data.version, ...counts })}\n`;
  for (const user of data.users.values()) yield `${JSON.stringify({ t: "user", ...user })}\n`;
  for (const [number, user] of data.numbers) yield `${JSON.stringify({ t: "number", number, user })}\n`;
  for (const rule of data.rules.values()) yield `${JSON.stringify({ t: "rule", rule })}\n`;
}

/**
 * Replaces the file atomically, mode 0640 (it holds password hashes). `data` may change meanwhile: then
 * `changed()` says so, the attempt is given up, and the result is false.
 */
export async function saveSnapshot(
  file: string,
  data: RoutingData,
  changed: () => boolean,
): Promise<boolean> {
  const draft = `${file}.${process.pid}.new`;
  const handle = await open(draft, "w", 0o640);
  try {
    let chunk: string[] = [];
    for (const line of linesOf(data)) {
      if (chunk.push(line) < 500) continue;
      await handle.write(chunk.join(""));
      chunk = [];
      await breathe();
      if (changed()) return false;
    }
    await handle.write(chunk.join(""));
    await handle.sync();
    if (changed()) return false;
    await rename(draft, file);
    const directory = await open(dirname(file), "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
    return true;
  } finally {
    await handle.close();
    await rm(draft, { force: true });
  }
}

/**
 * Reads the file. Undefined when there is none.
 * @throws Error when it is damaged: then the database must be waited for.
 */
export async function loadSnapshot(file: string): Promise<RoutingData | undefined> {
  const data = emptyData();
  let head: Extract<z.infer<typeof lineSchema>, { t: "head" }> | undefined;
  const stream = createReadStream(file, "utf8");
  try {
    await once(stream, "open");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = lineSchema.parse(JSON.parse(text));
    if (line.t === "head") head = line;
    else if (line.t === "user") {
      const { t: _, ...user } = line;
      data.users.set(user.name, user);
    } else if (line.t === "number") data.numbers.set(line.number, line.user);
    else data.rules.set(line.rule.name, line.rule);
  }
  if (head?.users !== data.users.size || head.numbers !== data.numbers.size || head.rules !== data.rules.size)
    throw new Error(`${file}: is incomplete`);
  data.version = head.version;
  return data;
}
