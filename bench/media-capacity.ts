import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openMediaCalls } from "../src/drills/media-calls.ts";
import { partsOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { cpuMs, report, rounded, treeOf } from "./common.ts";

/**
 * How many simultaneous relayed (G.711, 20 ms packets, both ways) or recorded calls one node carries: more and more of
 * them, until packets are lost or the telephones themselves can not keep their time. The standby's work, and that of the
 * telephones, is on the same machine in a lab.
 *
 *   node bench/media-capacity.ts [--lab lab] [--record] [--steps 50,100,150,…] [--seconds 6]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string", default: "lab" },
    record: { type: "boolean", default: false },
    seconds: { type: "string", default: "6" },
    steps: { type: "string", default: "50,100,150,200,250,300,400,500" },
  },
});
const lab = openLab(values.lab);
const seconds = Number(values.seconds);
const [active = ""] = activeNodes((await lab.status()).hosts);
const standby =
  Object.entries(lab.state().hosts).find(([name, host]) => host.role === "node" && name !== active)?.[0] ??
  "";

const cpuOf = async (host: string, part: string): Promise<number> => {
  const pid = partsOf(lab.state().hosts[host]?.data ?? "")[part]?.pid;
  return pid === undefined ? 0 : cpuMs(await treeOf(pid));
};

const rows: Record<string, string | number>[] = [];
const ids: string[] = [];
await using calls = await openMediaCalls(lab, "capacity", "udp", values.record ? { record: true } : {});
const { telephones } = calls;
for (const step of values.steps.split(",").map(Number)) {
  ids.push(...(await telephones.calls({ count: step - ids.length, rate: 25 })));
  await delay(2000);
  const parts = ["rtpengine", "redis", "kamailio"] as const;
  const read = () => Promise.all([...parts.map((part) => cpuOf(active, part)), cpuOf(standby, "rtpengine")]);
  await telephones.mark();
  const [before, began] = [await read(), performance.now()];
  await delay(seconds * 1000);
  const [after, elapsed] = [await read(), performance.now() - began];
  const { legs, lateMs } = await telephones.report(ids);
  const used = after.map((ms, index) => (100 * (ms - (before[index] ?? 0))) / elapsed);
  const sum = (pick: (leg: (typeof legs)[number]) => number) =>
    legs.reduce((total, leg) => total + pick(leg), 0);
  const lost = sum((leg) => leg.stream.lost);
  const received = sum((leg) => leg.stream.received);
  rows.push({
    calls: ids.length,
    "packets/s in": Math.round((1000 * received) / elapsed),
    "lost %": rounded((100 * lost) / Math.max(1, lost + received), 3),
    "longest gap ms": Math.round(Math.max(...legs.map((leg) => leg.stream.maxGapMs))),
    "rtpengine % of a core": Math.round(used[0] ?? 0),
    "per 100 calls": rounded((100 * (used[0] ?? 0)) / Math.max(1, ids.length), 1),
    "redis %": rounded(used[1] ?? 0, 1),
    "kamailio %": rounded(used[2] ?? 0, 1),
    "standby's rtpengine %": rounded(used[3] ?? 0, 1),
    "telephones late, mean ms": rounded(lateMs.mean, 1),
  });
  process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
  if (lost > received / 1000 || lateMs.mean > 15 || ids.length < step) break;
}
await telephones.bye(ids, "caller");
await report(values.record ? "media-capacity-recorded" : "media-capacity", rows);
