import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { Decision } from "../call/contract.ts";
import { cut } from "./deliver.ts";
import { spaceState, withinSpace } from "./guard.ts";

const limits = { min_free_mb: 1000, stop_free_mb: 200 };

it("recording stops in two steps and begins again only with room to spare", () => {
  expect(spaceState("ok", 1001, limits)).toBe("ok");
  expect(spaceState("ok", 999, limits)).toBe("full");
  expect(spaceState("full", 1050, limits)).toBe("full");
  expect(spaceState("full", 1101, limits)).toBe("ok");
  expect(spaceState("ok", 199, limits)).toBe("critical");
  expect(spaceState("critical", 500, limits)).toBe("full");
});

it("without space the call goes on, and its wish is told as refused", () => {
  const route: Decision = {
    v: 1,
    action: "route",
    strategy: "serial",
    targets: [{ type: "user", user: "1001" }],
    record: true,
    rule: "r",
    rules_version: 1,
  };
  const { record: _, ...rest } = route;
  expect(withinSpace(route, "ok")).toBe(route);
  expect(withinSpace(route, "full")).toEqual({ ...rest, record: true, record_refused: true });
  const unrecorded: Decision = { ...route, record: false };
  expect(withinSpace(unrecorded, "full")).toBe(unrecorded);
});

it.each([
  [0, 9, "0123456789"],
  [3, 5, "345"],
  [9, 9, "9"],
])("bytes %i to %i of a stream", async (start, end, expected) => {
  const source = Readable.from([Buffer.from("0123"), Buffer.from("45678"), Buffer.from("9")]);
  expect((await buffer(source.pipe(cut(start, end)))).toString()).toBe(expected);
});
