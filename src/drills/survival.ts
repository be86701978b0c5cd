import { setTimeout as delay } from "node:timers/promises";
import type { Lab } from "../lab/lab.ts";
import { recordsOf } from "./api.ts";
import { type MediaCalls, openMediaCalls, wrongWith } from "./media-calls.ts";
import { inject, type MediaFault } from "./media-drill.ts";

/** Every kind of call through every fault: what the people on the telephone notice. */

/** Kinds of call, by what is done with them. Two calls of each: one is hung up by its caller, one by its callee. */
export const kinds = [
  { name: "answered, UDP", transport: "udp" },
  { name: "answered, TCP", transport: "tcp" },
  { name: "ringing, answered after the fault", transport: "udp" },
  { name: "on hold, taken back after the fault", transport: "udp" },
  { name: "re-INVITEd by the callee before the fault", transport: "udp" },
  { name: "re-INVITEd by the caller after the fault", transport: "udp" },
  { name: "long, with a session timer (RFC 4028), refreshed after the fault", transport: "udp" },
  { name: "SRTP (SDES, RFC 4568), re-INVITEd after the fault", transport: "udp" },
  { name: "late offer, re-INVITEd without an offer after the fault", transport: "udp" },
  { name: "PRACK and UPDATE before the answer, UPDATE after the fault", transport: "udp" },
  { name: "browser: ICE and DTLS-SRTP (WebRTC)", transport: "udp" },
  { name: "audio without the relay (media: direct)", transport: "udp", media: "direct" },
] as const;

/** Of the console's telephone, in a real browser: one call of each kind (test/support/browser-calls.ts). */
export const browserKinds = [
  "the console's telephone calls (Chromium)",
  "the console's telephone is called",
  "two of the console's telephones",
] as const;

/** All columns of the matrix. */
export const columns: string[] = [...kinds.map(({ name }) => name), ...browserKinds];

/** Calls of kinds that are not ours, beside ours through the same fault. */
export interface OtherCalls {
  /** Sets them up. */
  begin(): Promise<void>;
  mark(): Promise<void>;
  /** So long after the fault. */
  look(): Promise<void>;
  /** Hangs up. By column. */
  end(): Promise<Record<string, Cell>>;
}

export const faults: { name: string; fault: MediaFault }[] = [
  { name: "host loses its power", fault: { kind: "host-death" } },
  { name: "planned switchover", fault: { kind: "switchover" } },
  { name: "kamailio killed", fault: { kind: "process-death", part: "kamailio", on: "active" } },
  { name: "kamailio hangs", fault: { kind: "process-hang", part: "kamailio", on: "active" } },
  { name: "rtpengine killed", fault: { kind: "process-death", part: "rtpengine", on: "active" } },
  { name: "rtpengine hangs", fault: { kind: "process-hang", part: "rtpengine", on: "active" } },
  { name: "haproxy killed", fault: { kind: "process-death", part: "haproxy", on: "active" } },
  { name: "haproxy hangs", fault: { kind: "process-hang", part: "haproxy", on: "active" } },
  { name: "redis killed", fault: { kind: "process-death", part: "redis", on: "active" } },
  { name: "redis hangs", fault: { kind: "process-hang", part: "redis", on: "active" } },
  { name: "standby: rtpengine killed", fault: { kind: "process-death", part: "rtpengine", on: "standby" } },
  { name: "standby: rtpengine hangs", fault: { kind: "process-hang", part: "rtpengine", on: "standby" } },
  { name: "standby: redis killed", fault: { kind: "process-death", part: "redis", on: "standby" } },
  { name: "standby: redis hangs", fault: { kind: "process-hang", part: "redis", on: "standby" } },
];

/** From best to worst; a cell of the matrix is one of these. */
export const notices = [
  "nothing",
  "a gap under 0.5 s",
  "a gap under 1.5 s",
  "a longer gap",
  "silence; the call can be hung up",
  "the call is lost",
] as const;
export type Notice = (typeof notices)[number];

export interface Cell {
  notice: Notice;
  /** Longest wait for a packet, ms. */
  gapMs: number;
  /** Anything that was not as it should be afterwards, in words. */
  faults: string[];
}

/** Shorter waits are what a busy machine does by itself. */
const unheardMs = 150;

/** What a gap sounds like. Pure. */
export const noticeOf = (gapMs: number): Notice =>
  gapMs <= unheardMs
    ? "nothing"
    : gapMs <= 500
      ? "a gap under 0.5 s"
      : gapMs <= 1500
        ? "a gap under 1.5 s"
        : "a longer gap";

const learnedMs = 3500;
const afterMs = 4500;
const talkMs = 700;

interface Pair {
  kind: (typeof kinds)[number];
  calls: MediaCalls;
  ids: string[];
}

async function setUp(pair: Pair): Promise<void> {
  const { telephones } = pair.calls;
  switch (pair.kind.name) {
    case "ringing, answered after the fault":
      pair.ids = await telephones.ringing({ count: 2 });
      break;
    case "long, with a session timer (RFC 4028), refreshed after the fault":
      pair.ids = await telephones.calls({ count: 2, sessionExpires: 90 });
      break;
    case "SRTP (SDES, RFC 4568), re-INVITEd after the fault":
      pair.ids = await telephones.calls({ count: 2, style: "srtp" });
      break;
    case "late offer, re-INVITEd without an offer after the fault":
      pair.ids = await telephones.calls({ count: 2, style: "late" });
      break;
    case "PRACK and UPDATE before the answer, UPDATE after the fault":
      pair.ids = await telephones.calls({ count: 2, style: "reliable" });
      break;
    case "browser: ICE and DTLS-SRTP (WebRTC)":
      pair.ids = await telephones.calls({ count: 2, style: "webrtc" });
      break;
    default:
      pair.ids = await telephones.calls({ count: 2 });
  }
  if (pair.ids.length < 2) throw new Error(`${pair.kind.name}: not both calls were set up before the fault`);
}

/** What was silent before is no work of the fault. @throws Error */
async function assertHeard({ kind, calls, ids }: Pair): Promise<void> {
  const { legs } = await calls.telephones.report(ids);
  const deaf = legs.filter(({ state, stream }) => state === "up" && stream.received === 0);
  if (deaf.length > 0)
    throw new Error(
      `${kind.name}: heard nothing before the fault: ${deaf.map(({ side, callId }) => `${side} of ${callId}`).join(", ")}`,
    );
}

async function before(pair: Pair): Promise<void> {
  const { telephones } = pair.calls;
  if (pair.kind.name === "on hold, taken back after the fault")
    await telephones.reinvite(pair.ids, "caller", true);
  if (pair.kind.name === "re-INVITEd by the callee before the fault")
    await telephones.reinvite(pair.ids, "callee", false);
}

/** What the people do after the fault. Returns what did not work. */
async function after(pair: Pair): Promise<string[]> {
  const { telephones } = pair.calls;
  switch (pair.kind.name) {
    case "ringing, answered after the fault":
      await telephones.answer(pair.ids);
      await delay(1500);
      return [];
    case "on hold, taken back after the fault":
    case "re-INVITEd by the caller after the fault":
    case "long, with a session timer (RFC 4028), refreshed after the fault":
    case "SRTP (SDES, RFC 4568), re-INVITEd after the fault":
    case "late offer, re-INVITEd without an offer after the fault": {
      const codes = await telephones.reinvite(pair.ids, "caller", false);
      return codes.every((code) => code === 200) ? [] : [`re-INVITE answered with ${codes.join(", ")}`];
    }
    case "PRACK and UPDATE before the answer, UPDATE after the fault": {
      const codes = await telephones.update(pair.ids, "caller");
      return codes.every((code) => code === 200) ? [] : [`UPDATE answered with ${codes.join(", ")}`];
    }
    default:
      return [];
  }
}

async function judgePair(lab: Lab, pair: Pair, gapMs: number, troubles: string[]): Promise<Cell> {
  const { telephones } = pair.calls;
  const faults = [...troubles];
  await telephones.mark();
  await delay(talkMs);
  const { legs } = await telephones.report(pair.ids);
  const lost = legs.filter((leg) => leg.state !== "up");
  const deaf = legs.filter((leg) => leg.state === "up" && leg.stream.received === 0);
  if (lost.length > 0)
    faults.push(`ended by itself: ${lost.map((leg) => `${leg.side} ${leg.why}`).join(", ")}`);
  if (deaf.length > 0) faults.push(`hears nothing: ${deaf.map((leg) => leg.side).join(", ")}`);
  const [one = "", other = ""] = pair.ids;
  const codes = [...(await telephones.bye([one], "caller")), ...(await telephones.bye([other], "callee"))];
  if (codes.some((code) => code !== 200)) faults.push(`BYE answered with ${codes.join(", ")}`);
  const ended = (await telephones.report(pair.ids)).legs;
  for (const id of pair.ids) {
    const leg = ended.find((candidate) => candidate.callId === id && candidate.side === "caller");
    const wrong = leg ? await recordFault(lab, id, leg) : "no caller";
    if (wrong !== undefined) faults.push(`record: ${wrong}`);
  }
  await telephones.close(pair.ids);
  const notice =
    lost.length > 0
      ? "the call is lost"
      : deaf.length > 0
        ? "silence; the call can be hung up"
        : noticeOf(gapMs);
  return { notice, gapMs: Math.round(gapMs), faults };
}

/** Until the record of a call is as its telephone knows it. @returns what is not */
export async function recordFault(
  lab: Lab,
  callId: string,
  leg: Parameters<typeof wrongWith>[1],
): Promise<string | undefined> {
  const until = Date.now() + 10_000;
  for (;;) {
    const records = await recordsOf(lab.name, { call_id: callId });
    const wrong = records.length > 1 ? `${records.length} of them` : wrongWith(records[0], leg);
    if (wrong === undefined || Date.now() > until) return wrong;
    await delay(300);
  }
}

/** All kinds of call through one fault, at once. The lab must be green; the caller heals it. */
export async function surviveOne(
  lab: Lab,
  fault: MediaFault,
  host: string,
  others: OtherCalls | undefined,
): Promise<Record<string, Cell>> {
  await using udp = await openMediaCalls(lab, "survival-udp", "udp");
  await using tcp = await openMediaCalls(lab, "survival-tcp", "tcp");
  await using direct = await openMediaCalls(lab, "survival-direct", "udp", { media: "direct" }, 5094);
  const pairs: Pair[] = kinds.map((kind) => ({
    kind,
    calls: kind.transport === "tcp" ? tcp : "media" in kind ? direct : udp,
    ids: [],
  }));
  for (const pair of pairs) await setUp(pair);
  await others?.begin();
  await delay(learnedMs);
  for (const pair of pairs) await assertHeard(pair);
  for (const pair of pairs) await before(pair);
  await delay(300);
  await Promise.all([...[udp, tcp, direct].map((calls) => calls.mark()), others?.mark()]);
  await inject(lab, fault, host);
  await delay(afterMs);
  const heard = await Promise.all([udp, tcp, direct].map(({ telephones }) => telephones.report()));
  await others?.look();
  const gaps = new Map<string, number>();
  for (const leg of heard.flatMap((report) => report.legs)) {
    // A side that is on hold, or whose call still rings, hears nothing by intention.
    const { maxGapMs, silentMs, received } = leg.stream;
    const silent = received > 0 ? Math.max(maxGapMs, silentMs ?? 0) : 0;
    gaps.set(leg.callId, Math.max(gaps.get(leg.callId) ?? 0, silent));
  }
  const troubles: string[][] = [];
  for (const pair of pairs) troubles.push(await after(pair));
  const result: Record<string, Cell> = {};
  for (const [index, pair] of pairs.entries()) {
    const gap = Math.max(...pair.ids.map((id) => gaps.get(id) ?? 0));
    result[pair.kind.name] = await judgePair(lab, pair, gap, troubles[index] ?? []);
  }
  return { ...result, ...(await others?.end()) };
}

/** The matrix as Markdown; what was not tried is as it was before. Pure. */
export function matrixText(results: { name: string; cells: Record<string, Cell> }[], before: string): string {
  const head = `| fault | ${columns.join(" | ")} |`;
  const rule = `|---|${columns.map(() => "---").join("|")}|`;
  const rows = faults.map(({ name }) => {
    const cells = results.find((one) => one.name === name)?.cells ?? {};
    const texts = columns.map((kind) => {
      const cell = cells[kind];
      if (!cell) return documented(before, name, kind) ?? notTested;
      return [cell.notice, ...cell.faults].join("; ");
    });
    return `| ${name} | ${texts.join(" | ")} |`;
  });
  return [head, rule, ...rows].join("\n");
}

/** Nothing is promised. */
export const notTested = "not tested";

/** What an earlier matrix says of a cell; undefined: not in it. Pure. */
export function documented(matrix: string, fault: string, kind: string): string | undefined {
  const lines = matrix.split("\n").filter((line) => line.startsWith("|"));
  const cellsOf = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const column = cellsOf(lines[0] ?? "").indexOf(kind);
  const row = lines.map(cellsOf).find((cells) => cells[0] === fault);
  return column < 0 ? undefined : row?.[column];
}
