import type { CaptureFile } from "./capture-files.ts";
import { hasPackets } from "./capture-files.ts";
import type { ConversionResult } from "./recording-schema.ts";

/** What is known of the captures of one call when its recording is to be made. */
export interface Findings {
  /** By node: its capture files, or why they are not known. */
  captures: ReadonlyMap<string, readonly CaptureFile[] | { unreachable: string }>;
  /** The nodes that saw something of the call. */
  involved: readonly string[];
  /** Attempts so far, this one included. */
  attempts: number;
  /** Since the call's end, ms. */
  overMs: number;
}

export type Verdict =
  /** Make it now. `awaited`: nodes to ask again later, because more may be there. */
  | { action: "make"; use: { node: string; file: CaptureFile }[]; awaited: string[]; problem: string }
  | { action: "wait"; seconds: number; problem: string; alarm: boolean }
  | { action: "missing"; problem: string };

/** A capture that did not change for so long is complete, if the call is over. */
const quietMs = 2000;
/** rtpengine may need a moment to close its files. */
const firstTries = 4;
/** A node that is away for longer than this is an alarm. */
const patienceMs = 60_000;
/** Captures of an absent node are not waited for longer than this. */
const giveUpMs = 3 * 24 * 3_600_000;

/** Decides what to do with one call's captures. Pure. */
export function assess({ captures, involved, attempts, overMs }: Findings): Verdict {
  const away = [...captures].flatMap(([node, files]) => ("unreachable" in files ? [node] : []));
  const files = [...captures].flatMap(([node, list]) =>
    "unreachable" in list ? [] : list.map((file) => ({ node, file })),
  );
  const packets = files.filter(({ file }) => hasPackets(file));
  const needed = away.filter((node) => involved.includes(node));
  const given = overMs > giveUpMs;
  if (packets.length === 0) {
    if (away.length > 0 && !given)
      return {
        action: "wait",
        seconds: Math.min(60, 5 * attempts),
        problem: `no capture of it yet; ${away.join(", ")} can not be asked`,
        alarm: overMs > patienceMs,
      };
    if (attempts < firstTries) return { action: "wait", seconds: 2, problem: "", alarm: false };
    return {
      action: "missing",
      problem: "the call was to be recorded, but no node has a capture of it",
    };
  }
  if (packets.some(({ file }) => file.quietMs < quietMs))
    return { action: "wait", seconds: 2, problem: "", alarm: false };
  const bases = new Set(packets.map(({ file }) => file.base));
  return {
    action: "make",
    // Descriptions of the standby are good too: they say the same about the same call.
    use: files.filter(
      ({ file }) => hasPackets(file) || (file.kind === "description" && bases.has(file.base)),
    ),
    awaited: given ? [] : away,
    problem: needed.length > 0 ? `the part that ${needed.join(", ")} captured is not in it` : "",
  };
}

/** A recording may begin before the answer (early media); it must not be much shorter than the conversation. */
const tolerance = { ms: 3000, part: 0.05 };

/** What is wrong with a finished recording, in words; empty: nothing. Pure. */
export function problemsOf(
  result: ConversionResult,
  talk: { durationMs: number | null; whole: boolean },
): string[] {
  const short =
    talk.whole &&
    talk.durationMs !== null &&
    result.duration_ms < talk.durationMs - Math.max(tolerance.ms, talk.durationMs * tolerance.part);
  return [
    ...result.problems,
    ...(short
      ? [
          `it has ${(result.duration_ms / 1000).toFixed(1)} s of a conversation of ${((talk.durationMs ?? 0) / 1000).toFixed(1)} s`,
        ]
      : []),
  ];
}
