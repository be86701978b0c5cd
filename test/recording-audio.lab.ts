import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../src/recordings/convert.ts";
import { openRecording } from "../src/recordings/deliver.ts";
import { runConversion } from "../src/recordings/run-conversion.ts";
import { description, rtpOfTone, writeCapture } from "./support/rtp-capture.ts";
import { levelOf, readWav, shareOf } from "./support/wav.ts";

/** Captures of every codec, made by real encoders, become recordings. Needs ffmpeg and age, nothing else. */

let root: string;
const signal = new AbortController().signal;
const ports = { caller: 30_018, called: 30_000 };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-audio-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function job(name: string, captures: { node: string; path: string }[], text: string): Promise<Job> {
  const work = join(root, name);
  await mkdir(work, { recursive: true });
  const told = join(root, `${name}.txt`);
  await writeFile(told, text);
  return {
    work,
    captures: captures.map((capture) => ({ ...capture, base: "x-1" })),
    descriptions: text === "" ? [] : [told],
    caller: "",
    recipient: null,
  };
}

/** The caller is the 400 Hz on the left, the called side the 1000 Hz on the right, and neither is heard on the other. */
async function expectTones(path: string): Promise<void> {
  const wav = readWav(path);
  const to = wav.seconds * 1000 - 300;
  for (const [channel, own, other] of [
    [0, 400, 1000],
    [1, 1000, 400],
  ] as const) {
    expect(shareOf(wav, channel, own, 300, to)).toBeGreaterThan(0.85);
    expect(shareOf(wav, channel, other, 300, to)).toBeLessThan(0.02);
  }
}

describe.each([
  ["PCMU", ["-c:a", "pcm_mulaw", "-ar", "8000"], 8000],
  ["PCMA", ["-c:a", "pcm_alaw", "-ar", "8000"], 8000],
  ["G722", ["-c:a", "g722", "-ar", "16000"], 16_000],
  ["OPUS", ["-c:a", "libopus", "-ar", "48000", "-application", "voip"], 48_000],
])("%s", (name, encoder, rate) => {
  it("becomes a stereo file with each side on its channel", async () => {
    const [caller, called] = await Promise.all([rtpOfTone(encoder, 400, 3), rtpOfTone(encoder, 1000, 3)]);
    const path = join(root, `${name}.pcap`);
    await writeCapture(path, [
      { toPort: ports.caller, packets: caller },
      { toPort: ports.called, packets: called },
    ]);
    const text = description(ports, ["97 opus/48000/2"]);
    const made = await job(name, [{ node: "a", path }], text);
    const result = await runConversion(made, signal);
    expect(result).toMatchObject({ empty: false, codecs: [name], rate, problems: [], lost: 0, gaps: [] });
    expect(Math.abs(result.duration_ms - 3000)).toBeLessThan(250);
    await expectTones(join(made.work, "recording.wav"));
    const decoded = join(made.work, "decoded.wav");
    await execa("ffmpeg", ["-loglevel", "error", "-i", join(made.work, "recording.opus"), decoded]);
    await expectTones(decoded);
  });
});

describe("what happens to captures", () => {
  it("a cut-off file, two nodes with different clocks, one side silent", async () => {
    const mulaw = await rtpOfTone(["-c:a", "pcm_mulaw", "-ar", "8000"], 400, 3);
    const [first, second] = [join(root, "first.pcap"), join(root, "second.pcap")];
    await writeCapture(first, [{ toPort: ports.caller, packets: mulaw.slice(0, 50) }]);
    // A host that lost its power: the end of its file is missing in the middle of a packet.
    const whole = await readFile(first);
    await writeFile(first, whole.subarray(0, whole.length - 100));
    // The other node's clock is two seconds ahead.
    const later = mulaw.slice(60).map((packet) => ({ ...packet, at: packet.at + 2000 }));
    await writeCapture(second, [{ toPort: ports.caller, packets: later }]);
    const made = await job(
      "two",
      [
        { node: "a", path: first },
        { node: "b", path: second },
      ],
      description(ports, []),
    );
    const result = await runConversion(made, signal);
    expect(result.nodes).toEqual(["a", "b"]);
    expect(result.problems).toEqual(["nothing came from the called side"]);
    expect(result.gaps).toEqual([
      {
        side: "caller",
        start_ms: expect.any(Number),
        length_ms: expect.any(Number),
        why: "failover",
        from: "a",
        to: "b",
      },
    ]);
    const [gap] = result.gaps;
    const wav = readWav(join(made.work, "recording.wav"));
    expect(levelOf(wav, 0, (gap?.start_ms ?? 0) + 5, (gap?.start_ms ?? 0) + (gap?.length_ms ?? 0) - 5)).toBe(
      0,
    );
    expect(levelOf(wav, 0, 100, 500)).toBeGreaterThan(1000);
    expect(levelOf(wav, 1, 0, result.duration_ms)).toBe(0);
    expect(Math.abs(result.duration_ms - 3000)).toBeLessThan(250);
  });

  it("another codec in the middle, another rate on the other side", async () => {
    const [before, after, called] = await Promise.all([
      rtpOfTone(["-c:a", "pcm_mulaw", "-ar", "8000"], 400, 1),
      rtpOfTone(["-c:a", "pcm_alaw", "-ar", "8000"], 400, 1),
      rtpOfTone(["-c:a", "g722", "-ar", "16000"], 1000, 2),
    ]);
    const shift = 1000 + (before[0]?.at ?? 0) - (after[0]?.at ?? 0);
    const path = join(root, "changes.pcap");
    await writeCapture(path, [
      { toPort: ports.caller, packets: before },
      { toPort: ports.caller, packets: after.map((packet) => ({ ...packet, at: packet.at + shift })) },
      { toPort: ports.called, packets: called },
    ]);
    const made = await job("changes", [{ node: "a", path }], description(ports, []));
    const result = await runConversion(made, signal);
    expect(result).toMatchObject({ codecs: ["G722", "PCMA", "PCMU"], rate: 16_000, problems: [], gaps: [] });
    await expectTones(join(made.work, "recording.wav"));
  });

  it("nothing in it", async () => {
    const path = join(root, "empty.pcap");
    await writeCapture(path, []);
    const result = await runConversion(await job("empty", [{ node: "a", path }], ""), signal);
    expect(result).toMatchObject({ empty: true, files: [] });
  });

  it("encrypted for a key", async () => {
    const key = (await execa("age-keygen", [])).stdout;
    const recipient = /public key: (\S+)/.exec(key)?.[1] ?? "";
    const path = join(root, "secret.pcap");
    const packets = await rtpOfTone(["-c:a", "pcm_mulaw", "-ar", "8000"], 400, 1);
    await writeCapture(path, [{ toPort: ports.caller, packets }]);
    const made = { ...(await job("secret", [{ node: "a", path }], description(ports, []))), recipient };
    const result = await runConversion(made, signal);
    expect(result.files.map((file) => file.name)).toEqual(["recording.wav.age", "recording.opus.age"]);
    const wav = await execa("age", ["--decrypt", "--identity", "-", join(made.work, "recording.wav.age")], {
      input: key,
      encoding: "buffer",
    });
    expect(readWav(Buffer.from(wav.stdout)).seconds).toBeCloseTo(result.duration_ms / 1000, 1);
    expect(wav.stdout.length).toBe(result.files[0]?.plain);

    // A range of it, as the API delivers it.
    const [file] = result.files;
    if (!file) throw new Error("no file");
    const sealed = join(made.work, file.name);
    const identity = /^AGE-SECRET-KEY-\S+$/m.exec(key)?.[0];
    const part = await buffer(openRecording(sealed, file, identity, 100, 5099));
    expect(part.equals(Buffer.from(wav.stdout).subarray(100, 5100))).toBe(true);
    const other = /^AGE-SECRET-KEY-\S+$/m.exec((await execa("age-keygen", [])).stdout)?.[0];
    await expect(buffer(openRecording(sealed, file, other, 0, 99))).rejects.toThrow("no identity matched");
    expect(() => openRecording(sealed, file, undefined, 0, 99)).toThrow("has no key");
  });
});
