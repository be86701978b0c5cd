import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones, type Telephones } from "../src/callers/softphone/client.ts";
import { hostDirs, runFiles } from "../src/cluster/facts.ts";
import { writeInit } from "../src/cluster/init.ts";
import { secretsFileOf } from "../src/cluster/load.ts";
import { routeKnown } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { askApp } from "../src/lab/app.ts";
import { openLab } from "../src/lab/lab.ts";
import { defaultSubnet, planAddresses } from "../src/lab/names.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { until } from "../src/lab/wait.ts";
import { recordingPlaces } from "../src/recordings/capture-files.ts";
import { recordingSchema } from "../src/recordings/recording-schema.ts";
import { type Nat, openNat } from "./support/nat.ts";

/**
 * A telephone behind a NAT, called and calling, over the death of the active node; its calls are recorded, and recordings
 * are encrypted at rest. One lab for both, because a lab's start is what takes time.
 */

const lab = openLab(process.env.NAT_LAB ?? "nattest");
const signal = new AbortController().signal;
const tell = (text: string): void => void process.stderr.write(`${text}\n`);
const green = () => waitForGreen(lab, 150_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
const account = { user: "2001", password: "behind-a-nat-2001" };
const toHome = "7801";
const toOffice = "7802";

let nat: Nat;
let home: Telephones;
let office: Telephones;

const api = (method: "GET" | "PUT", path: string, body?: unknown): Promise<unknown> =>
  askApp(lab.state(), method, path, { deadlineMs: 8000, ...(body === undefined ? {} : { body }) });
const dataOf = (host: string): string => lab.state().hosts[host]?.data ?? "";

/** A cluster that encrypts its recordings, with a key as `dialtone recordings keygen` makes it. */
async function initialise(): Promise<void> {
  await lab.down({ wipe: true });
  const plan = planAddresses(defaultSubnet);
  mkdirSync(lab.paths.root, { recursive: true });
  const host = (name: "a" | "b" | "w", role: "node" | "witness") => ({
    name,
    role,
    address: plan[name],
    interface: "eth0",
  });
  writeInit(lab.paths.cluster, {
    cluster: lab.name,
    serviceAddress: `${plan.service}/${plan.bits}`,
    hosts: [host("a", "node"), host("b", "node"), host("w", "witness")],
    upstream: [plan.outside],
  });
  const { stdout } = await execa(process.execPath, ["src/main.ts", "recordings", "keygen"]);
  appendFileSync(secretsFileOf(lab.paths.cluster), `${stdout}\n`);
}

beforeAll(async () => {
  await initialise();
  await lab.up({ isolated: true, detach: false, settings: { "recording.encrypt": true } });
  await green();
  nat = await openNat(lab);
  const state = lab.state();
  const service = { address: state.service, port: 5060 };
  const outside = state.hosts.outside?.namespace ?? "";
  const [caller, callee] = ["198.18.77.54", "198.18.77.55"];
  const at = (address: string, port: number) => ({ address, port, transport: "udp" }) as const;
  office = await startTelephones(inNamespace(outside, caller), {
    service,
    number: toHome,
    caller: at(caller, 5081),
    callee: at(callee, 5082),
  });
  home = await startTelephones(nat.place, {
    service,
    number: toOffice,
    caller: at(nat.place.address, 5083),
    callee: at(nat.place.address, 5084),
  });
  await api("PUT", `/v1/users/${account.user}`, { password: account.password });
  await api("PUT", "/v1/routes/to-home", {
    match: { number: toHome },
    action: { type: "route", media: "nat", targets: [{ type: "user", user: account.user }] },
  });
  await api("PUT", "/v1/routes/to-office", {
    match: { number: toOffice },
    action: {
      type: "route",
      media: "nat",
      record: true,
      targets: [{ type: "uri", uri: `sip:office@${callee}:5082` }],
    },
  });
  for (const number of [toHome, toOffice]) await routeKnown(lab, number, 10_000);
});

afterAll(async () => {
  await home?.[Symbol.asyncDispose]();
  await office?.[Symbol.asyncDispose]();
  await nat?.[Symbol.asyncDispose]();
  await lab.down({ wipe: true, graceMs: 0 });
});

/** Both sides of these calls hear each other from now on, for so long (a packet every 20 ms). */
async function expectAudio(ids: string[], ms = 400): Promise<void> {
  await home.mark();
  await office.mark();
  await until("both sides hear each other", 8000 + ms, async () => {
    const legs = (await Promise.all([home.report(ids), office.report(ids)])).flatMap((one) => one.legs);
    return legs.length === 2 * ids.length && legs.every((leg) => leg.stream.received > ms / 20);
  });
}

it("a telephone behind a NAT is called and calls, over a failover; it stays reachable", async () => {
  expect(await home.register(account)).toBe(200);
  const [incoming = ""] = await office.calls({ count: 1 });
  expect(incoming, "the call to the telephone behind the NAT is answered").not.toBe("");
  const [outgoing = ""] = await home.calls({ count: 1 });
  expect(outgoing, "its own call is answered").not.toBe("");
  await expectAudio([incoming, outgoing]);
  // rtpengine learns where packets come from for 3 s of audio.
  await expectAudio([incoming, outgoing], 3500);
  const [active = ""] = activeNodes((await lab.status()).hosts);
  await lab.kill(active);
  await until("another node holds the address", 20_000, async () => {
    const holders = activeNodes((await lab.status()).hosts);
    return holders.length === 1 && holders[0] !== active;
  });
  await expectAudio([incoming, outgoing]);
  const again = await until("it can be called by its binding", 10_000, async () => {
    const [id] = await office.calls({ count: 1 });
    return id;
  });
  await expectAudio([again]);
  // The side behind the NAT hangs up one, the other side one.
  expect(await home.bye([incoming], "callee")).toEqual([200]);
  expect(await home.bye([outgoing], "caller")).toEqual([200]);
  expect(await office.bye([again], "caller")).toEqual([200]);
  // From the node that took over: the binding lives for 35 s without traffic.
  const before = await home.pings();
  await until("the new holder pings", 45_000, async () => (await home.pings()) > before);
  await lab.heal();
});

it.runIf(process.env.DIALTONE_ALL_FAULTS)(
  "its recording is encrypted on both nodes, comes out readable, and nothing readable stays",
  async () => {
    const schema = z.object({ recordings: z.array(recordingSchema) });
    let seen = "";
    const recording = await until("a recording on both nodes", 120_000, async () => {
      // The node that was dead may not answer yet.
      const answer = await api("GET", "/v1/recordings?limit=10").catch((error: unknown) => {
        tell(`waiting: ${String(error).slice(0, 200)}`);
        return { recordings: [] };
      });
      const { recordings } = schema.parse(answer);
      const text = recordings
        .map((one) => `${one.status} on ${one.copies} awaits ${one.awaited} ${one.problem}`)
        .join("; ");
      if (text !== seen) tell(`recordings: ${text}`);
      seen = text;
      return recordings.find(
        (one) => one.status === "ready" && one.awaited.length === 0 && one.copies.length === 2,
      );
    });
    expect(recording.encrypted).toBe(true);
    for (const host of ["a", "b"]) {
      const data = dataOf(host);
      const folder = join(recordingPlaces({ data }).store, recording.id.slice(0, 2), recording.id);
      const files = readdirSync(folder);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files)
        if (/wav|opus|ogg/.test(file))
          expect(readFileSync(join(folder, file)).subarray(0, 21).toString("latin1"), file).toBe(
            "age-encryption.org/v1",
          );
      const socket = runFiles(hostDirs(data)).appSocket;
      const url = `http://host/v1/recordings/${recording.id}/audio`;
      const { stdout } = await execa("curl", ["-sf", "--unix-socket", socket, url], { encoding: "buffer" });
      expect(Buffer.from(stdout).subarray(0, 4).toString("latin1")).toBe("RIFF");
      expect(stdout.length).toBe(recording.files[0]?.plain);
    }
    // WAV, Ogg and pcap say at their beginning what they are.
    await until("captures are gone", 30_000, async () =>
      ["a", "b"].every((host) => readable(dataOf(host)).length === 0),
    );
  },
);

/** Files under a host's data that are audio or captures for whoever opens them. */
function readable(data: string): string[] {
  const magic = [Buffer.from("RIFF"), Buffer.from("OggS"), Buffer.from([0xd4, 0xc3, 0xb2, 0xa1])];
  return readdirSync(data, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(join(data, "mariadb")))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const head = readFileSync(file).subarray(0, 4);
      return magic.some((one) => one.equals(head));
    });
}
