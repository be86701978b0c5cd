import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import type { Changed } from "../entities/entity.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { explain } from "./decide.ts";
import { registry, type Snapshot } from "./registry.ts";
import { type Rule, ruleSchema } from "./rule-schema.ts";

/** Few names and digits, so that changes hit what exists and rules compete. */
const digits = fc.constantFrom("1", "12", "123", "124", "2", "20", "0049");
const name = fc.constantFrom("ada", "bob", "cy");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const rule: fc.Arbitrary<Rule> = fc
  .record({
    name: fc.constantFrom("r1", "r2", "r3", "r4", "r5", "r6"),
    priority: fc.constantFrom(-1, 0, 0, 5),
    enabled: fc.boolean(),
    number: maybe(digits),
    prefix: maybe(digits),
    caller_prefix: maybe(digits),
    user: maybe(name),
    authenticated: maybe(fc.constant(true as const)),
    source: maybe(fc.constantFrom("192.0.2.0/24", "192.0.2.7", "10.0.0.0/8")),
  })
  .map(({ name, priority, enabled, number, prefix, ...match }) =>
    ruleSchema.parse({
      name,
      priority,
      enabled,
      match: { ...match, ...(number === undefined ? { prefix } : { number }) },
      action: { type: "reject", reason: name },
    }),
  );

const nothing = () => ({ users: new Map(), numbers: new Map(), rules: new Map() });
const user = fc.record({ name, enabled: fc.boolean() }).map(({ name, enabled }) => ({
  name,
  enabled,
  display: "",
  ha1_md5: "",
  ha1_sha256: "",
}));

const change: fc.Arbitrary<Changed<typeof registry>> = fc.oneof(
  user.map((value) => ({ ...nothing(), users: new Map([[value.name, value]]) })),
  name.map((key) => ({ ...nothing(), users: new Map([[key, undefined]]) })),
  fc.record({ number: digits, user: name }).map((value) => ({
    ...nothing(),
    numbers: new Map([[value.number, value]]),
  })),
  digits.map((key) => ({ ...nothing(), numbers: new Map([[key, undefined]]) })),
  fc.array(rule, { maxLength: 3 }).map((values) => ({
    ...nothing(),
    rules: new Map(values.map((value) => [value.name, value])),
  })),
  rule.map((value) => ({ ...nothing(), rules: new Map([[value.name, undefined]]) })),
);

const questions = ["1", "12", "1239", "20", "00491", "ada"].flatMap((number) =>
  [undefined, "ada"].map((asker) =>
    questionTo(number, {
      from: { user: asker === undefined ? "99" : "123", domain: "x" },
      source: { address: "192.0.2.7", port: 5060 },
      ...(asker !== undefined && { user: asker }),
    }),
  ),
);
const answers = (snapshot: Snapshot) => questions.map((question) => explain(snapshot, question, 0));

describe("snapshots", () => {
  it("stay as they were whatever changes, and are what reading everything would make", () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 25 }), (changes) => {
        let snapshot = emptySnapshot(registry);
        const before: [Snapshot, string][] = [];
        for (const [version, changed] of changes.entries()) {
          before.push([snapshot, JSON.stringify(answers(snapshot))]);
          snapshot = withChanges(registry, snapshot, version + 1, changed);
        }
        for (const [old, then] of before) expect(JSON.stringify(answers(old))).toBe(then);
        const fresh = withChanges(registry, emptySnapshot(registry), snapshot.version, {
          users: new Map(snapshot.parts.users),
          numbers: new Map(snapshot.parts.numbers),
          rules: new Map(snapshot.parts.rules),
        });
        expect(answers(fresh)).toEqual(answers(snapshot));
        expect(fresh.indexes.rules.levels.map(({ priority }) => priority)).toEqual(
          snapshot.indexes.rules.levels.map(({ priority }) => priority),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("share what did not change", () => {
    const one = withChanges(registry, emptySnapshot(registry), 1, {
      ...nothing(),
      rules: new Map([["r", ruleSchema.parse({ name: "r", action: { type: "reject" } })]]),
    });
    const two = withChanges(registry, one, 2, {
      ...nothing(),
      numbers: new Map([["5", { number: "5", user: "ada" }]]),
    });
    expect(two.indexes.rules).toBe(one.indexes.rules);
    expect(two.parts.users).toBe(one.parts.users);
    expect(one.parts.numbers.size).toBe(0);
  });
});
