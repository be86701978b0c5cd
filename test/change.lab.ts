import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { patient } from "../src/base/patience.ts";
import { apply, applyText, planApply } from "../src/change/apply.ts";
import type { Desk } from "../src/change/desk.ts";
import { driftOf } from "../src/change/drift.ts";
import { whyNotSafe } from "../src/change/safety.ts";
import { planUpgrade, upgrade } from "../src/change/upgrade.ts";
import { openDesk } from "../src/client/desk.ts";
import { releaseOf } from "../src/cluster/release.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { isSettled } from "../src/drills/ledger.ts";
import { copyOfRelease, maintain } from "../src/drills/maintenance.ts";
import { openSession } from "../src/drills/session.ts";
import { openLab } from "../src/lab/lab.ts";
import { harm } from "./support/harm.ts";

/** Maintenance of a running cluster: calls go on, all hosts change or none, and what is not the same is named. */

const lab = openLab("chgtest");
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const quiet = { force: false, quiet: true, signal };
let ours = false;
let desk: Desk;

const green = () => waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
const safe = () =>
  expect.poll(async () => whyNotSafe(await desk.view()), { timeout: patient(60_000) }).toEqual([]);
const holder = async () => (await desk.view()).entries.find(({ report }) => report.holds)?.report.host ?? "";
const text = () => readFileSync(lab.paths.cluster, "utf8");
const written = (name: string, content: string): string => {
  const file = join(lab.paths.root, name);
  writeFileSync(file, content);
  return file;
};

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true });
  ours = true;
  await green();
  desk = openDesk({ lab: lab.name, data: "" });
});

afterAll(async () => {
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
});

it("a drained holder hands over, and stays out over the death of its agent", async () => {
  await safe();
  const before = await holder();
  const other = before === "a" ? "b" : "a";
  await desk.order(before, { kind: "drain", why: "test", force: false });
  expect(await holder()).toBe(other);
  const { agentPid } = (await desk.view()).entries.find(({ report }) => report.host === before)?.report ?? {};
  await lab.kill(before, "agent");
  const again = async () => {
    const report = (await desk.view()).entries.find((entry) => entry.report.host === before)?.report;
    return report?.agentPid !== agentPid && report?.drained?.why === "test" && !report.verdict.mayHold;
  };
  await expect.poll(again, { timeout: patient(30_000) }).toBe(true);
  // The other one can not go either now.
  await expect(desk.order(other, { kind: "drain", why: "", force: false })).rejects.toThrow(/out of service/);
  await desk.order(before, { kind: "undrain" });
  await green();
});

it("a file that is wrong, or can not change while calls go on, changes nothing anywhere", async () => {
  const unknown = written("unknown.yaml", `${text()}\nspeed: 9\n`);
  await expect(planApply(desk, unknown, false)).rejects.toThrow(/unknown\.yaml:\d+: speed: unknown key/);
  const realm = written("realm.yaml", text().replace("realm: chgtest", "realm: other"));
  await expect(planApply(desk, realm, false)).rejects.toThrow(/nothing was changed[\s\S]*sip\.realm/);
  const drift = driftOf((await desk.configurations()).hosts);
  expect(drift).toEqual([]);
});

it("what differs is named to the file and line, and a change of cluster.yaml reaches all hosts", async () => {
  await safe();
  const { hosts } = await desk.configurations();
  expect(hosts.map(({ host }) => host).sort()).toEqual(["a", "b", "w"]);
  const keepalived = join(lab.paths.host("b"), "etc", "keepalived.conf");
  const original = readFileSync(keepalived, "utf8");
  writeFileSync(keepalived, original.replace("    nopreempt\n", "    preempt\n"));
  const line = original.split("\n").indexOf("    nopreempt") + 1;
  const found = driftOf((await desk.configurations()).hosts);
  expect(found.map((item) => item.text)).toEqual([
    expect.stringContaining(`b: keepalived.conf line ${line} of keepalived is not as it was generated`),
  ]);
  expect(found[0]?.diff).toContain("-    nopreempt\n+    preempt");
  writeFileSync(keepalived, original);

  const plan = await planApply(
    desk,
    written("next.yaml", text().replace("keep_days: 90", "keep_days: 30")),
    false,
  );
  expect(plan.changes).toEqual([{ path: "recording.keep_days", from: "90", to: "30" }]);
  expect(applyText(plan)).toContain("calls: none is affected");
  const before = await holder();
  const { done } = await apply(desk, plan, quiet);
  expect(done).toHaveLength(3);
  expect(await holder()).toBe(before);
  expect(text()).toContain("keep_days: 30");
  const after = (await desk.view()).entries.map(({ report }) => report);
  expect(after.map(({ config, trial }) => [config, trial])).toEqual(
    after.map(() => [plan.digest, undefined]),
  );
});

it("a rolling upgrade under 20 calls/s costs no attempt and no record", async () => {
  await safe();
  const old = (await desk.view()).entries[0]?.report.release;
  await using session = await openSession(lab, { name: "upgrade", rate: 20, patienceMs: 4000, tell, signal });
  const { figures, ledger } = await session.run({
    inject: async () => {
      // The callers' start takes a busy machine some seconds, in which a host may have been late.
      await safe();
      return await maintain(lab, "upgrade", signal);
    },
    repair: () => Promise.resolve(),
  });
  if (figures.lost > 0 || !isSettled(ledger)) session.keepLogs();
  const reports = (await desk.view()).entries.map(({ report }) => report);
  for (const { release, checkout } of reports) {
    expect(release).not.toBe(old);
    expect(release).toBe(releaseOf(checkout ?? ""));
  }
  expect(harm(figures)).toEqual({ lost: 0, redialsFailed: 0 });
  expect(ledger).toMatchObject({ missing: [], doubled: [], wrong: [], stray: [], open: 0 });
});

it("a release whose agent does not start takes itself back, and the cluster is as it was", async () => {
  await safe();
  const before = (await desk.view()).entries.map(({ report }) => [report.host, report.release]);
  const broken = await copyOfRelease(lab, "0.0.1");
  const file = join(broken, "src/agent/agent.ts");
  const start = "  async start(signal: AbortSignal): Promise<Ending> {\n";
  const source = readFileSync(file, "utf8");
  expect(source).toContain(start);
  writeFileSync(
    file,
    source.replace(start, `${start}    if (signal) throw new Error("broken on purpose");\n`),
  );
  const plan = await planUpgrade(desk, broken, false);
  await expect(upgrade(desk, plan, quiet)).rejects.toThrow(/It stands like this: done nothing/);
  await green();
  const after = (await desk.view()).entries.map(({ report }) => [report.host, report.release]);
  expect(after).toEqual(before);
});

it("with failback: automatic the address goes back to the first node when that has been well for long enough", async () => {
  await safe();
  const plan = await planApply(
    desk,
    written("failback.yaml", `${text()}\nfailback:\n  mode: automatic\n  after_s: 10\n`),
    false,
  );
  await apply(desk, plan, quiet);
  await expect.poll(holder, { timeout: patient(60_000) }).toBe("a");
  await safe();
  await desk.order("a", { kind: "switchover", force: false });
  expect(await holder()).toBe("b");
  await expect.poll(holder, { timeout: patient(60_000) }).toBe("a");
  await green();
});
