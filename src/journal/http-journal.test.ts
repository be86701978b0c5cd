import type { FileHandle } from "node:fs/promises";
import { mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, expect, it, vi } from "vitest";
import { eventSchema } from "../call/contract.ts";
import { createEvents } from "../telemetry/log.ts";
import { JournalError, openHttpJournal } from "./http-journal.ts";

afterEach(() => vi.restoreAllMocks());

const event = (serial: number) =>
  eventSchema.parse({
    id: `00000000-0000-4000-8000-${String(serial).padStart(12, "0")}`,
    kind: "start",
    call_id: `c${serial}`,
    from_tag: "f",
    time: "2026-11-21T10:00:00.000Z",
    node: "a",
    method: "INVITE",
    code: 0,
  });

/** What every file handle inherits. */
async function handlePrototype(directory: string): Promise<FileHandle> {
  await using handle = await open(directory, "r");
  return Object.getPrototypeOf(handle) as FileHandle;
}

it("does not wait for a disk that has stopped answering, and goes on when it answers", async () => {
  const directory = await mkdtemp(join(tmpdir(), "dialtone-http-journal-"));
  const journal = await openHttpJournal(directory, createEvents(pino({ level: "silent" })));
  await journal.append([event(1)]);
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  vi.spyOn(await handlePrototype(directory), "datasync").mockImplementation(() => answered);

  const first = journal.append([event(2)]);
  const second = journal.append([event(3)]);
  await expect(first).rejects.toThrow(JournalError);
  await expect(second).rejects.toThrow("the disk has not answered for 2 s");
  await expect(journal.append([event(4)])).rejects.toThrow(JournalError);
  expect(await journal.health()).toMatchObject({ ok: false });

  answer();
  await vi.waitFor(() => journal.append([event(4)]), { timeout: 5000 });
  await journal[Symbol.asyncDispose]();
  const [name = ""] = await readdir(directory);
  const text = await readFile(join(directory, name), "utf8");
  for (const serial of [1, 2, 4]) expect(text).toContain(event(serial).id);
  await rm(directory, { recursive: true });
});
