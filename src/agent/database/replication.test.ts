import { expect, it } from "vitest";
import type { ReplicationFacts } from "../../report/database.ts";
import {
  decideReplicaStart,
  decideReplication,
  type Partner,
  type ReplicationSituation,
} from "./replication.ts";

const partner: Partner = { name: "b", initialised: true, works: true, readOnly: false, own: 7, id: "2" };
const facts: ReplicationFacts = {
  from: "b",
  id: "1",
  state: "following",
  own: 3,
  applied: 7,
  readOnly: true,
};
const decide = (
  own: Partial<ReplicationFacts>,
  more: Partial<Omit<ReplicationSituation, "facts">> = {},
): string | undefined =>
  decideReplication({
    facts: { ...facts, ...own },
    first: true,
    partner,
    partnerAwayMs: 0,
    partnerKnown: true,
    parted: false,
    followedId: "2",
    sinceMs: {},
    ...more,
  })?.do;

it("an empty disk is filled from the other node, two empty ones are a new cluster, and nobody guesses", () => {
  const start = (own: boolean, other: Partner | undefined) => decideReplicaStart(own, "b", other);
  expect(start(true, undefined)).toEqual({ go: true, empty: false });
  expect(start(false, undefined)).toMatchObject({ go: false, why: expect.stringContaining("b (not heard)") });
  expect(start(false, { ...partner, initialised: undefined })).toMatchObject({ go: false });
  expect(start(false, { ...partner, initialised: false, works: false })).toEqual({ go: true, empty: true });
  expect(start(false, { ...partner, works: false })).toMatchObject({ go: false });
  expect(start(false, partner)).toEqual({ go: true, empty: false });
});

it("takes writes when it has what the other has, or when the other is away", () => {
  expect(decide({})).toBe("open");
  expect(decide({ applied: 6 })).toBeUndefined();
  expect(decide({ readOnly: false })).toBeUndefined();
  expect(
    decide({ state: "interrupted", errno: 2003, applied: 6 }, { partner: undefined, partnerAwayMs: 2000 }),
  ).toBeUndefined();
  expect(
    decide({ state: "interrupted", errno: 2003, applied: 6 }, { partner: undefined, partnerAwayMs: 3500 }),
  ).toBe("open");
});

it("gives the other host time to start after a power cut at both sites", () => {
  const starting = { partner: undefined, partnerAwayMs: 19_000, partnerKnown: false };
  expect(decide({ state: "interrupted", errno: 2003 }, starting)).toBeUndefined();
  expect(decide({ state: "interrupted", errno: 2003 }, { ...starting, partnerAwayMs: 21_000 })).toBe("open");
});

it("does not repeat what the next look will show", () => {
  expect(decide({}, { sinceMs: { open: 200 } })).toBeUndefined();
  expect(decide({}, { sinceMs: { follow: 200 } })).toBe("open");
});

it("stays closed while it can not follow a partner that works, unless both are closed: then the first one opens", () => {
  const stopped = { state: "stopped", errno: 1062 } as const;
  const closed = { ...partner, readOnly: true };
  expect(decide(stopped)).toBeUndefined();
  expect(decide(stopped, { partner: closed })).toBe("open");
  expect(decide(stopped, { partner: closed, first: false })).toBeUndefined();
  // Both at a start: neither has anything that the other lacks.
  expect(decide({ applied: 7 }, { partner: closed, first: false })).toBe("open");
});

it("tries again what goes away by itself, at most every 5 s, and leaves conflicts to people", () => {
  expect(decide({ state: "stopped", errno: 1236 })).toBe("start");
  expect(decide({ state: "interrupted", errno: 0 })).toBe("start");
  expect(decide({ state: "interrupted", errno: 2003, readOnly: false })).toBeUndefined();
  expect(decide({ state: "stopped", errno: 1205 })).toBe("start");
  expect(decide({ state: "stopped", errno: 1205 }, { sinceMs: { start: 1000 } })).toBeUndefined();
  expect(decide({ state: "stopped", errno: 1062, readOnly: false })).toBeUndefined();
  expect(decide({ state: "stopped", errno: 1032, readOnly: false })).toBeUndefined();
  // The other's data have been made from scratch since.
  const renewed = { partner: { ...partner, id: "3" } };
  expect(decide({ state: "stopped", errno: 1062, readOnly: false }, renewed)).toBe("start");
  expect(decide({ readOnly: false }, renewed)).toBeUndefined();
});

it("compares journals and records when two sites have come together again", () => {
  const parted = { parted: true };
  expect(decide({ readOnly: false }, parted)).toBe("reconcile");
  expect(decide({ readOnly: false, applied: 6 }, parted)).toBeUndefined();
  expect(decide({ readOnly: false }, { parted: true, sinceMs: { reconcile: 900 } })).toBeUndefined();
  expect(decide({ readOnly: false, state: "interrupted", errno: 2003 }, parted)).toBeUndefined();
  expect(decide({}, parted)).toBe("open");
});

it("copies when the other has the data and answers, and never opens meanwhile", () => {
  expect(decide({ state: "copying" })).toBe("copy");
  expect(decide({ state: "copying" }, { partner: undefined, partnerAwayMs: 60_000 })).toBeUndefined();
  expect(decide({ state: "new" })).toBe("follow");
});
