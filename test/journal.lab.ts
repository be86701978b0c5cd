import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { expect, it } from "vitest";
import { eventSchema } from "../src/call/contract.ts";
import { openHttpJournal } from "../src/journal/http-journal.ts";
import { createEvents } from "../src/telemetry/log.ts";

const run = promisify(execFile);

const eventNumber = (index: number) =>
  eventSchema.parse({
    v: 1,
    id: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
    kind: "start",
    call_id: `reserved-${index}`,
    from_tag: "f",
    to_tag: "",
    time: new Date(0).toISOString(),
    node: "a",
    method: "INVITE",
    code: 0,
    reason: "",
    from: "sip:1@x",
    to: "sip:2@x",
    source: "",
    user: "",
    target: "",
    rule: "",
    decided_by: "",
  });

it("the app's journal takes events on a full disk into the space that it has reserved", async () => {
  const disk = await mkdtemp(join(tmpdir(), "dialtone-journal-"));
  await run("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", disk]);
  try {
    const events = createEvents(pino({ level: "silent" }));
    await using journal = await openHttpJournal(disk, events);
    await run("sh", ["-c", "cat /dev/zero > filler 2> /dev/null || true"], { cwd: disk });
    // One after the other, each as soon as the one before is acknowledged.
    for (let index = 0; index < 100; index++) await journal.append([eventNumber(index)]);
    const [name, ...more] = (await readdir(disk)).filter((file) => file.endsWith(".log"));
    expect(more).toEqual([]);
    const lines = (await readFile(join(disk, name ?? ""), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(100);
    expect((await journal.health()).detail).toMatch(/^only \d+ KiB free, \d+ KiB reserved$/);
  } finally {
    await run("umount", ["--lazy", disk]);
    await rm(disk, { recursive: true });
  }
});
