import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { hasFailed } from "../src/callers/attempt.ts";
import { startPhone } from "../src/callers/phone.ts";
import { hostDirs } from "../src/cluster/facts.ts";
import { routeKnown, routePrefix } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { labGround } from "../src/drills/ground.ts";
import { startProber } from "../src/drills/prober.ts";
import { openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import type { AgentEvent } from "../src/report/watch.ts";
import { report } from "./common.ts";

/**
 * Busy is not broken: calls with audio while stress-ng(1) takes processors and disk, or many calls alone; nothing may be
 * killed, the address may not move. Then parts of the holder are stopped (SIGSTOP) in the middle of it: each is to be
 * found.
 *
 *   node bench/stress.ts [--seconds 150] [--rate 20] [--no-stress] [--hang kamailio,rtpengine,redis] [--lab stressed]
 */
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "150" },
    rate: { type: "string", default: "20" },
    "no-stress": { type: "boolean", default: false },
    hang: { type: "string", default: "kamailio,rtpengine,redis" },
    lab: { type: "string", default: "stressed" },
  },
});
const stressArguments = "--cpu 3 --io 2 --hdd 2 --hdd-bytes 64M --fork 2 --vm 1 --vm-bytes 256M".split(" ");
const afterHangMs = 15_000;
const number = "99746";
const phonePort = 5094;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
const { signal } = interrupted;

const lab = openLab(values.lab);
const directory = mkdtempSync(join(tmpdir(), "dialtone-stress-"));
let stress: ChildProcess | undefined;

/** What the agents of all hosts wrote down since then. */
function eventsSince(wallMs: number): AgentEvent[] {
  return Object.values(lab.state().hosts).flatMap(({ data }) => {
    if (data === null) return [];
    const lines = readFileSync(join(hostDirs(data).log, "events.jsonl"), "utf8")
      .trim()
      .split("\n");
    return lines.map((line) => JSON.parse(line) as AgentEvent).filter((event) => event.wallMs >= wallMs);
  });
}
const counted = (events: AgentEvent[]) => ({
  kills: events.filter(({ kind }) => kind === "part-killed").length,
  moves: events.filter(({ kind, subject }) => kind === "address" && subject === "gained").length,
  busy: events.filter(({ kind }) => kind === "part-busy").length,
});

await lab.up({ isolated: true, detach: false, fresh: true });
try {
  await waitForGreen(lab, 300_000, (why) => tell(`not yet: ${why.join("; ")}`), signal);
  const ground = labGround(lab);
  await using _phone = await startPhone({ place: ground.called, directory, name: "phone", port: phonePort });
  await routePrefix(values.lab, "bench-stress", number, `${ground.called.address}:${phonePort}`);
  await routeKnown(lab, number, 10_000);
  await using prober = await startProber({
    place: ground.caller,
    directory,
    service: ground.service,
    from: "0445550101",
    to: number,
    rate: Number(values.rate),
    patienceMs: 4000,
  });
  if (!values["no-stress"])
    stress = spawn("stress-ng", [...stressArguments, "--temp-path", directory], { stdio: "inherit" });
  const began = Date.now();
  await delay(Number(values.seconds) * 1000, undefined, { signal });
  const quiet = eventsSince(began);
  for (const { wallMs, host, kind, subject, text } of quiet.filter(({ kind }) => kind !== "note"))
    tell(`${new Date(wallMs).toISOString()} ${host} ${kind} ${subject}: ${text}`);
  const rows: Record<string, string | number>[] = [];
  const load = values["no-stress"] ? "calls alone" : "stress-ng";
  const calls = prober.attempts().filter(({ redial }) => !redial);
  rows.push({
    what: `${values.seconds} s, ${values.rate} calls/s, ${load}`,
    ...counted(quiet),
    calls: calls.length,
    failed: calls.filter((call) => hasFailed(call, Date.now(), 4000)).length,
    "found after ms": "",
  });
  for (const part of values.hang.split(",").filter(Boolean)) {
    const [active = ""] = activeNodes((await lab.status()).hosts);
    const { wall_ms } = await lab.pause(active, part);
    await delay(afterHangMs, undefined, { signal });
    const since = eventsSince(wall_ms);
    for (const { wallMs, host, kind, subject, text } of since)
      tell(`+${Math.round(wallMs - wall_ms)} ms ${host} ${kind} ${subject}: ${text}`);
    const killed = since.find(
      (event) => event.kind === "part-killed" && event.host === active && event.subject === part,
    );
    rows.push({
      what: `SIGSTOP of ${part} on ${active}`,
      ...counted(since),
      calls: "",
      failed: "",
      "found after ms": killed ? Math.round(killed.wallMs - wall_ms) : "not found",
    });
    await lab.resume(active, part).catch(() => undefined);
  }
  await report("stress", rows);
} finally {
  stress?.kill("SIGINT");
  rmSync(directory, { recursive: true, force: true });
  await lab.down({ wipe: true });
}
