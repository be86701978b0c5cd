import { appendFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CallEvent, eventSchema } from "../call/contract.ts";
import { loadCheckpoint } from "../journal/checkpoint.ts";
import type { ProbeStore } from "../probe/store.ts";
import { createEvents } from "../telemetry/log.ts";
import type { Ledger } from "./ledger.ts";
import { Quarantine } from "./quarantine.ts";
import { Shipper } from "./shipper.ts";

const events = createEvents(pino({ level: "silent" }));
let root: string;
let serial = 0;
const line = (): string =>
  `${JSON.stringify({
    id: `00000000-0000-4000-8000-${String(++serial).padStart(12, "0")}`,
    kind: "start",
    call_id: `c${serial}`,
    from_tag: "f",
    time: "2026-11-21T10:00:00.000Z",
    node: "a",
    method: "INVITE",
    code: 0,
  })}\n`;

class FakeLedger {
  stored = new Map<string, CallEvent>();
  calls = 0;
  refuse: unknown;
  refuseOnly: string | undefined;
  async store(list: CallEvent[]): Promise<void> {
    this.calls++;
    if (this.refuse) throw this.refuse;
    if (list.some((event) => event.call_id === this.refuseOnly)) throw { errno: 1406 };
    for (const event of list) this.stored.set(event.id, event);
  }
}

async function make(ledger: FakeLedger) {
  const checkpoint = await loadCheckpoint(join(root, "checkpoint.json"));
  const quarantine = new Quarantine(join(root, "q", "lines"), events);
  const shipper = new Shipper({
    probes: { store: async () => {} } as unknown as ProbeStore,
    sources: [
      {
        directory: join(root, "j"),
        parse: (text) => eventSchema.parse(JSON.parse(text)),
        closedByRestart: false,
      },
    ],
    ledger: ledger as unknown as Ledger,
    checkpoint,
    quarantine,
    events,
  });
  const all = async () => {
    while (await shipper.ship());
    await checkpoint.save();
  };
  return { shipper, quarantine, all };
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-shipper-"));
  await mkdir(join(root, "j"));
});
afterEach(() => rm(root, { recursive: true }));

describe("the shipper", () => {
  it("ships each line once, over restarts, renames and torn ends", async () => {
    const ledger = new FakeLedger();
    const file = join(root, "j", "acc_1.log");
    const third = line();
    await writeFile(file, line() + line() + third.slice(0, 30));
    await (await make(ledger)).all();
    expect(ledger.stored.size).toBe(2);
    await appendFile(file, third.slice(30));
    await rename(file, join(root, "j", "acc_1.20261121T100000Z.log"));
    await writeFile(file, line());
    const calls = ledger.calls;
    await (await make(ledger)).all();
    expect(ledger.stored.size).toBe(4);
    expect(ledger.calls).toBe(calls + 1);
    await (await make(ledger)).all();
    expect(ledger.calls).toBe(calls + 1);
  });

  it("does not move its checkpoint past what the database did not take", async () => {
    const ledger = new FakeLedger();
    await writeFile(join(root, "j", "a.log"), line() + line());
    ledger.refuse = { errno: 1146 }; // the table is not there yet: wait, do not set aside
    const { shipper, quarantine } = await make(ledger);
    await expect(shipper.ship()).rejects.toEqual({ errno: 1146 });
    ledger.refuse = undefined;
    await (await make(ledger)).all();
    expect(ledger.stored.size).toBe(2);
    expect(quarantine.count).toBe(0);
  });

  it("begins a file again whose end a power failure took", async () => {
    const ledger = new FakeLedger();
    const file = join(root, "j", "acc_1.log");
    const first = line();
    await writeFile(file, first + line() + line());
    await (await make(ledger)).all();
    await writeFile(file, first);
    await (await make(ledger)).all();
    await appendFile(file, line());
    await (await make(ledger)).all();
    expect(ledger.stored.size).toBe(4);
  });

  it("sets aside what can not be used, and only that", async () => {
    const ledger = new FakeLedger();
    const bad = line();
    ledger.refuseOnly = `c${serial}`;
    await writeFile(join(root, "j", "a.log"), `${line()}garbage\n\0\0\0${line()}${bad}{"v":1}\n${line()}`);
    const { all, quarantine } = await make(ledger);
    await all();
    expect(ledger.stored.size).toBe(3);
    expect(quarantine.count).toBe(3);
    const noted = (await readFile(quarantine.file, "utf8"))
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(noted.map((entry: { why: string }) => entry.why)).toHaveLength(3);
  });
});
