import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { outcomeOf, placeCall } from "../src/callers/place-call.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { drillNamed } from "../src/drills/catalogue.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { askSocket } from "../src/http/socket.ts";
import { agentSocketOf } from "../src/lab/agents.ts";
import { demo, seedDemo, startTelephones } from "../src/lab/demo.ts";
import { openLab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { until } from "../src/lab/wait.ts";

/** Takeover policies, in short (bench/policies.ts measures them); with DIALTONE_ALL_FAULTS=1 fencing too. */

const lab = openLab("policytest");
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const deadlineMs = 45_000;
const fenceFails = join(lab.paths.root, "fence-fails");
const program = join(import.meta.dirname, "../bin/fence_dialtone_lab");
const fencing = {
  required: true,
  delay_s: 2,
  timeout_s: 60,
  monitor_s: 10,
  devices: Object.fromEntries(
    ["a", "b"].map((plug) => [plug, [{ agent: program, options: { lab: lab.name, plug } }]]),
  ),
};

/** Somebody else's lab of this name is not ours to take down. */
let ours = false;

async function up(settings: Record<string, unknown>): Promise<void> {
  await lab.up({ isolated: true, detach: false, fresh: !ours, settings });
  ours = true;
  await green();
}

const green = () => waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);

afterAll(async () => {
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
});

const holder = async (): Promise<string> => activeNodes((await lab.status()).hosts)[0] ?? "";
const reportOf = async (name: string) =>
  (await lab.status()).hosts.find((host) => host.name === name)?.agent ?? undefined;

/** A call to the registered telephone. */
async function callTheUser(): Promise<string> {
  const state = lab.state();
  const outside = state.hosts[outsideHost];
  const call = await placeCall({
    place: inNamespace(outside?.namespace ?? "", (outside?.addresses[0] ?? "").split("/")[0] ?? ""),
    directory: join(lab.paths.root, outsideHost),
    service: `${state.service}:5060`,
    from: "441234567",
    to: demo.callee,
    seconds: 0.2,
    patienceMs: 10_000,
  });
  return outcomeOf(call);
}

it("cold-passive: the standby rests, is started at the takeover, and no record is lost", async () => {
  await up({ policy: "cold-passive" });
  // Who holds the address may have changed while both were started: the other one then stops what it had begun.
  const rests = async (name: string) => {
    const report = await reportOf(name);
    const parts = ["kamailio", "rtpengine", "redis", "app"] as const;
    return parts.every((part) => report?.parts[part]?.phase === "resting");
  };
  const standbyNow = async () => ((await holder()) === "a" ? "b" : "a");
  await until("the standby rests", deadlineMs, async () => rests(await standbyNow()));
  const report = await reportOf(await standbyNow());
  expect(report?.parts.mariadb?.ok).toBe(true);
  expect(report?.verdict.mayHold).toBe(true);
  const kind = { ...drillNamed("host-death"), outageMs: 30_000, patienceMs: 10_000 };
  const result = await runDrill(lab, kind, { runs: 1, rate: 20, startedBy: "test", tell, signal });
  expect(result.runs[0]?.back).toBe(true);
  expect(result.summary.records).toMatchObject({ missing: 0, doubled: 0, open: 0 });
  await lab.down();
});

it("stance consistency: a node without quorum gives the address up, and serves again with it", async () => {
  await up({ stance: "consistency" });
  const active = await holder();
  const standby = active === "a" ? "b" : "a";
  await Promise.all([lab.kill("w"), lab.kill(standby)]);
  // test/outages.lab.ts proves the opposite of stance availability: calls go on.
  await until("the address is given up", deadlineMs, async () => {
    const report = await reportOf(active);
    return report?.holds === false && report.verdict.reasons.some((why) => why.includes("quorum"));
  });
  await lab.heal();
  await green();
  expect(activeNodes((await lab.status()).hosts)).toHaveLength(1);
  await lab.down();
});

it.runIf(process.env.DIALTONE_ALL_FAULTS)(
  "warm-passive, a host hangs as a whole: it is fenced, then its address is taken with the registrations",
  async () => {
    await up({ policy: "warm-passive", fencing });
    await startTelephones(lab, await seedDemo(lab));
    const active = await holder();
    const standby = active === "a" ? "b" : "a";
    await until("the registration is copied", deadlineMs, async () => {
      const data = lab.state().hosts[standby]?.data ?? "";
      const list = await askSocket(agentSocketOf(data), "GET", "/registrations").catch(() => undefined);
      return JSON.stringify(list ?? "").includes(`"aor":"${demo.callee}"`);
    });
    await lab.pause(active);
    await until(
      "the other one holds the address",
      deadlineMs,
      async () => (await reportOf(standby))?.holds === true,
    );
    expect(lab.state().hosts[active]?.powered).toBe(false);
    expect((await reportOf(standby))?.fencing?.nodes[active]?.state).toBe("off");
    expect(await callTheUser()).toMatch(/answered|hung up/);
    await lab.heal();
    await green();
  },
);

it.runIf(process.env.DIALTONE_ALL_FAULTS)(
  "a fence device that fails: the address is not taken until a person says that the host is off",
  async () => {
    const active = await holder();
    const standby = active === "a" ? "b" : "a";
    writeFileSync(fenceFails, "");
    try {
      await lab.pause(active);
      await until("it says that fencing failed", deadlineMs, async () =>
        JSON.stringify((await reportOf(standby))?.verdict.reasons ?? []).includes("fencing failed"),
      );
      expect((await reportOf(standby))?.holds).toBe(false);
      await lab.kill(active);
      const data = lab.state().hosts[standby]?.data ?? "";
      await askSocket(agentSocketOf(data), "POST", `/fencing/confirm?host=${active}`);
      await until(
        "the other one holds the address",
        deadlineMs,
        async () => (await reportOf(standby))?.holds === true,
      );
    } finally {
      rmSync(fenceFails, { force: true });
      await lab.heal();
    }
    await green();
  },
);
