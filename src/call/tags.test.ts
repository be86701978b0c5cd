import { expect, it } from "vitest";
import { ruleAndTags, withTags } from "./tags.ts";

it("tags go with the rule's name, and come back as they were", () => {
  const tags = { team: "sales / more", queue: "2", at: "a+b@c:d" };
  const field = withTags("night", tags);
  expect(field).not.toMatch(/[ |;]/);
  expect(ruleAndTags(field)).toEqual({ rule: "night", tags });
  expect(withTags("night", undefined)).toBe("night");
  expect(ruleAndTags("user:1001")).toEqual({ rule: "user:1001" });
});

it("what is no tag, or was cut, is left out", () => {
  expect(ruleAndTags("night?team=sal%2")).toEqual({ rule: "night" });
  expect(ruleAndTags("night?1=2&a=b&c=<x>")).toEqual({ rule: "night", tags: { a: "b" } });
});

it("so does the number that was meant", () => {
  expect(withTags("r", { a: "b" }, "+49711")).toBe("r?a=b&%3D=%2B49711");
  expect(ruleAndTags("r?a=b&%3D=%2B49711")).toEqual({ rule: "r", tags: { a: "b" }, meant: "+49711" });
  expect(ruleAndTags("r?%3D=%2A21%23")).toEqual({ rule: "r", meant: "*21#" });
  expect(ruleAndTags("r?%3D=<x>")).toEqual({ rule: "r" });
});
