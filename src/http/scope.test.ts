import { describe, expect, test } from "vitest";
import { Narrowing } from "./scope.ts";

const users = new Map([
  ["1001", { site: "bonn" }],
  ["2001", { site: "ulm" }],
  ["2002", { site: "ulm" }],
  ["3001", {}],
]);
const groups = new Map([
  ["desk", { members: [{ user: "2001" }, { user: "3001" }] }],
  ["other", { members: [{ user: "1001" }] }],
]);
const numbers = new Map([
  ["+491", { user: "1001" }],
  ["+492", { user: "2001" }],
  ["+493", { user: "2002" }],
]);
const of = (sites: string[], groupNames: string[] = [], patterns: string[] = []) =>
  new Narrowing({ sites, groups: groupNames, numbers: patterns }, () => ({ users, groups, numbers }));

describe("what is in a scope", () => {
  test("nothing is in one that is empty", () => {
    const none = of([]);
    expect([...users.keys()].filter((name) => none.user(name))).toEqual([]);
    expect([...numbers.keys()].filter((number) => none.number(number))).toEqual([]);
    expect([...groups.keys()].filter((name) => none.group(name))).toEqual([]);
    expect(none.call({ user: "", number: "" })).toBe(false);
  });

  test("users of its sites and members of its groups; a group is by its name, not by who is in it", () => {
    const one = of(["bonn"], ["desk", "gone"]);
    expect([...users.keys(), "nobody"].filter((name) => one.user(name))).toEqual(["1001", "2001", "3001"]);
    expect(["desk", "other"].filter((name) => one.group(name))).toEqual(["desk"]);
    expect([one.isMember("2001"), one.isMember("2001", "desk"), one.ofSite("1001")]).toEqual([
      true,
      false,
      true,
    ]);
    // As the database has it, that is later than what is known here.
    expect([one.user("1001", null), one.user("2002", "bonn")]).toEqual([false, true]);
  });

  test("numbers of its users, and its own, whoever has them", () => {
    expect([...numbers.keys()].filter((number) => of(["bonn"], [], ["+493*"]).number(number))).toEqual([
      "+491",
      "+493",
    ]);
    expect(of([], [], ["*"]).number("+4999")).toBe(true);
    expect(of([], [], ["+49"]).number("+491")).toBe(false);
  });

  test.each([
    [{ user: "1001", number: "+4999" }, true],
    [{ user: "2001", number: "+4999" }, false],
    [{ user: "", number: "1001" }, true],
    [{ user: "", number: "+491" }, true],
    [{ user: "", number: "1", meant: "+491" }, true],
    [{ user: "", number: "desk" }, false],
    [{ user: "2001", number: "+492", taken_by: "1001" }, true],
    [{ user: "2001", number: "+492", taken_by: "", meant: "" }, false],
  ])("the call %j is of site bonn: %s", (call, expected) => {
    expect(of(["bonn"]).call(call)).toBe(expected);
  });
});
