import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones } from "../src/callers/softphone/client.ts";
import { routeKnown } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { askApp } from "../src/lab/app.ts";
import { openLab } from "../src/lab/lab.ts";
import { until } from "../src/lab/wait.ts";
import { callRecordSchema } from "../src/records/call-record.ts";

/**
 * A call whose audio has ended (both sides vanished without a word) is ended by us: a BYE to both, and a record that
 * says so. A call with audio in one direction is a call.
 */

const lab = openLab("mutetest");
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const timeoutSeconds = 6;

const green = () => waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);

async function recordOf(callId: string) {
  const answer = await askApp(lab.state(), "GET", `/v1/records?call_id=${encodeURIComponent(callId)}`, {
    deadlineMs: 8000,
  });
  return z.object({ records: z.array(callRecordSchema) }).parse(answer).records[0];
}

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true });
  await green();
  // A change of cluster.yaml as on real hosts: the file, then the agents restarted, one after the other.
  const file = lab.paths.cluster;
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("  path: relay", `  path: relay\n  timeout_s: ${timeoutSeconds}`));
  for (const host of ["b", "a", "w"]) {
    await lab.kill(host, "agent");
    await delay(1500);
    await green();
  }
});

afterAll(async () => {
  await lab.down({ wipe: true });
});

describe.each(["udp", "tcp"] as const)("over %s", (transport) => {
  it("a call without audio is ended and its record says why; one with audio goes on", async () => {
    const { service, hosts } = lab.state();
    const base = transport === "udp" ? 5070 : 5090;
    const number = transport === "udp" ? "7003" : "7004";
    const target = { type: "uri", uri: `sip:${number}@198.18.77.55:${base};transport=${transport}` };
    const route = { match: { number }, action: { type: "route", targets: [target] } };
    await askApp(lab.state(), "PUT", `/v1/routes/mute-${transport}`, { body: route, deadlineMs: 8000 });
    await routeKnown(lab, number, 10_000);
    await using phones = await startTelephones(inNamespace(hosts.outside?.namespace ?? "", "198.18.77.54"), {
      service: { address: service, port: 5060 },
      caller: { address: "198.18.77.54", port: base, transport },
      callee: { address: "198.18.77.55", port: base, transport },
      number,
    });
    const calls = await phones.calls({ count: 6 });
    expect(calls).toHaveLength(6);
    await delay(1000);
    const [silent, halfSilent, talking] = [calls.slice(0, 2), calls.slice(2, 4), calls.slice(4)];
    await phones.mute(silent, "both");
    await phones.mute(halfSilent, "caller");
    const ended = await until("BYE to both sides of the silent calls", 4000 * timeoutSeconds, async () => {
      const { legs } = await phones.report(silent);
      return legs.length === 4 && legs.every((leg) => leg.state === "ended") && legs;
    });
    // RFC 3326: the BYE says why.
    for (const leg of ended) expect(leg.why).toBe(`byed SIP;cause=200;text="no audio"`);
    for (const callId of silent) {
      const record = await until("a record that is closed", 10_000, async () => {
        const found = await recordOf(callId);
        return found?.closed_how === "media-timeout" && found;
      });
      expect(record.outcome).toBe("answered");
    }
    const others = await phones.report([...halfSilent, ...talking]);
    expect(others.legs.map((leg) => leg.state)).toEqual(others.legs.map(() => "up"));
    expect(await phones.bye([...halfSilent, ...talking], "caller")).toEqual([200, 200, 200, 200]);
  });
});
