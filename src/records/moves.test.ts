import { expect, test } from "vitest";
import type { Move } from "./move-schema.ts";
import { interruptionsOf, interruptionText } from "./moves.ts";

const second = (s: number) => new Date(Date.UTC(2026, 0, 1, 12, 0, s));
const { id: _, ...rest } = {
  id: "1f1f0d0c-6a45-4c1a-9a43-0a8a8c5f9d10",
  at: second(30).toISOString(),
  from: "a",
  to: "b",
  by_plan: false,
  gap_ms: 400,
};
const move: Move = { id: "1f1f0d0c-6a45-4c1a-9a43-0a8a8c5f9d10", ...rest };
const seen = (answered: number | null, ended: number | null) =>
  interruptionsOf(
    {
      answered_at: answered === null ? null : second(answered),
      ended_at: ended === null ? null : second(ended),
    },
    [move],
  );

test("a move during the conversation, also one that goes on", () => {
  expect(seen(10, 50)).toEqual([rest]);
  expect(seen(10, null)).toEqual([rest]);
});

test("not one before the answer, after the end, or of a call that nobody answered", () => {
  expect(seen(31, 50)).toEqual([]);
  expect(seen(10, 29)).toEqual([]);
  expect(seen(null, 50)).toEqual([]);
});

test("a call that ended within the gap was in it", () => {
  const ended = new Date(second(30).getTime() - 200);
  expect(interruptionsOf({ answered_at: second(10), ended_at: ended }, [move])).toEqual([rest]);
});

test("in words", () => {
  expect(interruptionText(rest)).toBe(
    "service address moved from a to b at 2026-01-01T12:00:30.000Z: relayed audio silent for at most 400 ms",
  );
  expect(interruptionText({ ...rest, by_plan: true, gap_ms: 0 })).toBe(
    "handed over by plan from a to b at 2026-01-01T12:00:30.000Z",
  );
});
