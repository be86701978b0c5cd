import type { CallEvent } from "../call/contract.ts";
import { newsTypeOf } from "../call/news.ts";
import type { CallStatus, News } from "../call/news-schema.ts";
import type { CallRecord } from "../records/call-record.ts";

/** What is told of a call, from its record. @param rang some telephone has said that it rings */
export function statusOf(record: CallRecord, rang: boolean): CallStatus {
  const { id, call_id, from, to, number, user, target, carrier, rule, tags, outcome } = record;
  const { started_at, answered_at, ended_at, duration_ms } = record;
  const ended = record.closed_how !== null;
  const going = answered_at !== null || outcome === "answered" ? "answered" : rang ? "ringing" : "trying";
  return {
    ...{ id, call_id, state: ended ? "ended" : going, from, to, number, user, target, carrier, rule, tags },
    ...{ node: record.origin, started_at, answered_at, ended_at, duration_ms, outcome, code: record.status },
  };
}

/**
 * An event as it is told, with its call as it is now; undefined: it is none that is told. A BYE of the called side is of the record
 * whose From tag it has as its To tag. Pure.
 */
export function newsOf(event: CallEvent, records: readonly CallRecord[]): News | undefined {
  const type = newsTypeOf(event);
  const record =
    records.find(({ from_tag }) => from_tag === event.from_tag) ??
    records.find(({ from_tag }) => from_tag === event.to_tag);
  if (!type || !record) return undefined;
  const { id, time, node, code, target } = event;
  return { id, type, time, node, code, target, call: statusOf(record, type === "call.ringing") };
}
