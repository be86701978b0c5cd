import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones, type Telephones } from "../src/callers/softphone/client.ts";
import { hostDirs, runFiles } from "../src/cluster/facts.ts";
import { loadSecrets } from "../src/cluster/load.ts";
import { routeKnown } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { askSocket } from "../src/http/socket.ts";
import { askApp } from "../src/lab/app.ts";
import { openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { until as waitUntil } from "../src/lab/wait.ts";
import { recordingPlaces } from "../src/recordings/capture-files.ts";
import { digestOf } from "../src/recordings/digest.ts";
import { type Recording, recordingSchema } from "../src/recordings/recording-schema.ts";
import { callRecordSchema } from "../src/records/call-record.ts";
import type { Errand } from "./support/https-ask.ts";
import { levelOf, readWav, shareOf } from "./support/wav.ts";

/**
 * Recordings of real calls, over a failover, many at once, on a full disk, and who may
 * copy and delete under a partition. The caller sounds 400 Hz, the called side 1000 Hz.
 */

const lab = openLab(process.env.RECORDINGS_LAB ?? "rectest");
const keepLab = process.env.RECORDINGS_LAB !== undefined;
const signal = new AbortController().signal;
const number = "7001";
let phones: Telephones;

const tell = (text: string): void => void process.stderr.write(`${text}\n`);
const green = (): Promise<unknown> =>
  waitForGreen(lab, 90_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);

/** A node that is down or busy answers with an error: it is asked again. */
const until = <T>(what: string, ms: number, check: () => Promise<T | undefined | false>): Promise<T> =>
  waitUntil(what, ms, () => check().catch((error: unknown) => void tell(String(error).slice(0, 200))));

const dataOf = (host: string): string => lab.state().hosts[host]?.data ?? "";
const socketOf = (host: string): string => runFiles(hostDirs(dataOf(host))).appSocket;
const api = (method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<unknown> =>
  askApp(lab.state(), method, path, { deadlineMs: 8000, ...(body === undefined ? {} : { body }) });

const recordingsOf = async (callIds: string[]): Promise<Recording[]> => {
  const schema = z.object({ recordings: z.array(recordingSchema) });
  const { recordings } = schema.parse(await api("GET", "/v1/recordings?limit=1000"));
  return recordings.filter((recording) => callIds.includes(recording.call_id));
};

const settled = (callIds: string[], ms: number, copies = ["a", "b"]): Promise<Recording[]> =>
  until(`${callIds.length} recordings on ${copies.join(" and ")}`, ms, async () => {
    const found = await recordingsOf(callIds);
    const done = found.filter(
      (one) =>
        one.status === "ready" &&
        one.awaited.length === 0 &&
        copies.every((node) => one.copies.includes(node)),
    );
    return done.length === callIds.length && done;
  });

/** Both ends of these calls have heard so much audio since the last mark (a packet every 20 ms). */
const talked = (who: Telephones, callIds: string[], ms: number): Promise<true> =>
  until(`${ms} ms of audio at both ends`, 10_000 + ms, async () => {
    const { legs } = await who.report(callIds);
    return legs.length === 2 * callIds.length && legs.every((leg) => leg.stream.received >= ms / 20);
  });

const recordOf = async (callId: string) => {
  const schema = z.object({ records: z.array(callRecordSchema) });
  return schema.parse(await api("GET", `/v1/records?call_id=${encodeURIComponent(callId)}`)).records[0];
};

async function active(): Promise<string> {
  return until("one active node", 20_000, async () => {
    const holders = activeNodes((await lab.status()).hosts);
    return holders.length === 1 && holders[0];
  });
}
const otherThan = (node: string): string => (node === "a" ? "b" : "a");

const pathOf = (host: string, id: string, name: string): string =>
  join(recordingPlaces({ data: dataOf(host) }).store, id.slice(0, 2), id, name);

/** Both voices on their own sides, from `from` to `to` ms. */
function expectVoices(file: string, from: number, to: number): void {
  const wav = readWav(file);
  for (const [channel, own, other] of [
    [0, 400, 1000],
    [1, 1000, 400],
  ] as const) {
    expect(shareOf(wav, channel, own, from, to)).toBeGreaterThan(0.4);
    expect(shareOf(wav, channel, other, from, to)).toBeLessThan(0.04);
  }
}

beforeAll(async () => {
  if (!lab.isUp()) await lab.up({ isolated: true, detach: keepLab, fresh: !keepLab });
  await green();
  const target = { type: "uri", uri: `sip:${number}@198.18.77.55:5070` };
  await api("PUT", "/v1/routes/recorded", {
    match: { number },
    action: { type: "route", record: true, targets: [target] },
  });
  await api("PUT", "/v1/routes/unrecorded", {
    match: { number: "7002" },
    action: { type: "route", targets: [target] },
  });
  for (const dialled of [number, "7002"]) await routeKnown(lab, dialled, 10_000);
  phones = await startPhones(number);
});

async function startPhones(dialled: string, base = 5070): Promise<Telephones> {
  const state = lab.state();
  const namespace = state.hosts.outside?.namespace ?? "";
  return startTelephones(inNamespace(namespace, "198.18.77.54"), {
    service: { address: state.service, port: 5060 },
    caller: { address: "198.18.77.54", port: base, transport: "udp" },
    callee: { address: "198.18.77.55", port: base, transport: "udp" },
    number: dialled,
  });
}

afterAll(async () => {
  await phones?.[Symbol.asyncDispose]();
  if (!keepLab) await lab.down({ wipe: true, graceMs: 0 });
});

describe("recordings", () => {
  // A minute of its own: DIALTONE_ALL_FAULTS=1, or see bench/README.md.
  it.runIf(process.env.DIALTONE_ALL_FAULTS === "1")("fifty at once", async () => {
    const before = performance.now();
    const callIds = await phones.calls({ count: 50, rate: 10 });
    expect(callIds).toHaveLength(50);
    await talked(phones, callIds, 5000);
    expect(await phones.bye(callIds, "caller")).toEqual(callIds.map(() => 200));
    await phones.close(callIds);
    const ended = performance.now();
    const made = await settled(callIds, 170_000);
    tell(
      `50 recordings of ${Math.round((ended - before) / 1000)} s made and copied ${Math.round((performance.now() - ended) / 1000)} s after the calls`,
    );
    for (const one of made) expect(one).toMatchObject({ alarm: false, problem: "" });
    for (const one of made.slice(0, 5))
      expectVoices(pathOf("b", one.id, "recording.wav"), 300, (one.duration_ms ?? 0) - 300);
    expect(capturesIn("a").length + capturesIn("b").length).toBeLessThan(10);
  });

  it("by request during a call, with a range of it fetched, and deleted everywhere", async () => {
    await using others = await startPhones("7003", 5090);
    const target = { type: "uri", uri: "sip:7003@198.18.77.55:5090" };
    await api("PUT", "/v1/routes/by-request", {
      match: { number: "7003" },
      action: { type: "route", targets: [target] },
    });
    await routeKnown(lab, "7003", 10_000);
    const [callId = ""] = await others.calls({ count: 1 });
    const record = await until("the record", 10_000, () => recordOf(callId));
    expect(record.recording).toBeNull();
    await talked(others, [callId], 1000);
    const began = performance.now();
    await api("POST", `/v1/recordings/${record.id}/start`);
    const started = performance.now();
    await others.mark();
    await talked(others, [callId], 2000);
    const stopping = performance.now();
    await api("POST", `/v1/recordings/${record.id}/stop`);
    const stopped = performance.now();
    await others.mark();
    await talked(others, [callId], 1000);
    expect(await others.bye([callId], "caller")).toEqual([200]);
    const [one] = await settled([callId], 60_000);
    expect(one).toMatchObject({ wanted_by: "request", alarm: false });
    // From packet to packet (20 ms), and what a busy machine holds back at both ends.
    expect(one?.duration_ms).toBeGreaterThan(stopping - started - 1000);
    expect(one?.duration_ms).toBeLessThan(stopped - began + 1000);
    const id = one?.id ?? "";
    const wav = await execa("curl", [
      ...["-s", "--unix-socket", socketOf("b"), "-r", "44-1043", "-D", "-", "-o", "/dev/null"],
      `http://b/v1/recordings/${id}/audio`,
    ]);
    expect(wav.stdout).toMatch(/^HTTP\/1.1 206/);
    expect(wav.stdout).toContain(`content-range: bytes 44-1043/${one?.files[0]?.plain}`);
    await execa("curl", [
      "-s",
      "--unix-socket",
      socketOf("a"),
      "-X",
      "DELETE",
      `http://a/v1/recordings/${id}`,
    ]);
    await until("files gone from both", 20_000, async () =>
      ["a", "b"].every((host) => !existsSync(pathOf(host, id, "recording.wav"))),
    );
    const gone = (await recordingsOf([callId]))[0];
    expect(gone).toMatchObject({ status: "deleted", deleted_by: "request", files: [] });
  });

  it("the app dies while it works: nothing is lost; retention deletes on all nodes", async () => {
    const callIds = await phones.calls({ count: 8, rate: 10 });
    await talked(phones, callIds, 2000);
    await phones.bye(callIds, "caller");
    await phones.close(callIds);
    const owner = await active();
    await until("work in progress", 30_000, async () =>
      readdirSync(recordingPlaces({ data: dataOf(owner) }).work).some((name) => name.startsWith("make-")),
    );
    await lab.kill(owner, "app");
    const made = await settled(callIds, 160_000);
    for (const one of made) expect(one).toMatchObject({ alarm: false, problem: "" });
    expect(readdirSync(recordingPlaces({ data: dataOf(owner) }).work)).toEqual([]);

    const socket = runFiles(hostDirs(dataOf(owner))).mariadbSocket;
    const [first, ...others] = made;
    const due = `UPDATE recordings SET delete_after = NOW(3) - INTERVAL 1 SECOND WHERE id = UNHEX('${first?.id}')`;
    await execa("mariadb", ["--no-defaults", `--socket=${socket}`, "--user=root", "dialtone", "-e", due]);
    await until("the old one gone", 20_000, async () =>
      ["a", "b"].every((host) => !existsSync(pathOf(host, first?.id ?? "", "recording.wav"))),
    );
    const [gone] = await recordingsOf([first?.call_id ?? ""]);
    expect(gone).toMatchObject({ status: "deleted", deleted_by: "retention" });
    for (const one of others) expect(existsSync(pathOf("a", one.id, "recording.wav"))).toBe(true);
    await green();
  });

  it("copies go from the owner only, also under a partition", async () => {
    const owner = await active();
    const standby = otherThan(owner);
    const report = ((await lab.status()).hosts.find((host) => host.name === owner) ?? never()).agent;
    const term = report?.term ?? 0;
    const instruct = (to: string, host: string, claimed: number, what: string, body: object) =>
      postAsPeer(standby, to, `/v1/peer/recordings/${what}`, { claim: { host, term: claimed }, ...body });
    const id = "0".repeat(32);
    const remove = { id, call_id: "none", recording: true };

    // Whole cluster: only the owner with its very term is obeyed.
    expect(await instruct(standby, owner, term, "remove", remove)).toBe(200);
    expect(await instruct(standby, owner, term - 1, "remove", remove)).toBe(409);
    expect(await instruct(standby, owner, term + 1, "remove", remove)).toBe(409);
    expect(await instruct(owner, standby, term + 1, "remove", remove)).toBe(409);
    expect(await instruct(owner, owner, term, "remove", remove)).toBe(409);

    await lab.cut(owner, standby);
    // What a node's agent last heard of the other is old after two seconds: then nothing is believed.
    const refused = async () => (await instruct(standby, owner, term, "remove", remove)) === 409;
    await until("the standby refuses", 10_000, refused);
    // In the first moments both may answer at the address: the call comes when one of them has given it up.
    await delay(3000);
    const alone = await active();
    const [callId = ""] = await phones.calls({ count: 1 });
    await talked(phones, [callId], 2000);
    expect(await phones.bye([callId], "caller")).toEqual([200]);
    const made = await until("the owner's recording", 60_000, async () => {
      const [one] = await recordingsOf([callId]);
      return one?.status === "ready" && one;
    });
    expect(made).toMatchObject({ copies: [alone], awaited: [otherThan(alone)], alarm: false });
    expect(existsSync(pathOf(otherThan(alone), made.id, "recording.wav"))).toBe(false);
    await lab.heal();
    await settled([callId], 90_000);
    expect(await digestOf(pathOf(otherThan(alone), made.id, "recording.wav"))).toBe(made.files[0]?.sha256);
    await green();
  });

  it("a full disk ends recording, not calls, and is an alarm on each record", async () => {
    const node = await active();
    const captures = hostDirs(dataOf(node)).captures;
    const callsBefore = await phones.calls({ count: 1 });
    await phones.bye(callsBefore, "caller");
    await settled(callsBefore, 60_000);
    const owner = (await execa("stat", ["-c", "%u:%g", captures])).stdout;
    const [uid, gid] = owner.split(":");
    // A disk of its own for the captures, with a little more than what recording begins with (min_free_mb: 1024). A lab's
    // host has its own mount namespace (ip netns exec), so it is mounted there and seen by way of /proc.
    const parts = z.object({ rtpengine: z.object({ pid: z.int() }) });
    const { pid } = parts.parse(
      JSON.parse(await readFile(runFiles(hostDirs(dataOf(node))).parts, "utf8")),
    ).rtpengine;
    const onHost = (...argv: string[]) => execa("nsenter", ["-t", String(pid), "-m", ...argv]);
    const disk = join(`/proc/${pid}/root`, captures);
    const options = `size=1200m,uid=${uid},gid=${gid},mode=770`;
    await onHost("mount", "-t", "tmpfs", "-o", options, "tmpfs", captures);
    try {
      for (const name of ["pcaps", "metadata", "tmp"]) {
        await mkdir(join(disk, name));
        await execa("chown", [owner, join(disk, name)]);
        await execa("chmod", ["770", join(disk, name)]);
      }
      const callIds = await phones.calls({ count: 20, rate: 5 });
      expect(callIds).toHaveLength(20);
      await until("captures that grow", 10_000, async () => readdirSync(join(disk, "pcaps")).length >= 20);
      await phones.mark();
      // Something else takes all that is left, at once: the relay meets the full disk before the guard does.
      await execa("dd", ["if=/dev/zero", `of=${join(disk, "filler")}`, "bs=1M"], { reject: false });
      await until("a full disk", 10_000, async () => {
        const { bavail, bsize } = await statfs(disk);
        return bavail * bsize < 1024 * 1024;
      });
      const soFar = (await phones.report(callIds)).legs.map((leg) => leg.stream.received);
      await talked(phones, callIds, 20 * Math.max(...soFar) + 5000);
      const { legs, lateMs } = await phones.report(callIds);
      const lost = legs.reduce((sum, leg) => sum + leg.stream.lost, 0);
      const worst = Math.max(...legs.map((leg) => leg.stream.maxGapMs));
      tell(
        `disk full under 20 calls: ${lost} packets lost, longest wait ${worst} ms (telephones late by ${lateMs.max} ms)`,
      );
      expect(lost).toBe(0);
      expect(legs.every((leg) => leg.state === "up")).toBe(true);
      // The guard has seen it too, refuses new recordings, and the calls go through nevertheless.
      await until("the guard", 20_000, async () => {
        const health = z
          .object({ problems: z.array(z.string()) })
          .parse(await askSocket(socketOf(node), "GET", "/v1/health"));
        return health.problems.some((problem) => problem.includes("MB left for recordings"));
      });
      const refused = await phones.calls({ count: 2 });
      expect(refused).toHaveLength(2);
      await talked(phones, refused, 1000);
      expect(await phones.bye([...callIds, ...refused], "caller")).toEqual(
        [...callIds, ...refused].map(() => 200),
      );
      const alarmed = await until("an alarm on each", 120_000, async () => {
        const found = await recordingsOf([...callIds, ...refused]);
        return found.length === 22 && found.every((one) => one.alarm) && found;
      });
      for (const callId of refused)
        expect(alarmed.find((one) => one.call_id === callId)).toMatchObject({
          status: "missing",
          problem: expect.stringContaining("no node has a capture"),
        });
      expect((await recordOf(refused[0] ?? ""))?.recording).toMatchObject({ status: "missing", alarm: true });
      await until("the metric", 20_000, async () => {
        const metrics = await execa("curl", ["-s", "--unix-socket", socketOf(node), "http://x/metrics"]);
        return Number(/^dialtone_app_recording_alarms (\d+)$/m.exec(metrics.stdout)?.[1]) >= 22;
      });
    } finally {
      await onHost("umount", "--lazy", captures);
    }
    await until("recording again", 20_000, async () => {
      const health = z
        .object({ problems: z.array(z.string()) })
        .parse(await askSocket(socketOf(node), "GET", "/v1/health"));
      return !health.problems.some((problem) => problem.includes("MB left for recordings"));
    });
    const after = await phones.calls({ count: 1 });
    await talked(phones, after, 1000);
    await phones.bye(after, "caller");
    await settled(after, 60_000);
  });

  it("a call across a failover is one file with both voices on their sides, the gap marked", async () => {
    const [callId = ""] = await phones.calls({ count: 1 });
    await talked(phones, [callId], 3000);
    const died = await active();
    await lab.kill(died);
    // The longest gap counts: heard anew after it, not only before.
    const before = (await phones.report([callId])).legs.map((leg) => leg.stream.received);
    await until("both sides hear each other again", 30_000, async () =>
      (await phones.report([callId])).legs.every(
        ({ stream }, index) => stream.maxGapMs > 100 && stream.received > (before[index] ?? 0) + 100,
      ),
    );
    const rtp = (await phones.report([callId])).legs.map((leg) => leg.stream.maxGapMs);
    expect(await phones.bye([callId], "callee")).toEqual([200]);
    const survivor = otherThan(died);

    // Alone, the survivor makes what it has, and says that it is not all.
    const partial = await until("the survivor's part", 60_000, async () => {
      const [one] = await recordingsOf([callId]);
      return one?.status === "ready" && one;
    });
    expect(partial).toMatchObject({ alarm: true, awaited: [died], copies: [survivor], nodes: [survivor] });
    expect(partial.problem).toContain(`the part that ${died} captured is not in it`);
    expectVoices(pathOf(survivor, partial.id, "recording.wav"), 300, partial.duration_ms ?? 0);

    await lab.heal();
    const [whole] = await settled([callId], 120_000);
    if (!whole) throw new Error("no recording");
    const record = await recordOf(callId);
    expect(whole).toMatchObject({ alarm: false, problem: "", nodes: ["a", "b"], codecs: ["PCMU"] });
    expect(Math.abs((whole.duration_ms ?? 0) - (record?.duration_ms ?? 0))).toBeLessThan(2000);
    expect(record?.recording).toMatchObject({ status: "ready", alarm: false });
    expect(whole.gaps).toHaveLength(1);
    const [gap] = whole.gaps;
    expect(gap).toMatchObject({ side: "both", why: "failover", from: died, to: survivor });
    tell(
      `gap: ${gap?.length_ms} ms in the recording, ${rtp.join(" and ")} ms heard; ${whole.duration_ms} ms`,
    );
    // A capture loses its last 4 kB (0.2 s) with the power, besides what the callers missed.
    expect(gap?.length_ms).toBeLessThan(5000);
    const [from, length] = [gap?.start_ms ?? 0, gap?.length_ms ?? 0];
    for (const host of ["a", "b"]) {
      const file = pathOf(host, whole.id, "recording.wav");
      expect(await digestOf(file)).toBe(whole.files[0]?.sha256);
      expectVoices(file, 300, from - 100);
      expectVoices(file, from + length + 100, (whole.duration_ms ?? 0) - 100);
      for (const channel of [0, 1])
        expect(levelOf(readWav(file), channel, from + 40, from + length - 40)).toBe(0);
    }
    await until("captures removed", 30_000, async () =>
      ["a", "b"].every((host) => capturesIn(host).length === 0),
    );
    await green();
  });
});

function never(): never {
  throw new Error("no such host");
}

const capturesIn = (host: string): string[] => {
  const { captures } = hostDirs(dataOf(host));
  return ["pcaps", "metadata", "tmp"].flatMap((folder) => readdirSync(join(captures, folder)));
};

/** A request with the peer token from inside a host's namespace; the status code of the answer. */
async function postAsPeer(from: string, to: string, path: string, body: object): Promise<number> {
  const address = lab.state().hosts[to]?.addresses[0]?.split("/")[0];
  const { peer_token, tls } = loadSecrets(lab.paths.cluster);
  const errand: Errand = {
    origin: `https://${address}:8443`,
    ca: tls.ca,
    token: peer_token,
    question: { method: "POST", path, body },
  };
  const program = join(import.meta.dirname, "support/https-ask.ts");
  const [command = "", ...args] = [...lab.prefix(from), process.execPath, program];
  const { stdout } = await execa(command, args, { input: JSON.stringify(errand) });
  return Number(stdout.trim().split("\n")[0]);
}
