import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { patient } from "../src/base/patience.ts";
import { Music } from "../src/components/rtpengine/music.ts";
import { NgClient, NgRefused } from "../src/components/rtpengine/ng.ts";
import { tune } from "../src/components/rtpengine/tune.ts";

/** What parked callers hear, by a real rtpengine alone: docs/people.md. */
const ngPort = 22_231;
const soon = () => AbortSignal.timeout(patient(2000));
let root: string;
let rtpengine: ChildProcess;
let ng: NgClient;
let music: Music;

/** The first second of the tune: it must begin again soon. */
function shortTune(): Buffer {
  const wav = tune().subarray(0, 44 + 16_000);
  wav.writeUInt32LE(wav.length - 8, 4);
  wav.writeUInt32LE(16_000, 40);
  return wav;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patient(5000);
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await delay(20);
  }
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-music-"));
  await chmod(root, 0o755);
  const file = join(root, "tune.wav");
  await writeFile(file, shortTune());
  const words = [
    "--table=-1",
    "--interface=127.0.0.1",
    "--port-min=42000",
    "--port-max=42100",
    "--delete-delay=0",
  ];
  rtpengine = spawn(
    "rtpengine",
    [...words, `--listen-ng=127.0.0.1:${ngPort}`, "--foreground", "--log-level=3"],
    {
      stdio: "ignore",
    },
  );
  ng = new NgClient(ngPort);
  await until("rtpengine answers", () =>
    ng.ask("ping", {}, AbortSignal.timeout(200)).then(
      () => true,
      () => false,
    ),
  );
  music = new Music(file, "127.0.0.1", ngPort);
});
afterAll(async () => {
  music[Symbol.dispose]();
  ng[Symbol.dispose]();
  rtpengine.kill("SIGKILL");
  await rm(root, { recursive: true, force: true });
});

/** A caller's side of the audio: the payload types of the packets that it gets. */
async function listening(): Promise<{ socket: Socket; types: number[]; port: number }> {
  const socket = createSocket("udp4");
  const types: number[] = [];
  socket.on("message", (packet) => types.push((packet[1] ?? 0) & 0x7f));
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { socket, types, port: socket.address().port };
}

const offered = (port: number, media: string): string =>
  [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "c=IN IP4 127.0.0.1",
    "t=0 0",
    `m=audio ${port} ${media}`,
    "",
  ].join("\r\n");

const isKnown = (session: string): Promise<boolean> =>
  ng.ask("query", { "call-id": session }, soon()).then(
    () => true,
    (error: unknown) => {
      if (error instanceof NgRefused) return false;
      throw error;
    },
  );

it.each([
  ["PCMU", "RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000", 0],
  ["PCMA", "RTP/AVP 8", 8],
  ["G.722", "RTP/AVP 9 0", 9],
  ["Opus", "RTP/AVP 96 0\r\na=rtpmap:96 opus/48000/2", 96],
  [
    "SRTP",
    "RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
    0,
  ],
])(
  "is played in the caller's own codec, again and again, until the session ends: %s",
  async (name, media, type) => {
    const session = `${name};0`;
    const { socket, types, port } = await listening();
    try {
      const caller = { session, from_tag: "tag", sdp: offered(port, media) };
      const answer = await music.playTo(caller, soon());
      expect(answer).toMatch(new RegExp(`^m=audio 42\\d\\d\\d ${media.split(" ")[0]} ${type}\r$`, "m"));
      // 50 packets a second: the file was over long before.
      await until("the tune begins again", () => types.length > 75);
      expect(new Set(types)).toEqual(new Set([type]));
      await ng.ask("delete", { "call-id": session, "from-tag": "tag" }, soon());
      await until("the session ends", async () => !(await isKnown(session)));
    } finally {
      socket.close();
    }
  },
);

it("is not played to whom it can not be, and no session stays", async () => {
  const caller = {
    session: "none;0",
    from_tag: "tag",
    sdp: offered(4000, "RTP/AVP 97\r\na=rtpmap:97 UNKNOWN/8000"),
  };
  expect(await music.playTo(caller, soon())).toBeUndefined();
  expect(await music.playTo({ ...caller, sdp: offered(0, "RTP/AVP 0") }, soon())).toBeUndefined();
  expect(await music.playTo({ ...caller, sdp: "nonsense" }, soon())).toBeUndefined();
  using nothing = new Music(undefined, "127.0.0.1", ngPort);
  expect(await nothing.playTo({ ...caller, sdp: offered(4000, "RTP/AVP 0") }, soon())).toBeUndefined();
  using missing = new Music(join(root, "gone.wav"), "127.0.0.1", ngPort);
  expect(await missing.playTo({ ...caller, sdp: offered(4000, "RTP/AVP 0") }, soon())).toBeUndefined();
  await until("no session stays", async () => !(await isKnown("none;0")));
});
