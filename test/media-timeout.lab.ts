import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { hostIn } from "../src/base/host-in.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones } from "../src/callers/softphone/client.ts";
import { loadSecrets } from "../src/cluster/load.ts";
import { routeKnown } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { askApp } from "../src/lab/app.ts";
import { openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
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
const service6 = "fd00:77::100";
const home = {
  udp: ["198.18.77.54", "198.18.77.55"],
  tcp: ["198.18.77.54", "198.18.77.55"],
  six: ["fd00:77::54", "fd00:77::55"],
};

const green = () => waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);

async function recordOf(callId: string) {
  const answer = await askApp(lab.state(), "GET", `/v1/records?call_id=${encodeURIComponent(callId)}`, {
    deadlineMs: 8000,
  });
  return z.object({ records: z.array(callRecordSchema) }).parse(answer).records[0];
}

beforeAll(async () => {
  await lab.up({
    ...{ isolated: true, detach: false, fresh: true },
    settings: { "service.address6": `${service6}/64` },
  });
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
  await lab.down({ wipe: true, graceMs: 0 });
});

describe.each(["udp", "tcp", "six"] as const)("over %s", (way) => {
  it("a call without audio is ended and its record says why; one with audio goes on", async () => {
    const { service, hosts } = lab.state();
    const transport = way === "tcp" ? "tcp" : "udp";
    const [from = "", to = ""] = home[way];
    const [base, number] = {
      udp: [5070, "7003"] as const,
      tcp: [5090, "7004"] as const,
      six: [5110, "7005"] as const,
    }[way];
    const target = { type: "uri", uri: `sip:${number}@${hostIn(to)}:${base};transport=${transport}` };
    const route = { match: { number }, action: { type: "route", targets: [target] } };
    await askApp(lab.state(), "PUT", `/v1/routes/mute-${way}`, { body: route, deadlineMs: 8000 });
    await routeKnown(lab, number, 10_000);
    await using phones = await startTelephones(inNamespace(hosts.outside?.namespace ?? "", from), {
      service: { address: service, address6: service6, port: 5060 },
      caller: { address: from, port: base, transport },
      callee: { address: to, port: base, transport },
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

// From one family to the other, and within IPv6; the holder's power fails while they talk.
it("calls over IPv6, and between the families, have audio both ways, also after the holder's death", async () => {
  const { service, hosts } = lab.state();
  const account = { user: "2006", password: "by-ipv6-2006" };
  await askApp(lab.state(), "PUT", `/v1/users/${account.user}`, {
    body: { password: account.password },
    deadlineMs: 8000,
  });
  const places = { four: ["198.18.77.56", "198.18.77.57"], six: ["fd00:77::56", "fd00:77::57"] } as const;
  const started = [
    ["six", "six", "7006"],
    ["six", "four", "7007"],
    ["four", "six", "7008"],
  ] as const;
  await using all = new AsyncDisposableStack();
  const pairs = await Promise.all(
    started.map(async ([from, to, number], index) => {
      const [caller, callee] = [places[from][0], places[to][1]];
      const port = 5130 + 2 * index;
      // The first one's registration is known after the takeover too.
      const target =
        index === 0
          ? { type: "user", user: account.user }
          : { type: "uri", uri: `sip:${number}@${hostIn(callee)}:${port}` };
      const route = { match: { number }, action: { type: "route", targets: [target] } };
      await askApp(lab.state(), "PUT", `/v1/routes/six-${number}`, { body: route, deadlineMs: 8000 });
      await routeKnown(lab, number, 10_000);
      return all.use(
        await startTelephones(inNamespace(hosts.outside?.namespace ?? "", caller), {
          service: { address: service, address6: service6, port: 5060 },
          caller: { address: caller, port, transport: "udp" },
          callee: { address: callee, port, transport: "udp" },
          number,
        }),
      );
    }),
  );
  expect(await pairs[0]?.register(account)).toBe(200);
  const heard = (what: string) =>
    Promise.all(
      pairs.map(async (phones) => {
        await phones.mark();
        await until(what, 20_000, async () => {
          const { legs } = await phones.report();
          return legs.length === 4 && legs.every((leg) => leg.state === "up" && leg.stream.received > 50);
        });
      }),
    );
  const calls = await Promise.all(pairs.map((phones) => phones.calls({ count: 2 })));
  expect(calls.map((ids) => ids.length)).toEqual([2, 2, 2]);
  await heard("audio both ways");
  const [holder = ""] = activeNodes((await lab.status()).hosts);
  await lab.kill(holder);
  await heard("audio both ways after the takeover");
  const codes = await Promise.all(pairs.map((phones, index) => phones.bye(calls[index] ?? [], "callee")));
  expect(codes).toEqual([
    [200, 200],
    [200, 200],
    [200, 200],
  ]);
  // The HTTPS API is there too, for whoever believes the cluster's own authority.
  const authority = join(lab.paths.root, "ca.crt");
  writeFileSync(authority, loadSecrets(lab.paths.cluster).tls.ca);
  const { stdout } = await execa("ip", [
    ...[
      "netns",
      "exec",
      hosts.outside?.namespace ?? "",
      "curl",
      "-sSf",
      "--retry",
      "5",
      "--retry-connrefused",
    ],
    ...["--cacert", authority, `https://[${service6}]:8443/openapi.json`],
  ]);
  expect(JSON.parse(stdout)).toMatchObject({ openapi: "3.1.0" });
  const again = await Promise.all(pairs.map((phones) => phones.calls({ count: 1 })));
  expect(again.map((ids) => ids.length)).toEqual([1, 1, 1]);
});
