import { succeeded, wasRefused } from "../callers/attempt.ts";
import type { CallTimeline } from "../callers/shortmsg.ts";

/** The caller's own log against the service's call records: what is missing, doubled or says something else. Pure. */

/** As much of a call record as is compared. */
export interface LedgerRecord {
  id: string;
  call_id: string;
  outcome: string;
  /** bye, failed, estimated; null while the call is open. */
  closed_how: string | null;
}

export interface Comparison {
  /** Calls that the service took note of: the caller got some reply. */
  expected: number;
  found: number;
  missing: string[];
  doubled: string[];
  /** The record's outcome is not what the caller experienced. */
  wrong: { call_id: string; caller: string; record: string }[];
  /** Calls that got no reply at all: nobody took note of them, a record may exist or not. */
  unheard: number;
  /** Calls that were refused because there were too many: by design in no journal and no record (sip/overload.cfg). */
  refused: number;
  /** Records that were closed by estimate, as their end never came. */
  estimated: number;
  /** Answered calls that the caller ended, but whose record is still open. */
  open: number;
  /** Calls that died with a host before an answer, or whose BYE met nobody: recorded, closed by estimate later. */
  pending: number;
  /** Records of calls that the caller never placed. */
  stray: string[];
}

/**
 * What the caller would write into a record. Who gave up without any final reply, or whose CANCEL crossed a late
 * answer, does not know: the called side may have answered.
 */
function experienceOf(call: CallTimeline): "answered" | "not answered" | "either" {
  if (succeeded(call)) return "answered";
  return call.answered === undefined && call.rejected !== undefined ? "not answered" : "either";
}

const isTaken = (code: number | undefined): boolean => code !== undefined && code >= 200 && code < 300;

/**
 * The caller's BYE met nobody (all power was off) or was refused (SIPp's is malformed where a 200 crosses its CANCEL): the
 * service can not know that the call is over.
 */
const hungUpUnheard = (call: CallTimeline, record: LedgerRecord): boolean =>
  record.closed_how === null && call.answered !== undefined && !isTaken(call.hungUp?.code);

export function compareLedger(calls: CallTimeline[], records: LedgerRecord[]): Comparison {
  const byCall = Map.groupBy(records, (record) => record.call_id);
  const known = new Set(calls.map((call) => call.callId));
  const result: Comparison = {
    expected: 0,
    found: 0,
    missing: [],
    doubled: [],
    wrong: [],
    unheard: 0,
    refused: 0,
    estimated: 0,
    open: 0,
    pending: 0,
    stray: records.filter((record) => !known.has(record.call_id)).map((record) => record.call_id),
  };
  for (const call of calls) {
    const found = byCall.get(call.callId) ?? [];
    const refused = wasRefused(call) && found.length === 0;
    const heard = call.firstReply !== undefined && !refused;
    if (refused) result.refused++;
    else if (heard) result.expected++;
    else result.unheard++;
    if (found.length > 1) result.doubled.push(call.callId);
    const [record] = found;
    if (!record) {
      if (heard) result.missing.push(call.callId);
      continue;
    }
    if (heard) result.found++;
    if (record.closed_how === "estimated") result.estimated++;
    if (record.closed_how === null && isTaken(call.hungUp?.code)) result.open++;
    const cutOff = hungUpUnheard(call, record);
    if (cutOff || (record.closed_how === null && call.answered === undefined)) result.pending++;
    const experience = experienceOf(call);
    const answered = record.outcome === "answered";
    if (experience !== "either" && !cutOff && answered !== (experience === "answered"))
      result.wrong.push({ call_id: call.callId, caller: experience, record: record.outcome });
  }
  return result;
}

/** No call is missing, doubled, told wrongly, invented or left open. */
export const isSettled = (comparison: Comparison): boolean =>
  comparison.missing.length === 0 &&
  comparison.doubled.length === 0 &&
  comparison.wrong.length === 0 &&
  comparison.stray.length === 0 &&
  comparison.open === 0;
