import { describe, expect, it } from "vitest";
import { differences, merged } from "./documents.ts";
import { actionText, conditionsOf, dialledOf, targetFrom, targetText, treesOf } from "./rules.ts";

const row = (name: string, match: object, priority = 0) => ({ name, rule: { match, priority } });

describe("two people who change one rule", () => {
  const base = { priority: 1, match: { number: "1", user: "ada" }, action: { type: "reject", code: 403 } };

  it("keep what both did; where both did the same, mine", () => {
    const mine = { ...base, priority: 2, match: { number: "1" } };
    const theirs = { ...base, match: { number: "1", user: "ada", flags: { night: true } } };
    expect(merged(base, mine, theirs)).toEqual({
      document: { priority: 2, match: { number: "1", flags: { night: true } }, action: base.action },
      both: [],
    });
    expect(merged(base, mine, { ...theirs, priority: 5 }).both).toEqual(["priority"]);
    expect(merged(base, mine, { ...theirs, priority: 2 }).both).toEqual([]);
  });

  it("see what is different, field by field", () => {
    expect(differences(base, { ...base, match: { number: "2" } })).toEqual([
      { path: "match.number", before: "1", after: "2" },
      { path: "match.user", before: "ada", after: undefined },
    ]);
    expect(differences(null, { a: [1] })).toEqual([{ path: "a.0", before: undefined, after: 1 }]);
    expect(differences({ a: { b: 1 } }, { a: 1 })).toEqual([{ path: "a", before: { b: 1 }, after: 1 }]);
    // The order of members means nothing.
    expect(differences({ a: 1, b: [2] }, { b: [2], a: 1 })).toEqual([]);
  });
});

describe("rules in words", () => {
  it("targets keep what the text does not say", () => {
    for (const text of ["ada", "number:5000", "carrier:main", "farm:pbx", "carriers", "sip:x@192.0.2.1"])
      expect(targetText(targetFrom(text))).toBe(text);
    expect(targetFrom("bob", { type: "user", user: "ada", timeout_ms: 5000 })).toEqual({
      ...{ type: "user", user: "bob", timeout_ms: 5000 },
    });
    const action = { type: "route", strategy: "parallel", targets: [targetFrom("ada"), targetFrom("bob")] };
    expect(actionText({ action })).toBe("ada + bob");
  });

  it("conditions stand in a line", () => {
    const match = {
      number: "1",
      authenticated: true,
      flags: { night: true, off: false },
      dates: [{ from: "a", to: "b" }],
    };
    expect(conditionsOf({ match })).toBe("authenticated, flags night !off, dates a–b");
  });

  it("the tree has longer prefixes and numbers below what they begin with, by priority", () => {
    const trees = treesOf([
      row("all", {}),
      row("berlin", { prefix: "+4930" }),
      row("germany", { prefix: "+49" }),
      row("desk", { number: "+4930123" }),
      row("france", { prefix: "+33" }),
      row("night", {}, 10),
    ]);
    expect(trees.map(({ priority }) => priority)).toEqual([10, 0]);
    const tree = trees[1]?.tree;
    expect(tree?.rules.map(({ name }) => name)).toEqual(["all"]);
    expect(tree?.below.map(({ dialled }) => dialled)).toEqual(["+33…", "+49…"]);
    const [, germany] = tree?.below ?? [];
    expect(germany?.below[0]?.dialled).toBe("+4930…");
    expect(germany?.below[0]?.below[0]?.rules[0]?.name).toBe("desk");
    expect(dialledOf({})).toBe("");
  });
});
