import { describe, expect, test } from "vitest";
import type { NumbersTable, UsersTable } from "../db/tables.ts";
import { Narrowing } from "../http/scope.ts";
import { noFeatures } from "./features-schema.ts";
import { groupSchema } from "./group-schema.ts";
import { groupScope, numberScope, userScope } from "./scopes.ts";

const related = {
  users: new Map([
    ["1001", { site: "bonn" }],
    ["2001", { site: "ulm" }],
    ["2002", { site: "ulm" }],
  ]),
  groups: new Map([["desk", { members: [{ user: "1001" }, { user: "2001" }] }]]),
  numbers: new Map(),
};
const scope = { sites: ["bonn", "mainz"], groups: ["desk"], numbers: ["+491*", "1*"] };
const narrowing = new Narrowing(scope, () => related);

const user = (name: string, site: string | null, more: Partial<UsersTable> = {}): UsersTable => ({
  ...{ name, site, display: "", description: "", enabled: 1, may_show: "[]", features: null, pin: null },
  ...{ ha1_md5: "", ha1_sha256: "" },
  ...more,
});
const features = (pickup: string[]) => JSON.stringify({ ...noFeatures, pickup });

describe("users", () => {
  const may = (before: UsersTable | undefined, after: UsersTable | undefined) => () =>
    userScope.assertMay?.(narrowing, before, after);
  const mine = user("1001", "bonn");

  test.each([
    [mine, user("1001", "mainz")],
    [mine, user("1001", "bonn", { display: "Ada" })],
    [mine, user("1001", "bonn", { may_show: '["+4912*"]' })],
    [undefined, user("ada", "bonn")],
    [undefined, user("1002", "bonn")],
    [mine, undefined],
    // In the part by its group.
    [user("2001", "ulm"), user("2001", "ulm", { display: "Bob" })],
    [
      user("1001", "bonn", { features: features(["a", "b"]) }),
      user("1001", "bonn", { features: features(["a"]) }),
    ],
  ])("%j may become %j", (before, after) => {
    may(before, after)();
  });

  test.each([
    [mine, user("1001", "ulm"), /site/],
    [mine, user("1001", null), undefined],
    [user("2001", "ulm"), user("2001", "bonn"), /site/],
    [user("2002", null), user("2002", null), /site/],
    [undefined, user("ada", null), /site/],
    [undefined, user("ada", "ulm"), /site/],
    [undefined, user("2003", "bonn"), /name/],
    [undefined, user("*21", "bonn"), /name/],
    [mine, user("1001", "bonn", { may_show: '["+49*"]' }), /may_show/],
    [mine, user("1001", "bonn", { may_show: '["*"]' }), /may_show/],
    [mine, user("1001", "bonn", { features: features(["board"]) }), /pickup/],
  ])("%j may not become %j", (before, after, why) => {
    // 1001 without a site stays in the part by its group.
    if (why === undefined) may(before, after)();
    else expect(may(before, after)).toThrow(why);
  });
});

describe("groups", () => {
  const group = (...members: string[]) =>
    groupSchema.parse({ name: "desk", members: members.map((name) => ({ user: name })) });
  const may = (before: string[], after: string[]) => () =>
    groupScope.assertMay?.(narrowing, group(...before), group(...after));

  test("whoever is of the part otherwise comes and goes; nobody is brought in or put out by the group", () => {
    may(["1001", "2001"], ["2001"])();
    may(["2001"], ["2001", "1001"])();
    expect(may(["1001", "2001"], ["1001"])).toThrow(/members/);
    expect(may(["1001", "2001"], ["1001", "2001", "2002"])).toThrow(/members/);
    const other = { ...group("1001"), name: "board" };
    expect(() => groupScope.assertMay?.(narrowing, undefined, other)).toThrow(/name/);
  });
});

describe("numbers", () => {
  const number = (text: string, user_name: string): NumbersTable => ({
    number: text,
    user_name,
    description: "",
  });
  const may = (before: NumbersTable | undefined, after: NumbersTable | undefined) => () =>
    numberScope.assertMay?.(narrowing, before, after);

  test.each([
    [undefined, number("+491", "1001")],
    [number("+491", "2002"), number("+491", "1001")],
    [number("+492", "1001"), number("+492", "2001")],
    [number("+491", "1001"), undefined],
    [number("+491", "2002"), { ...number("+491", "2002"), description: "x" }],
  ])("%j may become %j", (before, after) => {
    may(before, after)();
  });

  test.each([
    [undefined, number("+492", "1001")],
    [undefined, number("+491", "2002")],
    [number("+491", "1001"), number("+491", "2002")],
    [number("+492", "1001"), undefined],
  ])("%j may not become %j", (before, after) => {
    expect(may(before, after)).toThrow(/your part/);
  });
});
