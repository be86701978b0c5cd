import { expect, test } from "vitest";
import { type Call, noCalls, shownOf, withList, withNews } from "./live-calls.ts";

const call = (id: string, state: Call["state"] = "answered"): Call => ({
  id,
  call_id: id,
  state,
  from: `from-${id}`,
  to: "",
  number: "100",
  user: "",
  target: "",
  carrier: "",
  rule: "",
  tags: {},
  node: "a",
  started_at: `2026-01-01T00:00:0${id.length}.000Z`,
  answered_at: null,
  ended_at: null,
  duration_ms: null,
  outcome: "",
  code: 0,
});
const ids = (live: typeof noCalls) => [...live.calls.keys()].sort();

test("what is told changes the list; calls that are over go", () => {
  const begun = withNews(noCalls, [call("x", "trying"), call("y")], 1000);
  expect(ids(begun)).toEqual(["x", "y"]);
  expect(ids(withNews(begun, [call("x", "ended")], 1100))).toEqual(["y"]);
});

test("a list that is a moment late neither brings back what is over nor takes what has just begun", () => {
  const live = withNews(withNews(noCalls, [call("over"), call("new")], 1000), [call("over", "ended")], 1200);
  expect(ids(withList(live, [call("over"), call("old")], 1500))).toEqual(["new", "old"]);
  expect(ids(withList(live, [call("old")], 60_000))).toEqual(["old"]);
});

test("newest first, by any of their names", () => {
  const live = withList(noCalls, [call("a"), call("bbb"), call("cc", "ringing")], 0);
  expect(shownOf(live, "", null).map(({ id }) => id)).toEqual(["bbb", "cc", "a"]);
  expect(shownOf(live, "FROM-C", null).map(({ id }) => id)).toEqual(["cc"]);
  expect(shownOf(live, "", ["trying", "ringing"]).map(({ id }) => id)).toEqual(["cc"]);
});
