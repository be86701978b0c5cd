import { expect, test } from "vitest";
import type { PartReport } from "../../report/parts.ts";
import { gapAtMost, type LastHolder, lastHolderAfter } from "./moves.ts";

const ok: PartReport = { phase: "running", ok: true, detail: "answers", restarts: 0, sinceMs: 60_000 };
const parts = { rtpengine: ok };
const sick = { rtpengine: { ...ok, ok: false } };
const a: LastHolder = { host: "a", wellAt: 1000, sick: false };

test("by plan both had it for a moment: no gap", () => {
  expect(gapAtMost(a, true, 5000)).toBe(0);
});

test("from the last news of a healthy holder to the moment the address came", () => {
  expect(gapAtMost(a, false, 1412.3)).toBe(413);
});

test("a relay that was found sick had been silent before that", () => {
  expect(gapAtMost({ ...a, sick: true }, false, 1700)).toBe(1700);
});

test("only holders count; a sick relay does not renew the moment", () => {
  expect(lastHolderAfter(a, { host: "b", holds: false, parts }, 2000)).toBe(a);
  expect(lastHolderAfter(a, { host: "a", holds: true, parts }, 2000)).toEqual({ ...a, wellAt: 2000 });
  expect(lastHolderAfter(a, { host: "a", holds: true, parts: sick }, 2000)).toEqual({ ...a, sick: true });
  expect(lastHolderAfter(a, { host: "b", holds: true, parts }, 2000)).toEqual({
    ...a,
    host: "b",
    wellAt: 2000,
  });
});

test("what was said earlier takes nothing back", () => {
  expect(lastHolderAfter(a, { host: "a", holds: true, parts }, 900)).toEqual(a);
  expect(lastHolderAfter(undefined, { host: "a", holds: true, parts: {} }, 900)).toEqual({
    ...a,
    wellAt: 900,
  });
});
