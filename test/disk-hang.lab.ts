import { afterAll, beforeAll, expect, it } from "vitest";
import { recordsOf } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { equip } from "../src/drills/inject.ts";
import { openSession } from "../src/drills/session.ts";
import { type Moment, openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { labTimeline } from "../src/lab/timeline.ts";
import { mergeTimeline } from "../src/timeline/merge.ts";
import { harm } from "./support/harm.ts";

/** Disks that do not answer for 10 s, on each host and on both nodes: docs/decisions/0027-hung-disk.md. */

const lab = openLab("hangtest");
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
let fitted: AsyncDisposable | undefined;

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true, subnet: "198.18.78.0/24" });
  await green();
  fitted = await equip(lab, { fitting: "hangable-disk" }, tell, signal);
});

afterAll(async () => {
  // Thaws whatever still hangs.
  await lab.heal();
  await lab.down({ wipe: true, graceMs: 0 });
});

const green = () => waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);

async function roles(): Promise<{ active: string; standby: string }> {
  const { hosts } = await lab.status();
  const [active = ""] = activeNodes(hosts);
  return { active, standby: hosts.find(({ name, role }) => role === "node" && name !== active)?.name ?? "" };
}

/** 10 s without an answer of these disks, one after the other, with calls around. @returns who held the address when it was nearly over */
async function hang(names: string[], rate = 20) {
  await green();
  expect(fitted).toBeDefined();
  const from = Date.now();
  let holder = "";
  await using session = await openSession(lab, { name: "disk-hang", rate, patienceMs: 4000, tell, signal });
  const outcome = await session.run({
    inject: async () => {
      const moments: Moment[] = [];
      for (const name of names) moments.push(await lab.hangDisk(name));
      const [first] = moments;
      if (!first) throw new Error("no disk to hang");
      return first;
    },
    holdMs: 10_000,
    during: async () => {
      holder = (await roles()).active;
    },
  });
  tell(`${names.join("+")}: holder ${holder} ${JSON.stringify(outcome)}`);
  if (outcome.settledMs === null) session.keepLogs();
  expect(outcome.back).toBe(true);
  expect(outcome.ledger).toMatchObject({ missing: [], doubled: [], wrong: [], stray: [], open: 0 });
  expect(harm(outcome.figures).redialsFailed).toBe(0);
  const entries = mergeTimeline(await labTimeline("hangtest", from));
  const stalls = entries.filter(({ kind, subject }) => kind === "agent-stalled" && names.includes(subject));
  tell(
    entries
      .filter(({ kind }) => !kind.startsWith("vrrp"))
      .map(({ host, kind, subject, text }) => `  ${host} ${kind} ${subject}: ${text}`)
      .join("\n"),
  );
  const said = entries.filter(({ kind, host }) => kind === "disk" && names.includes(host));
  expect(said.length).toBeGreaterThanOrEqual(2 * names.length);
  expect(stalls).toEqual([]);
  const records = await recordsOf("hangtest", { since: new Date(from).toISOString() });
  return { outcome, holder, noted: records.filter(({ note }) => note.includes("in the memory of")) };
}

it("the holder's: it hands over by plan to the node whose disk works", async () => {
  const { active, standby } = await roles();
  const { outcome, holder } = await hang([active]);
  expect(holder).toBe(standby);
  expect(harm(outcome.figures).lost).toBe(0);
});

it("the standby's: callers notice nothing, the address stays", async () => {
  const { active, standby } = await roles();
  const { outcome, holder } = await hang([standby]);
  expect(holder).toBe(active);
  expect(harm(outcome.figures).lost).toBe(0);
});

it("the witness's: callers notice nothing, the address stays", async () => {
  const { active } = await roles();
  const { outcome, holder } = await hang(["w"]);
  expect(holder).toBe(active);
  expect(harm(outcome.figures).lost).toBe(0);
});

it("both nodes': calls go on where they are, and the records say what was in memory only", async () => {
  const { active, standby } = await roles();
  // The standby's first: between the two it must not be one that can take over.
  const { outcome, holder, noted } = await hang([standby, active]);
  expect(noted.length).toBeGreaterThan(0);
  expect(holder).toBe(active);
  expect(harm(outcome.figures).lost).toBe(0);
});
