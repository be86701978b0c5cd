import { closeSync, ftruncateSync, openSync } from "node:fs";
import { readFile, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { packets as rtp } from "rtp.js";
import { z } from "zod";
import { decodingOf } from "./codecs.ts";
import { type Description, describe, type Side } from "./description.ts";
import { digestOf } from "./digest.ts";
import { mergeByTime, readPcap } from "./pcap.ts";
import type { ConversionResult, RecordingFile, RecordingGap } from "./recording-schema.ts";
import { openSink, type Sink } from "./sinks.ts";
import { type Clock, type Placed, Track } from "./timeline.ts";

/** What is to be made of which captures. */
export const jobSchema = z.object({
  /** An empty directory for the results; also for what is in between. */
  work: z.string(),
  captures: z.array(z.object({ node: z.string(), base: z.string(), path: z.string() })),
  descriptions: z.array(z.string()),
  /** The address that the call came from: a hint, for when no description says who is who. */
  caller: z.string(),
  /** An age recipient (age1…): encrypt the results for it. */
  recipient: z.string().nullable(),
});
export type Job = z.infer<typeof jobSchema>;

const sidesOf = ["caller", "called"] as const;

/** Who sent to this port of rtpengine's; remembers what it had to guess. */
function sideFinder(description: Description, callerAddress: string, problems: Set<string>) {
  const guessed = new Map<number, Side>();
  return (from: string, port: number): Side => {
    const known = description.sides.get(port) ?? guessed.get(port);
    if (known) return known;
    const taken = new Set([...description.sides.values(), ...guessed.values()]);
    const byAddress: Side = from.replace(/:\d+$/, "") === callerAddress ? "caller" : "called";
    const sure = callerAddress !== "" && !taken.has(byAddress);
    const side = sure ? byAddress : taken.has("caller") ? "called" : "caller";
    guessed.set(port, side);
    if (!sure) problems.add("no description says who is who: the sides may be the wrong way round");
    return side;
  };
}

/** Gaps of both sides that are one and the same event are told once. Pure. */
export function joinGaps(gaps: readonly Track["gaps"][number][]): RecordingGap[] {
  const joined: RecordingGap[] = [];
  for (const gap of [...gaps].sort((a, b) => a.startMs - b.startMs)) {
    const twin = joined.find(
      (other) =>
        other.side !== "both" &&
        other.side !== gap.side &&
        other.why === gap.why &&
        other.to === gap.to &&
        (gap.why !== "loss" || Math.abs(other.start_ms - gap.startMs) < 100) &&
        gap.startMs <= other.start_ms + other.length_ms + 1000,
    );
    const end = gap.startMs + gap.lengthMs;
    if (twin) {
      twin.length_ms = Math.max(twin.start_ms + twin.length_ms, end) - twin.start_ms;
      twin.side = "both";
    } else
      joined.push({
        side: gap.side,
        start_ms: gap.startMs,
        length_ms: gap.lengthMs,
        why: gap.why,
        from: gap.from,
        to: gap.to,
      });
  }
  return joined;
}

/**
 * Makes a stereo recording (caller left, called right; WAV and Opus) of the captures of one call, from all nodes.
 * Takes memory for some seconds of audio, however long the call was.
 * @throws Error when a capture can not be read or ffmpeg fails.
 */
export async function convert(job: Job): Promise<ConversionResult> {
  const problems = new Set<string>();
  const description = describe(await Promise.all(job.descriptions.map((path) => readFile(path, "utf8"))));
  const sideOf = sideFinder(description, job.caller, problems);
  const clock: Clock = { startMs: undefined, bias: new Map() };
  const sinks = new Map<string, Sink>();
  const fresh: Record<Side, Placed[]> = { caller: [], called: [] };
  const tracks = Object.fromEntries(
    sidesOf.map((side) => [
      side,
      new Track(side, job.captures, clock, (placed) => void fresh[side].push(placed)),
    ]),
  ) as Record<Side, Track>;

  const drain = async (): Promise<void> => {
    for (const side of sidesOf)
      for (const placed of fresh[side].splice(0)) {
        const decoding = decodingOf(placed.codec);
        if (!decoding) continue;
        const key = `${side}-${placed.codec}`;
        const sink = sinks.get(key) ?? (await openSink(join(job.work, `${key}.pcm`), decoding));
        sinks.set(key, sink);
        sink.add(placed);
      }
    for (const sink of sinks.values()) await sink.settle();
  };

  const seen = new Set<number>();
  const readers = job.captures.map(({ path, node }) =>
    readPcap(path, (why) => problems.add(`the capture of ${node} is damaged (${why})`)),
  );
  let count = 0;
  for await (const datagram of mergeByTime(readers)) {
    const { payload, source } = datagram;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    if (!rtp.isRtp(view)) continue;
    const packet = parsed(view);
    if (!packet) continue;
    seen.add(source);
    const side = sideOf(datagram.from, Number(datagram.to.slice(datagram.to.lastIndexOf(":") + 1)));
    const body = packet.getPayload();
    tracks[side].push({
      at: datagram.at,
      source,
      ssrc: packet.getSsrc(),
      sequence: packet.getSequenceNumber(),
      timestamp: packet.getTimestamp(),
      codec: description.codecs[side].get(packet.getPayloadType()),
      payload: new Uint8Array(body.buffer, body.byteOffset, body.byteLength),
    });
    if (++count % 500 === 0) await drain();
  }
  for (const side of sidesOf) tracks[side].end();
  await drain();

  const durationMs = Math.ceil(Math.max(tracks.caller.endMs, tracks.called.endMs));
  for (const sink of sinks.values()) await sink.finish(durationMs);
  for (const side of sidesOf) {
    for (const name of tracks[side].unknown)
      problems.add(`the ${side} side has audio in ${name}, which can not be decoded`);
    if (tracks[side].packets === 0 && count > 0) problems.add(`nothing came from the ${side} side`);
  }
  const rate = Math.max(8000, ...[...sinks.values()].map((sink) => sink.rate));
  const files = sinks.size === 0 ? [] : await mix(job, sinks, durationMs, rate);
  return {
    empty: sinks.size === 0,
    started_at: clock.startMs === undefined ? null : new Date(clock.startMs).toISOString(),
    duration_ms: durationMs,
    codecs: [...new Set(sidesOf.flatMap((side) => [...tracks[side].codecs]))].sort(),
    rate,
    gaps: joinGaps(sidesOf.flatMap((side) => tracks[side].gaps)),
    lost: tracks.caller.lost + tracks.called.lost,
    nodes: [...new Set([...seen].map((source) => job.captures[source]?.node ?? ""))].sort(),
    problems: [...problems],
    files,
  };
}

/** A packet that only looks like RTP is left out. */
function parsed(view: DataView): rtp.RtpPacket | undefined {
  try {
    return new rtp.RtpPacket(view);
  } catch {
    return undefined;
  }
}

/** Joins what was decoded into one stereo file, twice: as it is, and compressed for speech. */
async function mix(
  job: Job,
  sinks: ReadonlyMap<string, Sink>,
  durationMs: number,
  rate: number,
): Promise<RecordingFile[]> {
  const inputs: string[] = [];
  const filters: string[] = [];
  let index = 0;
  for (const side of sidesOf) {
    const own: { path: string; rate: number }[] = [...sinks]
      .filter(([key]) => key.startsWith(`${side}-`))
      .map(([, sink]) => sink);
    if (own.length === 0) own.push(silence(join(job.work, `${side}-none.pcm`), rate, durationMs));
    const labels = own.map((sink) => {
      inputs.push("-f", "s16le", "-ar", String(sink.rate), "-ac", "1", "-i", sink.path);
      filters.push(`[${index}:a]aresample=${rate}[i${index}]`);
      return `[i${index++}]`;
    });
    // Codecs of one side take turns: where one speaks the others are silent, so the sum is what was heard.
    filters.push(
      labels.length === 1
        ? `${labels[0]}anull[${side}]`
        : `${labels.join("")}amix=inputs=${labels.length}:normalize=0[${side}]`,
    );
  }
  filters.push("[caller][called]join=inputs=2:channel_layout=stereo,asplit=2[wav][opus]");
  const seconds = (durationMs / 1000).toFixed(3);
  const [wav, opus] = [join(job.work, "recording.wav"), join(job.work, "recording.opus")];
  await execa("ffmpeg", [
    ...["-hide_banner", "-nostats", "-loglevel", "error", "-nostdin", "-y", ...inputs],
    ...["-filter_complex", filters.join(";")],
    ...["-map", "[wav]", "-t", seconds, "-c:a", "pcm_s16le", "-rf64", "auto", wav],
    ...["-map", "[opus]", "-t", seconds, "-c:a", "libopus", "-b:a", "32k", "-mapping_family", "0", opus],
  ]);
  for (const sink of sinks.values()) await rm(sink.path);
  for (const side of sidesOf) await rm(join(job.work, `${side}-none.pcm`), { force: true });
  return [await finished(wav, job.recipient), await finished(opus, job.recipient)];
}

/** A side of which nothing was heard: a file that is one hole. */
function silence(path: string, rate: number, durationMs: number): { path: string; rate: number } {
  const file = openSync(path, "w");
  ftruncateSync(file, Math.ceil((durationMs * rate) / 1000) * 2);
  closeSync(file);
  return { path, rate };
}

async function finished(path: string, recipient: string | null): Promise<RecordingFile> {
  const plain = (await stat(path)).size;
  let result = path;
  if (recipient !== null) {
    result = `${path}.age`;
    await execa("age", ["--encrypt", "--recipient", recipient, "--output", result, path]);
    await rm(path);
  }
  return { name: basename(result), size: (await stat(result)).size, plain, sha256: await digestOf(result) };
}
