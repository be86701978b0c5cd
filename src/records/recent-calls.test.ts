import { expect, it } from "vitest";
import { type CallEvent, eventSchema } from "../call/contract.ts";
import { buildRecords } from "./build-record.ts";
import { RecentCalls } from "./recent-calls.ts";

const event = (serial: number, kind: CallEvent["kind"]): CallEvent =>
  eventSchema.parse({
    id: `0000000A-0000-4000-8000-${String(serial).padStart(12, "0")}`,
    kind,
    call_id: "c",
    from_tag: "f",
    time: `2026-11-21T10:00:0${serial}.000Z`,
    node: "a",
    method: kind === "end" ? "BYE" : "INVITE",
    code: 200,
  });
const start = event(1, "start");
const answer = event(2, "answer");
const end = event(3, "end");

const remembered = (revision: number, events: CallEvent[]) => {
  const recent = new RecentCalls();
  const records = buildRecords(events, { now: Date.parse(start.time), maxCallMs: 1e9, maxSetupMs: 1e9 });
  recent.remember({ key: "k", revision, events, records });
  return { recent, ids: records.map((record) => record.id) };
};

it("knows all of a call that is new", () => {
  const recent = new RecentCalls();
  const all = recent.complete("k", [start, answer], { revision: 1, count: 2 });
  expect(all).toEqual({ events: [start, answer], before: [] });
});

it("does not trust itself when somebody else touched the call, or had an event of it", () => {
  const recent = new RecentCalls();
  expect(recent.complete("k", [answer], { revision: 2, count: 1 })).toBeUndefined();
  expect(recent.complete("k", [answer], { revision: 1, count: 2 })).toBeUndefined();
  expect(recent.complete("k", [answer], undefined)).toBeUndefined();
  const { recent: more } = remembered(1, [start, answer]);
  expect(more.complete("k", [end], { revision: 3, count: 3 })).toBeUndefined();
  expect(more.complete("k", [end], { revision: 2, count: 4 })).toBeUndefined();
});

it("adds an event to those before it, and takes one that comes again for the same", () => {
  const { recent, ids } = remembered(4, [start, answer]);
  expect(recent.complete("k", [end], { revision: 5, count: 3 })).toEqual({
    events: [start, answer, end],
    before: ids,
  });
  const again = { ...answer, id: answer.id.toLowerCase() };
  expect(recent.complete("k", [again, end], { revision: 5, count: 3 })?.events).toHaveLength(3);
});

it("forgets a call that is over", () => {
  const { recent } = remembered(1, [start, answer, end]);
  expect(recent.complete("k", [answer], { revision: 2, count: 3 })).toBeUndefined();
});
