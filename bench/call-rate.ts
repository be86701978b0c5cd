import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { succeeded } from "../src/callers/attempt.ts";
import { startPhone } from "../src/callers/phone.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { routeKnown, routePrefix } from "../src/drills/api.ts";
import { startProber } from "../src/drills/prober.ts";
import { partsOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { cpuMs, percentile, report, rounded, treeOf } from "./common.ts";

/**
 * Call set-up rate of one node with the whole path in it: SIPp → Kamailio → app (decide) → Kamailio → SIPp, journal
 * and ledger included; and the media relay, as by default, unless --no-relay. Rising rates, each for a few seconds, until
 * calls fail or need retransmission.
 *
 *   node bench/call-rate.ts [--lab lab] [--seconds 8] [--rates 50,100,200,…] [--no-relay]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string", default: "lab" },
    seconds: { type: "string", default: "8" },
    rates: { type: "string", default: "50,100,200,300,400,600,800,1000" },
    "no-relay": { type: "boolean", default: false },
  },
});
const lab = openLab(values.lab);
const state = lab.state();
const outside = state.hosts.outside;
const addresses = outside?.addresses.map((address) => address.split("/")[0] ?? "") ?? [];
const [callers = "", phoneAddress = ""] = addresses.slice(-2);
const namespace = outside?.namespace ?? "";
const directory = mkdtempSync(join(tmpdir(), "dialtone-bench-"));
const port = 5091;
const number = "99741";

const [active = ""] = activeNodes((await lab.status()).hosts);
const data = state.hosts[active]?.data;
if (!data) throw new Error(`lab '${values.lab}': nobody holds the service address`);
const pidsOf = async (part: string): Promise<number[]> => {
  const pid = partsOf(data)[part]?.pid;
  return pid === undefined ? [] : treeOf(pid);
};

const rows: Record<string, string | number>[] = [];
try {
  await using _phone = await startPhone({
    place: inNamespace(namespace, phoneAddress),
    directory,
    name: "benchphone",
    port,
  });
  await routePrefix(values.lab, "bench-call-rate", number, `${phoneAddress}:${port}`, {
    media: values["no-relay"] ? "direct" : "relay",
  });
  await routeKnown(lab, number, 10_000);
  for (const rate of values.rates.split(",").map(Number)) {
    await using prober = await startProber({
      place: inNamespace(namespace, callers),
      directory,
      service: `${state.service.split("/")[0]}:5060`,
      from: "0445550101",
      to: number,
      rate,
      patienceMs: 4000,
    });
    const parts = {
      kamailio: await pidsOf("kamailio"),
      app: await pidsOf("app"),
      mariadb: await pidsOf("mariadb"),
      rtpengine: await pidsOf("rtpengine"),
    };
    const before = await Promise.all(Object.values(parts).map(cpuMs));
    await delay(Number(values.seconds) * 1000);
    const after = await Promise.all(Object.values(parts).map(cpuMs));
    await prober.finish();
    const calls = prober.attempts().filter((call) => !call.redial);
    const good = calls.filter(succeeded);
    const setUp = good.map((call) => (call.answered ?? 0) - call.started);
    const perCall = (index: number) =>
      rounded((((after[index] ?? 0) - (before[index] ?? 0)) * 1000) / Math.max(1, good.length), 0);
    const retransmitted = calls.filter((call) => call.retransmissions > 0).length;
    rows.push({
      "calls/s": rate,
      calls: calls.length,
      answered: good.length,
      failed: calls.length - good.length,
      retransmitted,
      "p50 ms": rounded(percentile(setUp, 0.5)),
      "p99 ms": rounded(percentile(setUp, 0.99)),
      "max ms": rounded(Math.max(...setUp), 1),
      "kamailio µs/call": perCall(0),
      "app µs/call": perCall(1),
      "mariadb µs/call": perCall(2),
      "rtpengine µs/call": perCall(3),
    });
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
    if (calls.length - good.length > 0 || retransmitted > calls.length / 100) break;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
await report(values["no-relay"] ? "call-rate-no-relay" : "call-rate", rows);
