import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { patient } from "../src/base/patience.ts";
import { startPhone } from "../src/callers/phone.ts";
import { placeCall } from "../src/callers/place-call.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { findRecord } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { callersBy, hostDeathBy, type Way } from "../src/drills/movers.ts";
import { resultText } from "../src/drills/result.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { demo, seedDemo, startTelephones } from "../src/lab/demo.ts";
import { readDemoUsers } from "../src/lab/demo-users.ts";
import { openLab } from "../src/lab/lab.ts";
import { startNameServer } from "../src/lab/name-server.ts";
import { outsideHost } from "../src/lab/names.ts";
import { brokenPromises, harm } from "./support/harm.ts";

/**
 * Hot-hot behind DNS and behind an edge: a real name server, a content redirector, both nodes taking calls, and what a
 * power cut costs. The other pairs of policy and mover are in bench/movers.ts.
 */

const lab = openLab("moverstest");
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const address = { a: "198.18.77.11", b: "198.18.77.12", edge: "198.18.77.14", dns: "198.18.77.59" };
const zone = { zone: "lab.test", name: "sip.lab.test" };

/** Somebody else's lab of this name is not ours to take down. */
let ours = false;

beforeAll(async () => {
  const settings = {
    policy: "hot-hot",
    "hosts.e": { role: "edge", address: address.edge, interface: "eth0" },
    "movers.dns": { server: address.dns, ...zone, ttl: 1, to: "nodes" },
  };
  await lab.up({ isolated: true, detach: false, fresh: true, settings });
  ours = true;
  await startNameServer(lab);
  await waitForGreen(lab, 120_000, () => undefined, signal);
  await startTelephones(lab, await seedDemo(lab));
});

afterAll(async () => {
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
});

const dig = async (name: string, type: string): Promise<string[]> => {
  const query = ["dig", "+short", "+time=1", `@${address.dns}`, name, type];
  return (await lab.exec(outsideHost, query)).stdout.trim().split("\n").sort();
};

async function until<Value>(
  what: string,
  look: () => Promise<Value>,
  good: (value: Value) => boolean,
  ms: number,
) {
  const deadline = Date.now() + patient(ms);
  for (;;) {
    const value = await look();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(value)} after ${ms} ms`);
    await delay(50);
  }
}

const call = (service: string, options: { from: string; password?: string; to: string; seconds: number }) =>
  placeCall({
    place: inNamespace(lab.state().hosts[outsideHost]?.namespace ?? "", "198.18.77.1"),
    directory: join(lab.paths.root, "calls"),
    service: `${service}:5060`,
    patienceMs: 5000,
    ...options,
  });

it("the records name both nodes, and nobody with an old stamp or without the key can change them", async () => {
  expect(await dig("sip.lab.test", "A")).toEqual([address.a, address.b]);
  expect(await dig("_sip._udp.sip.lab.test", "SRV")).toEqual([
    "10 10 5060 a.sip.lab.test.",
    "10 10 5060 b.sip.lab.test.",
  ]);
  expect((await dig("sip.lab.test", "NAPTR"))[0]).toBe('10 50 "S" "SIP+D2U" "" _sip._udp.sip.lab.test.');
  const update = (key: string[], stamp: string) =>
    lab.exec(outsideHost, [
      "sh",
      "-c",
      `printf '%s\\n' 'server ${address.dns}' 'zone lab.test' 'prereq yxrrset _dialtone.sip.lab.test IN TXT "${stamp}"' 'update delete sip.lab.test A' send | nsupdate "$@"`,
      "sh",
      ...key,
    ]);
  const [stamp = ""] = await dig("_dialtone.sip.lab.test", "TXT");
  const { hosts } = await lab.status();
  const holder = hosts.find((host) => host.agent?.holds)?.name ?? "";
  const key = ["-k", join(lab.paths.host(holder), "etc", "dns.key")];
  const old = await update(key, stamp.replaceAll('"', "").replace(/serial=\d+/, "serial=0"));
  expect(`${old.stdout}${old.stderr}`).toContain("NXRRSET");
  const unsigned = await update([], stamp.replaceAll('"', ""));
  expect(`${unsigned.stdout}${unsigned.stderr}`).toMatch(/REFUSED|NOTAUTH/);
  expect(await dig("sip.lab.test", "A")).toEqual([address.a, address.b]);
});

it("a telephone behind the edge is called through it, whichever node has the call", async () => {
  const users = readDemoUsers(lab.name);
  const password = users[demo.caller] ?? "";
  await using _phone = await startPhone({
    place: inNamespace(lab.state().hosts[outsideHost]?.namespace ?? "", "198.18.77.55"),
    directory: join(lab.paths.root, "calls"),
    name: "behind-edge",
    register: { user: demo.caller, password, service: `${address.edge}:5060` },
  });
  const from = { from: demo.callee, password: users[demo.callee] ?? "", to: demo.caller, seconds: 0.2 };
  await until(
    "registered",
    () => call(address.a, from),
    (placed) => placed.answered !== undefined,
    10_000,
  );
  for (const door of [address.b, address.edge]) {
    const placed = await call(door, from);
    expect(placed.answeredBy).toContain("198.18.77.55");
    expect(placed.hungUp?.code).toBe(200);
  }
});

async function drill(way: Way) {
  // How long callers wait is the business of bench/movers.ts, on a machine that does nothing else.
  const kind = { ...hostDeathBy(lab, way), outageMs: 15_000 };
  const result = await runDrill(lab, kind, {
    runs: 1,
    rate: 20,
    tell,
    signal,
    startedBy: "movers.lab.ts",
    callers: callersBy(lab, way),
  });
  tell(resultText(result));
  expect(brokenPromises(result)).toEqual([]);
  expect(result.runs).toHaveLength(1);
  // A call that the dead node had already said 100 to may be lost; whoever dials again gets through.
  expect(result.runs.map(({ figures }) => harm(figures).redialsFailed)).toEqual([0]);
}

it("SRV: a node's death costs no redial, and its record goes and comes back", async () => {
  const watching = new AbortController();
  const seen = new Set<string>();
  const watch = (async () => {
    while (!watching.signal.aborted) {
      seen.add((await dig("sip.lab.test", "A")).join(" "));
      await delay(100);
    }
  })();
  try {
    await drill("dns-srv");
  } finally {
    watching.abort();
    await watch;
  }
  expect([...seen].some((list) => list === address.a || list === address.b)).toBe(true);
  await until(
    "both again",
    () => dig("sip.lab.test", "A"),
    (list) => list.length === 2,
    5000,
  );
});

it("edge: a node's death costs no redial, and conversations of the dead node can be ended", async () => {
  const talking = Array.from({ length: 4 }, () =>
    call(address.edge, { from: "0445550199", to: demo.number, seconds: 10 }),
  );
  await drill("edge");
  for (const placed of await Promise.all(talking)) {
    // SIPp answers the BYE to where the INVITE came from (the dead node), not to its Via, so the caller may hear 408; that
    // the other node passed the BYE on stands in the record.
    expect(placed.hungUp?.by).toBe("caller");
    const record = await findRecord(lab.name, placed.callId, 10_000);
    expect(record).toMatchObject({ outcome: "answered", closed_how: "bye" });
  }
});
