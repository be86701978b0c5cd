import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import { decisionSchema, type Question } from "../call/contract.ts";
import { carrierSchema } from "../carriers/carrier-schema.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { asked } from "./asked.ts";
import * as routing from "./decide.ts";
import { registry, type Snapshot } from "./registry.ts";
import { type RuleInput, ruleSchema } from "./rule-schema.ts";

const user = (name: string, enabled = true): UserEntry => ({
  name,
  display: "",
  ha1_md5: "0".repeat(32),
  ha1_sha256: "0".repeat(64),
  enabled,
});

const to = (target: string): RuleInput["action"] => ({
  type: "route",
  targets: [{ type: "uri", uri: target }],
});

function world(rules: RuleInput[], numbers: Record<string, string> = {}, users: UserEntry[] = []): Snapshot {
  return withChanges(registry, emptySnapshot(registry), 42, {
    users: new Map(users.map((entry) => [entry.name, entry])),
    numbers: new Map(Object.entries(numbers).map(([number, name]) => [number, { number, user: name }])),
    rules: new Map(rules.map((rule) => [rule.name, ruleSchema.parse(rule)])),
  });
}

const now = Date.UTC(2026, 0, 1, 1);
const { candidates } = routing;
const decide = (snapshot: Snapshot, question: Question) => routing.decide(snapshot, question, now);

const ask = (number: string, more: Partial<Question> = {}): Question =>
  questionTo(number, { from: { user: "4930111", domain: "x" }, ...more });

describe("decide", () => {
  const golden = world(
    [
      { name: "exact", match: { number: "5000" }, action: to("sip:exact@x") },
      { name: "short", match: { prefix: "50" }, action: to("sip:short@x") },
      { name: "long", match: { prefix: "500" }, action: to("sip:{rest}@long") },
      { name: "any", match: {}, action: to("sip:{number}@any") },
      { name: "vip-first", priority: 5, match: { caller: "4930111", prefix: "7" }, action: to("sip:vip@x") },
      {
        name: "blocked",
        priority: 9,
        match: { caller_prefix: "4989" },
        action: { type: "reject", code: 603, reason: "Decline" },
      },
      { name: "blocked-net", priority: 9, match: { source: "203.0.113.0/24" }, action: { type: "reject" } },
      { name: "off", priority: 99, enabled: false, match: {}, action: to("sip:off@x") },
      { name: "abroad", match: { prefix: "00", authenticated: true }, action: to("sip:+{rest}@carrier") },
      { name: "abroad-boss", match: { prefix: "00", user: "boss" }, action: to("sip:+{rest}@gold") },
    ],
    { "5001": "ada", "5002": "gone", "5003": "off" },
    [user("ada"), user("bob"), user("5004"), user("off", false)],
  );

  it.each<[string, Partial<Question>, string]>([
    ["5000", {}, "exact"],
    ["5001", {}, "number:5001"],
    ["5002", {}, "long"], // its user is gone: the next candidate
    ["5003", {}, "long"], // its user is disabled
    ["5004", {}, "user:5004"],
    ["bob", {}, "user:bob"],
    ["off", {}, "any"],
    ["5009", {}, "long"],
    ["5100", {}, "any"],
    ["5055", {}, "short"],
    ["7123", {}, "vip-first"],
    ["7123", { from: { user: "1", domain: "x" } }, "any"],
    ["5000", { from: { user: "498912", domain: "x" } }, "blocked"],
    ["5000", { source: { address: "203.0.113.7", port: 1 } }, "blocked-net"],
    ["0049", {}, "any"],
    ["0049", { user: "ada" }, "abroad"],
    ["0049", { user: "boss" }, "abroad-boss"],
  ])("sends %s %j by %s", (number, more, rule) => {
    expect(decide(golden, ask(number, more)).rule).toBe(rule);
  });

  it("fills templates, and refuses with 404 when nothing fits", () => {
    expect(decide(golden, ask("5009"))).toEqual({
      v: 1,
      action: "route",
      strategy: "serial",
      targets: [{ type: "uri", uri: "sip:9@long" }],
      record: false,
      rule: "long",
      rules_version: 42,
      // A rule for a caller was asked before; until the end of the half day after this one.
      remember: { scope: "caller", until: Date.UTC(2026, 0, 2) / 1000 },
    });
    expect(decide(world([]), ask("1"))).toMatchObject({ action: "reject", code: 404, rule: "none" });
  });

  it("asks who calls a number that only users may call, not who has said it", () => {
    const one: RuleInput = { name: "a", match: { number: "1", authenticated: true }, action: to("sip:x@y") };
    for (const rule of [one, { ...one, match: { number: "1", user: "ada" } }]) {
      const rules = world([rule]);
      expect(decide(rules, ask("1"))).toMatchObject({ action: "reject", code: 407, rule: "none" });
      expect(decide(rules, ask("2"))).toMatchObject({ code: 404 });
    }
    expect(
      decide(world([{ ...one, match: { number: "1", user: "ada" } }]), ask("1", { user: "eve" })),
    ).toMatchObject({
      code: 404,
    });
  });

  it("explains", () => {
    expect(routing.explain(golden, ask("0049"), now).considered).toEqual([
      { candidate: "blocked-net", verdict: "passed over", why: "192.0.2.9 is not in 203.0.113.0/24" },
      { candidate: "abroad", verdict: "passed over", why: "the caller did not authenticate" },
      { candidate: "any", verdict: "chosen", why: "all that the rule names holds" },
    ]);
  });

  it("lets nothing of the dialled number change the address's meaning", () => {
    const decision = decide(golden, ask("1@evil.example;x=<y>\r\nVia: z"));
    expect(decision).toMatchObject({
      targets: [{ uri: "sip:1%40evil.example%3Bx%3D%3Cy%3E%0D%0AVia%3A%20z@any" }],
    });
  });

  it("writes a number into headers and addresses without changing what it is", () => {
    const rules = world([
      {
        name: "out",
        match: { prefix: "+49-77" },
        action: {
          type: "route",
          targets: [{ type: "uri", uri: "sip:{rest}@any" }],
          headers: { "X-Dialled": "<sip:{number}@any>" },
        },
      },
    ]);
    // The rule was written with a separator; calls come without.
    expect(decide(rules, ask("+49771#%"))).toMatchObject({
      targets: [{ uri: "sip:1%23%25@any" }],
      headers: { "X-Dialled": "<sip:+49771#%25@any>" },
    });
    expect(decide(rules, ask("+4977>,<sip:x@y"))).toMatchObject({
      headers: { "X-Dialled": "<sip:+4977%3E%2C%3Csip:x%40y@any>" },
    });
  });

  it("answers 484 when the number is too long for an address", () => {
    expect(decide(golden, ask("9".repeat(506)))).toMatchObject({ action: "reject", code: 484 });
  });
});

const digits = fc.stringMatching(/^[0-3]{1,4}$/);
const arbitraryRule = fc.record({
  name: fc.stringMatching(/^[a-f][0-9]{0,2}$/),
  priority: fc.integer({ min: -2, max: 2 }),
  kind: fc.constantFrom("number", "prefix", "any"),
  key: digits,
  caller: fc.option(digits, { nil: undefined }),
  callerIsPrefix: fc.boolean(),
  authenticated: fc.boolean(),
  source: fc.constantFrom(undefined, "192.0.2.0/24", "192.0.2.9", "10.0.0.0/8"),
});

const arbitraryWorld = fc.array(arbitraryRule, { maxLength: 30 }).map((rules): RuleInput[] =>
  rules.map((rule) => ({
    name: rule.name,
    priority: rule.priority,
    match: {
      ...(rule.kind !== "any" && { [rule.kind]: rule.key }),
      ...(rule.caller !== undefined && { [rule.callerIsPrefix ? "caller_prefix" : "caller"]: rule.caller }),
      ...(rule.authenticated && { authenticated: true as const }),
      ...(rule.source !== undefined && { source: rule.source }),
    },
    action: to("sip:{number}@x"),
  })),
);

/** What the documentation says, without any index. */
function naive(rules: RuleInput[], question: Question): string {
  const bits = (rule: RuleInput) =>
    rule.match?.source === undefined ? -1 : Number(rule.match.source.split("/")[1] ?? 32);
  const inNetwork = (source: string) =>
    source === "10.0.0.0/8"
      ? question.source.address.startsWith("10.")
      : source === "192.0.2.0/24"
        ? question.source.address.startsWith("192.0.2.")
        : question.source.address === source;
  const weight = (exact: string | undefined, prefix: string | undefined) =>
    exact !== undefined ? 1000 : (prefix?.length ?? -1);
  const fits = rules.filter(
    ({ match = {} }) =>
      (match.number === undefined || match.number === question.number) &&
      (match.prefix === undefined || question.number.startsWith(match.prefix)) &&
      (match.caller === undefined || match.caller === question.from.user) &&
      (match.caller_prefix === undefined || question.from.user.startsWith(match.caller_prefix)) &&
      (!match.authenticated || question.user !== undefined) &&
      (match.source === undefined || inNetwork(match.source)),
  );
  const [first] = fits.sort(
    (a, b) =>
      (b.priority ?? 0) - (a.priority ?? 0) ||
      weight(b.match?.number, b.match?.prefix) - weight(a.match?.number, a.match?.prefix) ||
      weight(b.match?.caller, b.match?.caller_prefix) - weight(a.match?.caller, a.match?.caller_prefix) ||
      Number(b.match?.authenticated ?? false) - Number(a.match?.authenticated ?? false) ||
      bits(b) - bits(a) ||
      (a.name < b.name ? -1 : 1),
  );
  return first?.name ?? "none";
}

describe("decide, for any rules", () => {
  const question = fc.record({
    number: digits,
    caller: digits,
    user: fc.option(fc.constant("ada"), { nil: undefined }),
    address: fc.constantFrom("192.0.2.9", "192.0.2.10", "10.1.2.3", "::1", "garbage"),
  });
  const build = (q: { number: string; caller: string; user: string | undefined; address: string }) =>
    ask(q.number, {
      from: { user: q.caller, domain: "x" },
      source: { address: q.address, port: 1 },
      ...(q.user !== undefined && { user: q.user }),
    });

  it("finds what a search without indexes finds", () => {
    fc.assert(
      fc.property(arbitraryWorld, question, (rules, q) => {
        const unique = [...new Map(rules.map((rule) => [rule.name, rule])).values()];
        expect(decide(world(unique), build(q)).rule).toBe(naive(unique, build(q)));
      }),
      { numRuns: 200 },
    );
  });

  it("does not depend on the order in which rules were made", () => {
    fc.assert(
      fc.property(arbitraryWorld, question, (rules, q) => {
        const unique = [...new Map(rules.map((rule) => [rule.name, rule])).values()];
        expect(decide(world(unique.toReversed()), build(q))).toEqual(decide(world(unique), build(q)));
      }),
    );
  });

  it("always gives a decision that fits the contract", () => {
    const template = fc.constantFrom("sip:{number}@x", "sip:{rest}@x", "tel:{number}", "sip:x@h;a={caller}");
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.string({ unit: "binary", maxLength: 300 }),
        template,
        (number, caller, uri) => {
          const action: RuleInput["action"] = {
            type: "route",
            targets: [{ type: "uri", uri, via: "sip:{caller}@hop", headers: { "X-Dialled": "{number}" } }],
            headers: { "X-From": "{caller}" },
          };
          const decision = decide(
            world([{ name: "all", action }]),
            ask(number, { from: { user: caller, domain: "x" } }),
          );
          expect(() => decisionSchema.parse(decision)).not.toThrow();
        },
      ),
      { numRuns: 150 },
    );
  });

  it("looks at few candidates among 100,000 numbers and 10,000 rules (bench/decision.ts has the times)", () => {
    const numbers = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`9${index}`, "ada"]));
    const rules = Array.from(
      { length: 10_000 },
      (_, index): RuleInput => ({
        name: `r${index}`,
        match: { prefix: `8${index}` },
        action: to("sip:{rest}@x"),
      }),
    );
    const big = world(rules, numbers, [user("ada")]);
    expect([...candidates(asked(big, ask("95"), now))]).toHaveLength(1);
    // The prefixes 89, 899, 8999 and 89990.
    expect([...candidates(asked(big, ask("899900"), now))]).toHaveLength(4);
  });
});

describe("for whom a decision may be remembered", () => {
  const scope = (rules: RuleInput[], number = "5", more: Partial<Question> = {}) =>
    decide(world(rules, { "77": "ada" }, [user("ada")]), ask(number, more)).remember?.scope;
  const open: RuleInput = { name: "z-open", action: to("sip:x@y") };
  const block = { type: "reject" } as const;

  it.each([
    ["nobody was asked for anything", [open], "anyone"],
    ["an assigned number", [], "anyone", "77"],
    ["only users may", [{ name: "a", match: { authenticated: true }, action: to("sip:x@y") }], "user"],
    ["a named user may", [{ name: "a", match: { user: "ada" }, action: to("sip:x@y") }], "user"],
    [
      "users may, others go elsewhere",
      [{ name: "a", match: { authenticated: true }, action: block }, open],
      "user",
    ],
    [
      "another number's rule",
      [{ name: "a", match: { number: "6", user: "ada" }, action: block }, open],
      "anyone",
    ],
    ["a network", [{ name: "a", match: { source: "192.0.2.0/24" }, action: to("sip:x@y") }], "source"],
    ["not that network", [{ name: "a", match: { source: "10.0.0.0/8" }, action: block }, open], "source"],
    [
      "some caller is blocked",
      [{ name: "a", priority: 9, match: { caller: "66" }, action: block }, open],
      "caller",
    ],
    [
      "a less urgent rule",
      [open, { name: "a", priority: -1, match: { caller: "66" }, action: block }],
      "anyone",
    ],
    ["the address names the caller", [{ name: "a", action: to("sip:{caller}@y") }], "caller"],
    ["the address names the user", [{ name: "a", action: to("sip:{user}x@y") }], "user"],
    [
      "a network and a caller",
      [
        { name: "a", priority: 9, match: { source: "10.0.0.0/8" }, action: block },
        { name: "b", priority: 8, match: { caller_prefix: "66" }, action: block },
        open,
      ],
      "caller",
    ],
  ] as [string, RuleInput[], string, string?][])("%s", (_, rules, expected, number) => {
    expect(scope(rules, number)).toBe(expected);
  });

  it("whoever shares what the scope names gets the same decision", () => {
    const pick = <T>(values: T[]) => fc.constantFrom(...values);
    const match = fc.record(
      {
        number: pick(["1", "2"]),
        caller: pick(["10", "11"]),
        user: pick(["ada", "bob"]),
        authenticated: fc.constant(true as const),
        source: pick(["192.0.2.0/24", "192.0.2.9"]),
      },
      { requiredKeys: [] },
    );
    const rule = fc.record({ match, priority: pick([0, 5]), target: pick(["sip:a@x", "sip:{caller}@x"]) });
    const asker = fc.record({
      user: pick(["ada", "bob", undefined]),
      source: pick(["192.0.2.9", "192.0.2.8"]),
      caller: pick(["10", "11", "12"]),
    });
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        asker,
        asker,
        pick(["1", "2"]),
        (made, one, two, number) => {
          const rules = made.map(({ target, ...rest }, index) => ({
            ...rest,
            name: `r${index}`,
            action: to(target),
          }));
          const snapshot = world(rules);
          const decided = [one, two].map(({ user: name, source, caller }) =>
            decide(
              snapshot,
              ask(number, {
                from: { user: caller, domain: "x" },
                source: { address: source, port: 1 },
                ...(name !== undefined && { user: name }),
              }),
            ),
          );
          const [first, second] = decided;
          const same = {
            anyone: true,
            user: one.user === two.user,
            source: one.user === two.user && one.source === two.source,
            caller: one.user === two.user && one.source === two.source && one.caller === two.caller,
            never: false,
          };
          if (same[first?.remember?.scope ?? "never"]) expect(second).toEqual(first);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe("calls to carriers", () => {
  const rule = (targets: { type: "carrier"; carrier: string }[]) =>
    ruleSchema.parse({ name: "world", match: { prefix: "+" }, action: { type: "route", targets } });
  const carrier = (name: string, more: object) =>
    carrierSchema.parse({ name, addresses: [{ host: `${name}.example` }], ...more });
  const through = (rules: ReturnType<typeof rule>, ...carriers: ReturnType<typeof carrier>[]) =>
    decide(
      withChanges(registry, emptySnapshot(registry), 1, {
        rules: new Map([["world", rules]]),
        carriers: new Map(carriers.map((each) => [each.name, each])),
      }),
      ask("+4930%5"),
    );
  const both = rule([
    { type: "carrier", carrier: "one" },
    { type: "carrier", carrier: "two" },
  ]);

  it("go to each of its addresses, with the number as it wants it, and its headers", () => {
    const addresses = [{ host: "192.0.2.1", port: 5070, transport: "tcp" }, { host: "192.0.2.2" }];
    const one = carrier("one", { addresses, number: "00{digits}", headers: { "X-From": "{caller}" } });
    expect(through(both, one, carrier("two", { number: "9{rest}" }))).toMatchObject({
      targets: [
        {
          uri: "sip:004930%255@192.0.2.1:5070;transport=tcp",
          carrier: "one",
          headers: { "X-From": "4930111" },
        },
        { uri: "sip:004930%255@192.0.2.2", carrier: "one" },
        { uri: "sip:94930%255@two.example", carrier: "two" },
      ],
    });
  });

  it("pass over carriers that are disabled or gone; with none left: 503", () => {
    const off = carrier("one", { enabled: false });
    expect(through(both, off, carrier("two", {}))).toMatchObject({ targets: [{ carrier: "two" }] });
    expect(through(both, off)).toMatchObject({ action: "reject", code: 503 });
  });
});

describe("what rules do beside calling somebody", () => {
  const rules: RuleInput[] = [
    {
      name: "moved",
      match: { prefix: "7" },
      action: { type: "redirect", to: ["sip:{number}@gw.example", "tel:{rest}"], tags: { why: "moved" } },
    },
    {
      name: "gone",
      match: { number: "8" },
      action: { type: "redirect", to: ["tel:+49301"], permanent: true },
    },
    { name: "no", match: { number: "9" }, action: { type: "reject", tags: { why: "no" } } },
    {
      name: "yes",
      match: { number: "5" },
      action: { ...to("sip:a@x"), tags: { team: "sales" } } as RuleInput["action"],
    },
  ];
  const found = (number: string) => decide(world(rules), ask(number));

  it("redirect to addresses that are filled in; those that are none are left out", () => {
    expect(found("71")).toMatchObject({
      action: "reject",
      code: 302,
      contacts: ["sip:71@gw.example", "tel:1"],
      tags: { why: "moved" },
    });
    expect(found("7")).toMatchObject({ contacts: ["sip:7@gw.example"] });
    expect(found("8")).toMatchObject({ code: 301, contacts: ["tel:+49301"] });
    for (const number of ["71", "8", "9", "5"]) expect(decisionSchema.parse(found(number))).toBeTruthy();
  });

  it("note tags", () => {
    expect(found("9")).toMatchObject({ code: 403, tags: { why: "no" } });
    expect(found("5")).toMatchObject({ tags: { team: "sales" } });
  });

  it("play nothing: that is refused, and says so", () => {
    for (const type of ["announce", "voice"])
      expect(
        ruleSchema.safeParse({ name: "x", action: { type, file: "closed.wav" } }).error?.issues[0]?.message,
      ).toMatch(/plays nothing to callers and has no voice applications/);
  });
});
