import { describe, expect, it } from "vitest";
import { type FenceView, mayBeElected, type OtherNode, waitsFor, whomToFence } from "./decide.ts";

const other = (changes: Partial<OtherNode> = {}): OtherNode => ({
  name: "a",
  ageMs: 100,
  seen: true,
  holds: true,
  fit: true,
  left: false,
  fenced: { state: "none", term: 0, sinceMs: Number.POSITIVE_INFINITY, why: "" },
  ...changes,
});
const silent = (changes: Partial<OtherNode> = {}) => other({ ageMs: 4000, seen: false, ...changes });
/** Standby b of two nodes and a witness, as it sees a. */
const view = (a: OtherNode, changes: Partial<FenceView> = {}): FenceView => ({
  required: true,
  delayMs: 3000,
  holds: false,
  fit: true,
  stopping: false,
  primary: true,
  members: 2,
  heard: 2,
  voters: 3,
  term: 5,
  order: 1,
  agentUptimeMs: 60_000,
  others: [a],
  ...changes,
});
const off = { state: "off", term: 5, sinceMs: 10, why: "" } as const;

describe("who may stand for election when fencing is required", () => {
  it.each<[string, FenceView, boolean]>([
    ["the holder is in contact and fit: nobody else", view(other()), false],
    ["the holder is in contact and gives up", view(other({ fit: false })), true],
    ["nobody holds the address, all are in contact", view(other({ holds: false })), true],
    ["the holder is silent", view(silent()), false],
    ["the silent holder is off", view(silent({ fenced: off })), true],
    ["the silent node left in good order", view(silent({ holds: false, left: true })), true],
    ["a third host still sees it", view(silent({ seen: true })), false],
    [
      "this host has the address: the other one's silence changes nothing",
      view(silent(), { holds: true }),
      true,
    ],
    ["fencing is not required", view(silent(), { required: false }), true],
  ])("%s", (_name, situation, expected) => {
    expect(mayBeElected(situation)).toBe(expected);
  });
});

describe("who is switched off", () => {
  it.each<[string, FenceView, string | undefined]>([
    ["a silent holder after the delay", view(silent()), "a"],
    ["not before the delay", view(silent({ ageMs: 2900 })), undefined],
    ["not one that a third host sees", view(silent({ seen: true })), undefined],
    [
      "not by the minority: witness silent too",
      view(silent(), { heard: 1, primary: false, members: 1 }),
      undefined,
    ],
    ["not by a host without quorum", view(silent(), { primary: false }), undefined],
    [
      "not one whose database is still a member: only its agent died",
      view(silent(), { members: 3 }),
      undefined,
    ],
    ["not by a host that could not serve", view(silent(), { fit: false }), undefined],
    ["not by a host that is being stopped", view(silent(), { stopping: true }), undefined],
    ["not by the holder: it has nothing to take over", view(silent(), { holds: true }), undefined],
    ["not one that left in good order", view(silent({ holds: false, left: true })), undefined],
    ["not one that is off", view(silent({ fenced: off })), undefined],
    ["not one that is just being fenced", view(silent({ fenced: { ...off, state: "running" } })), undefined],
    ["not twice in a term", view(silent({ fenced: { ...off, state: "none" } })), undefined],
    ["again in a later term", view(silent({ fenced: { ...off, state: "none" } }), { term: 6 }), "a"],
    [
      "after a failure not at once",
      view(silent({ fenced: { state: "failed", term: 0, sinceMs: 5000, why: "x" } })),
      undefined,
    ],
    [
      "after a failure later",
      view(silent({ fenced: { state: "failed", term: 0, sinceMs: 16_000, why: "x" } })),
      "a",
    ],
    [
      "a node that does not hold waits its turn: the second in order shoots later",
      view(silent({ holds: false })),
      undefined,
    ],
    ["the first in order shoots first", view(silent({ holds: false }), { order: 0 }), "a"],
    [
      "a node that was never heard may still be booting",
      view(silent({ ageMs: undefined, holds: false }), { agentUptimeMs: 10_000 }),
      undefined,
    ],
    ["but not for ever", view(silent({ ageMs: undefined, holds: false }), { order: 0 }), "a"],
    [
      "not required: the former holder, after the takeover",
      view(silent(), { required: false, holds: true }),
      "a",
    ],
    ["not required and not taken over: nobody", view(silent(), { required: false }), undefined],
  ])("%s", (_name, situation, expected) => {
    expect(whomToFence(situation)).toBe(expected);
  });

  it("two nodes that lost each other never shoot each other, whatever they see of the witness", () => {
    for (const heard of [1, 2])
      for (const primary of [true, false]) {
        const a = view(silent({ name: "b", holds: false }), { holds: true, order: 0, heard, primary });
        const b = view(silent(), { heard, primary });
        const shots = [whomToFence(a), whomToFence(b)].filter((shot) => shot !== undefined);
        expect(shots.length).toBeLessThanOrEqual(1);
      }
  });
});

it("says in words what a takeover waits for, and what a person can do", () => {
  const failed = silent({ fenced: { state: "failed", term: 0, sinceMs: 1, why: "exit code 1" } });
  expect(waitsFor(view(failed))[0]).toMatch(/fencing failed \(exit code 1\).*dialtone fence confirm a/);
  expect(waitsFor(view(silent(), { heard: 1 }))[0]).toMatch(/no majority/);
  expect(waitsFor(view(silent(), { holds: true }))).toEqual([]);
});
