import { expect, test } from "vitest";
import { cursorBefore, readAuditFilters, readable, writeAuditFilters } from "./audit-filters.ts";

test("filters stand in the address, what is not known does not", () => {
  const filters = { who: "1001", route: "PUT /v1/users/:name" };
  expect(readAuditFilters(writeAuditFilters(filters))).toEqual(filters);
  expect(readAuditFilters("?who=&role=x&period=day")).toEqual({ period: "day" });
  expect(writeAuditFilters({ who: " " })).toBe("");
});

test("the cursor of an entry is one above its id, with all digits", () => {
  expect(cursorBefore(`0${"f".repeat(31)}`)).toBe(`1${"0".repeat(31)}`);
  expect(cursorBefore(`${"0".repeat(31)}9`)).toBe(`${"0".repeat(31)}a`);
  expect(cursorBefore("1001")).toBeUndefined();
});

test("a path is written as people write it, also when it is none", () => {
  expect(readable("/v1/numbers/%2B49711")).toBe("/v1/numbers/+49711");
  expect(readable("/v1/users/50%")).toBe("/v1/users/50%");
});
