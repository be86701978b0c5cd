import { z } from "zod";
import { type CallRecord, callRecordSchema } from "../records/call-record.ts";
import { askApp } from "./app.ts";
import type { Lab } from "./lab.ts";

/** What is said on the telephone in a lab, from its call records. */
export interface CallTraffic {
  /** Calls that began in the last minute; `more`: at least so many. */
  lastMinute: number;
  more: boolean;
  open: number;
  last: CallRecord | undefined;
}

const limit = 200;
const pageSchema = z.object({ records: z.array(callRecordSchema) });

/** Counts records. Pure. @param records the newest ones, in any order. */
export function countTraffic(records: readonly CallRecord[], nowMs: number): CallTraffic {
  const sorted = [...records].sort((one, other) => Date.parse(other.started_at) - Date.parse(one.started_at));
  const recent = sorted.filter((record) => nowMs - Date.parse(record.started_at) <= 60_000);
  return {
    lastMinute: recent.length,
    more: recent.length >= limit,
    open: sorted.filter((record) => record.closed_how === null).length,
    last: sorted[0],
  };
}

/** undefined when no app answers. */
export async function readTraffic(lab: Lab): Promise<CallTraffic | undefined> {
  const answer = await askApp(lab.state(), "GET", `/v1/records?limit=${limit}`).catch(() => undefined);
  return answer === undefined ? undefined : countTraffic(pageSchema.parse(answer).records, Date.now());
}

/** One line. Pure. */
export function trafficText(traffic: CallTraffic | undefined): string {
  if (!traffic) return "no app answers";
  const { last } = traffic;
  const lastText = last
    ? ` · last: ${last.started_at.slice(11, 19)} ${last.from || "?"} → ${last.number || last.to} ${last.outcome}${last.status ? ` ${last.status}` : ""}`
    : "";
  return `${traffic.lastMinute}${traffic.more ? " or more" : ""} in the last minute, ${traffic.open} in progress${lastText}`;
}
