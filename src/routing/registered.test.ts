import { describe, expect, it } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import type { Question } from "../call/contract.ts";
import { noWorld } from "../carriers/choose.ts";
import { deskSchema } from "../directory/desk-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { consult, explain } from "./decide.ts";
import { registrationsAsked } from "./registered.ts";
import { registry, type Snapshot } from "./registry.ts";
import { type RuleInput, ruleSchema } from "./rule-schema.ts";

/** Conditions that look at how things stand just now. */

const rule = (name: string, match: RuleInput["match"], priority: number): RuleInput => ({
  name,
  priority,
  match,
  action: { type: "reject" },
});

const user = (name: string) => ({ name, display: "", ha1_md5: "", ha1_sha256: "", enabled: true });

function world(rules: RuleInput[], desks: Record<string, string> = {}): Snapshot {
  return withChanges(registry, emptySnapshot(registry), 1, {
    users: new Map(["1001", "1002", "desk7"].map((name) => [name, user(name)])),
    desks: new Map(Object.entries(desks).map(([name, who]) => [name, deskSchema.parse({ name, user: who })])),
    rules: new Map(rules.map((one) => [one.name, ruleSchema.parse(one)])),
  });
}

const away = [
  rule("away", { number: "5000", unregistered: "1001" }, 9),
  rule("there", { number: "5000", registered: "1002" }, 8),
  rule("other", {}, 0),
  rule("later", { number: "5000", registered: "1003" }, -1),
];
const decided = (snapshot: Snapshot, more: Partial<Question> = {}, calls = 0) =>
  consult(snapshot, questionTo("5000", more), 0, new Map(), {
    world: { ...noWorld, users: { ...noWorld.users, inProgress: () => calls } },
  });

describe("whether a user is registered", () => {
  it("decides, and counts as yes where it is not known", () => {
    const by = (registered: Record<string, boolean>) => decided(world(away), { registered });
    expect(by({ "1001": false })).toMatchObject({ rule: "away" });
    expect(by({ "1001": true, "1002": true })).toMatchObject({ rule: "there" });
    expect(by({ "1001": true, "1002": false })).toMatchObject({ rule: "other" });
    expect(decided(world(away))).toMatchObject({ rule: "there", remember: { until: 900 } });
    const { considered } = explain(world(away), questionTo("5000"), 0);
    expect(considered[0]?.why).toBe("1001 is registered, as far as is known");
  });

  it("counts the telephones where the user is logged in", () => {
    const snapshot = world(away, { desk7: "1001" });
    const by = (registered: Record<string, boolean>) => decided(snapshot, { registered });
    expect(registrationsAsked(snapshot, questionTo("5000"), 0)).toEqual(["1001", "desk7", "1002"]);
    expect(by({ "1001": false, desk7: true, "1002": false })).toMatchObject({ rule: "other" });
    expect(by({ "1001": false, desk7: false })).toMatchObject({ rule: "away" });
  });

  it("is known of who calls and of who is called too; where that is nobody nothing holds", () => {
    const mine = (match: RuleInput["match"]) =>
      world([rule("mine", { ...match, prefix: "100" }, 9), rule("other", {}, 0)]);
    const by = (snapshot: Snapshot, number: string, more: Partial<Question>) =>
      consult(snapshot, questionTo(number, more), 0, new Map());
    const called = mine({ unregistered: "{number}" });
    expect(registrationsAsked(called, questionTo("1002"), 0)).toEqual(["1002"]);
    expect(by(called, "1002", { registered: { "1002": false } })).toMatchObject({ rule: "mine" });
    expect(by(called, "1002", { registered: { "1002": true } })).not.toMatchObject({ rule: "mine" });
    expect(registrationsAsked(called, questionTo("1009"), 0)).toEqual([]);
    expect(by(called, "1009", {})).toMatchObject({ rule: "other" });
    const caller = mine({ registered: "{user}" });
    expect(registrationsAsked(caller, questionTo("1002", { user: "1001" }), 0)).toEqual(["1001"]);
    expect(by(caller, "1002", { user: "1001", registered: { "1001": true } })).toMatchObject({
      rule: "mine",
    });
    expect(by(caller, "1002", {})).not.toMatchObject({ rule: "mine" });
  });

  it("is asked of whoever knows once, of those who matter, and not for other calls", () => {
    const asked = (snapshot: Snapshot, number: string, more: Partial<Question> = {}) =>
      registrationsAsked(snapshot, questionTo(number, more), 0);
    expect(asked(world(away), "5000")).toEqual(["1001", "1002"]);
    expect(asked(world(away), "#31#5000")).toEqual(["1001", "1002"]);
    expect(asked(world(away), "5000", { registered: {} })).toEqual([]);
    expect(asked(world(away), "5001")).toEqual([]);
    expect(asked(world(away), "*26#")).toEqual([]);
    expect(asked(world([rule("other", {}, 0)]), "5000")).toEqual([]);
    const gone = withChanges(registry, world(away), 2, {
      rules: new Map(["away", "there", "later"].map((name) => [name, undefined])),
    });
    expect(gone.indexes.rules.registered).toBe(0);
  });
});

it("how many calls there are decides", () => {
  const full = world([
    rule("full", { calls_at_least: 40 }, 2),
    rule("some", { calls_at_least: 10, calls_below: 20 }, 1),
    rule("other", {}, 0),
  ]);
  for (const [calls, name] of [
    [40, "full"],
    [39, "other"],
    [19, "some"],
    [20, "other"],
    [9, "other"],
  ] as const)
    expect(decided(full, {}, calls)).toMatchObject({ rule: name, remember: { until: 900 } });
  expect(full.indexes.rules.calls).toBe(2);
});

it("whether the node is overloaded decides", () => {
  const busy = world([rule("busy", { overloaded: true }, 2), rule("calm", { overloaded: false }, 1)]);
  expect(decided(busy, { overloaded: true })).toMatchObject({ rule: "busy" });
  expect(decided(busy)).toMatchObject({ rule: "calm" });
});
