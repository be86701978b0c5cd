import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { questionTo } from "../../test/support/questions.ts";
import { decisionSchema, type Question, type Target } from "../call/contract.ts";
import { noWorld } from "../carriers/choose.ts";
import { calendarSchema } from "../circumstances/calendar-schema.ts";
import { type Features, featuresSchema } from "../directory/features-schema.ts";
import { type Group, groupSchema } from "../directory/group-schema.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { siteSchema } from "../numbering/site-schema.ts";
import { consult, decide } from "./decide.ts";
import { registry, type Snapshot } from "./registry.ts";
import { type RuleInput, ruleSchema } from "./rule-schema.ts";

type Said = z.input<typeof featuresSchema>;

const user = (name: string, features?: Said): UserEntry => ({
  name,
  display: "",
  ha1_md5: "0".repeat(32),
  ha1_sha256: "0".repeat(64),
  enabled: true,
  ...(features && { features: featuresSchema.parse(features) }),
});

interface Has {
  users: Record<string, Said | undefined>;
  groups?: z.input<typeof groupSchema>[];
  rules?: RuleInput[];
  site?: boolean;
}

const byName = <T extends { name: string }>(list: T[]) => new Map(list.map((one) => [one.name, one]));

function world({ users, groups = [], rules = [], site = false }: Has): Snapshot {
  return withChanges(registry, emptySnapshot(registry), 1, {
    users: byName(Object.entries(users).map(([name, features]) => user(name, features))),
    groups: byName<Group>(groups.map((group) => groupSchema.parse(group))),
    rules: byName(rules.map((rule) => ruleSchema.parse(rule))),
    sites: byName(
      site
        ? [
            siteSchema.parse({
              name: "home",
              country: "DE",
              area_code: "711",
              time_zone: "Europe/Berlin",
              default: true,
            }),
          ]
        : [],
    ),
    calendars: byName([
      calendarSchema.parse({
        name: "shop",
        time_zone: "Europe/Berlin",
        hours: [{ from: "09:00", to: "17:00" }],
      }),
    ]),
  });
}

const ask = (number: string, more: Partial<Question> = {}): Question =>
  questionTo(number, {
    from: { user: "2001", domain: "x" },
    to: { user: number, domain: "tel.example" },
    ...more,
  });

/** Thursday, 11:30 in Berlin. */
const noon = Date.UTC(2026, 0, 8, 10, 30);
/** The same day, 20:00 there. */
const evening = Date.UTC(2026, 0, 8, 19);

/** `1001@0`, `#0171@1 busy,declined (1001)`: who rings in which step, after what, on whose behalf. */
const shown = (target: Target): string => {
  const place =
    target.type === "user" ? target.user : target.type === "number" ? `#${target.number}` : target.uri;
  const after = target.after ? ` ${target.after.join(",")}` : "";
  const behalf = target.type === "number" && target.on_behalf_of ? ` (${target.on_behalf_of})` : "";
  return `${place}@${target.step ?? "-"}${after}${behalf}`;
};

function reach(has: Has, question: Question, now = noon): string[] | string {
  const decision = decisionSchema.parse(decide(world(has), question, now));
  return decision.action === "route" ? decision.targets.map(shown) : `${decision.code} ${decision.reason}`;
}

const scopeOf = (has: Has, question: Question, now = noon) => decide(world(has), question, now).remember;

describe("a user that is called", () => {
  it("rings as ever where nothing is set", () => {
    expect(reach({ users: { "1001": undefined } }, ask("1001"))).toEqual(["1001@-"]);
    expect(reach({ users: { "1001": { forward: [] } } }, ask("1001"))).toEqual(["1001@-"]);
  });

  it("forwards always: the number is called in its name, and told that (RFC 5806)", () => {
    const has = { users: { "1001": { forward: [{ when: "always", to: ["0171", "1002"] }] } } } satisfies Has;
    expect(reach(has, ask("1001"))).toEqual(["#0171@0 (1001)", "#1002@1 (1001)"]);
    const decision = decide(world(has), ask("1001"), noon);
    expect(decision.action === "route" && decision.targets[0]?.headers).toEqual({
      Diversion: "<sip:1001@tel.example>;reason=unconditional;counter=1",
    });
    expect(decision.remember?.scope).toBe("anyone");
  });

  it("forwards when busy, not answered, unreachable: each to its own target, several in turn or together", () => {
    const forward: Said["forward"] = [
      { when: "unreachable", to: ["sip:box@mail.example"] },
      { when: "no-answer", to: ["1002", "1003"], together: true, after_s: 12 },
      { when: "busy", to: ["1004", "1005"] },
    ];
    const has: Has = { users: { "1001": { forward } } };
    expect(reach(has, ask("1001"))).toEqual([
      "1001@0",
      "#1004@1 busy,declined (1001)",
      "#1005@2 busy,declined (1001)",
      "#1002@3 no-answer (1001)",
      "#1003@3 no-answer (1001)",
      "sip:box@mail.example@4 unreachable,failed",
    ]);
    const decision = decide(world(has), ask("1001"), noon);
    expect(decision.action === "route" && decision.targets[0]?.timeout_ms).toBe(12_000);
  });

  it("forwards by caller and by time: of one kind the first that holds; what is remembered ends with it", () => {
    const forward: Said["forward"] = [
      { when: "always", to: ["boss"], callers: ["+49711*"] },
      { when: "always", to: ["night"], times: [{ from: "18:00", to: "08:00" }] },
      { when: "always", to: ["desk"], open: "shop" },
    ];
    const has: Has = { users: { "1001": { forward } }, site: true };
    const from = { from: { user: "+4971155", domain: "x" } };
    expect(reach(has, ask("1001", from))).toEqual(["#boss@0 (1001)"]);
    expect(reach(has, ask("1001"))).toEqual(["#desk@0 (1001)"]);
    expect(reach(has, ask("1001"), evening)).toEqual(["#night@0 (1001)"]);
    expect(scopeOf(has, ask("1001"))).toEqual({ scope: "caller", until: Date.UTC(2026, 0, 8, 16) / 1000 });
  });

  it("is not disturbed, but forwards as if busy; 480 says so (RFC 3261 21.4.18)", () => {
    expect(reach({ users: { "1001": { dnd: true } } }, ask("1001"))).toBe("480 Do Not Disturb");
    const forward: Said["forward"] = [{ when: "busy", to: ["1002"] }];
    expect(reach({ users: { "1001": { dnd: true, forward } } }, ask("1001"))).toEqual(["#1002@0 (1001)"]);
  });

  it("lets others ring with its telephones", () => {
    expect(reach({ users: { "1001": { also_ring: ["0171", "sip:me@home.example"] } } }, ask("1001"))).toEqual(
      ["1001@0", "#0171@0 (1001)", "sip:me@home.example@0"],
    );
  });

  it("hears whom it wants to hear", () => {
    const never: Has = { users: { "1001": { callers: { never: ["20*"] } } } };
    expect(reach(never, ask("1001"))).toBe("603 Decline");
    expect(reach(never, ask("1001", { from: { user: "2100", domain: "x" } }))).toEqual(["1001@-"]);
    expect(scopeOf(never, ask("1001"))?.scope).toBe("caller");
    expect(reach({ users: { "1001": { callers: { only: ["3001"] } } } }, ask("1001"))).toBe("603 Decline");
  });

  it("rejects callers who do not say who they are (RFC 5079)", () => {
    const has: Has = { users: { "1001": { anonymous: "reject" } } };
    expect(reach(has, ask("1001", { from: { user: "anonymous", domain: "anonymous.invalid" } }))).toBe(
      "433 Anonymity Disallowed",
    );
    expect(reach(has, ask("1001", { anonymous: true }))).toBe("433 Anonymity Disallowed");
    expect(reach(has, ask("1001"))).toEqual(["1001@-"]);
    expect(scopeOf(has, ask("1001"))?.scope).toBe("never");
  });

  it("is passed over among several of a rule when it does not want to be called; what it forwards is not followed", () => {
    const rules: RuleInput[] = [
      {
        name: "team",
        match: { number: "5" },
        action: { type: "route", targets: ["1001", "1002"].map((name) => ({ type: "user", user: name })) },
      },
    ];
    const always: Said = { forward: [{ when: "always", to: ["0171"] }] };
    expect(reach({ users: { "1001": { dnd: true }, "1002": always }, rules }, ask("5"))).toEqual(["1002@-"]);
    expect(reach({ users: { "1001": { dnd: true }, "1002": { dnd: true } }, rules }, ask("5"))).toBe(
      "480 Do Not Disturb",
    );
  });
});

describe("a user that calls", () => {
  const users = {
    "2001": { may_call: { never: ["0900*"] }, hide_caller: true },
    "2002": { may_call: { only: ["1*", "+49*"] } },
    "1001": undefined,
  } satisfies Has["users"];
  const rules: RuleInput[] = [
    { name: "out", match: {}, action: { type: "route", targets: [{ type: "uri", uri: "sip:{number}@x" }] } },
  ];
  const by = (name: string) => ({ user: name });

  it("may call what its class of service allows, and emergency numbers always", () => {
    expect(reach({ users, rules }, ask("0900123", by("2001")))).toBe("403 Not Allowed To Call This Number");
    expect(reach({ users, rules }, ask("0800123", by("2001")))).toEqual(["sip:0800123@x@-"]);
    expect(reach({ users, rules }, ask("1001", by("2002")))).toEqual(["1001@-"]);
    expect(reach({ users, rules }, ask("0043", by("2002")))).toBe("403 Not Allowed To Call This Number");
    expect(reach({ users, rules, site: true }, ask("112", by("2002")))).toEqual(["sip:112@x@-"]);
  });

  it("makes it matter for all who calls, where anybody is limited", () => {
    expect(scopeOf({ users, rules }, ask("0800"))?.scope).toBe("user");
    expect(scopeOf({ users: { "1001": undefined }, rules }, ask("0800"))?.scope).toBe("anyone");
  });

  it("hides itself when it wants to, for one call by a star code; never from emergency services", () => {
    const hidden = (number: string, name: string) => {
      const decision = decide(world({ users, rules, site: true }), ask(number, by(name)), noon);
      return decision.action === "route" && decision.hide_caller === true;
    };
    expect(hidden("1001", "2001")).toBe(true);
    expect(hidden("112", "2001")).toBe(false);
    expect(hidden("1001", "2002")).toBe(false);
    expect(hidden("#31#1001", "2002")).toBe(true);
    expect(hidden("#31#112", "2002")).toBe(false);
    expect(reach({ users }, ask("#31#1001", by("2002")))).toEqual(["1001@-"]);
  });
});

describe("a group", () => {
  const users: Has["users"] = { "1001": undefined, "1002": undefined, "1003": { dnd: true } };
  const members = Object.keys(users).map((name) => ({ user: name }));
  const group = (more: Partial<z.input<typeof groupSchema>>) => ({
    users,
    groups: [{ name: "sales", members, ...more }],
  });

  it("rings together or in turn those who want to be called, then overflows", () => {
    expect(reach(group({}), ask("sales"))).toEqual(["1001@0", "1002@0"]);
    expect(reach(group({ strategy: "in-turn", overflow: "0171" }), ask("sales"))).toEqual([
      "1001@0",
      "1002@1",
      "#0171@2 busy,declined,no-answer,unreachable,failed (sales)",
    ]);
    expect(reach({ users, groups: [{ name: "sales", members: [{ user: "1003" }] }] }, ask("sales"))).toBe(
      "480 Nobody Is There",
    );
  });

  it("is also called by rules, for a number, and is named in the decision", () => {
    const rules: RuleInput[] = [
      {
        name: "r",
        match: { number: "5" },
        action: { type: "route", targets: [{ type: "number", number: "sales" }] },
      },
    ];
    expect(reach({ ...group({}), rules }, ask("5"))).toEqual(["1001@0", "1002@0"]);
    expect(decide(world({ ...group({}), rules }), ask("5"), noon)).toMatchObject({
      rule: "r",
      group: "sales",
    });
  });

  it("begins with the next in each call (round robin), with anybody where the last is not known", () => {
    const many = Object.fromEntries(["a", "b", "c"].map((name) => [name, undefined]));
    const round = world({
      users: many,
      groups: [
        { name: "g", strategy: "round-robin", members: Object.keys(many).map((name) => ({ user: name })) },
      ],
    });
    const first = (last: string | undefined, call_id = "c") => {
      const found = consult(round, ask("g", { call_id }), noon, new Map(), { lastOf: () => last });
      return found.action === "route" ? found.targets.map(shown).join(" ") : "";
    };
    expect(first("a")).toBe("b@0 c@1 a@2");
    expect(first("c")).toBe("a@0 b@1 c@2");
    const drawn = new Set(
      Array.from({ length: 50 }, (_, index) => first(undefined, `call-${index}`).charAt(0)),
    );
    expect([...drawn].sort()).toEqual(["a", "b", "c"]);
    expect(decide(round, ask("g"), noon).remember?.scope).toBe("never");
  });

  it("rings by weight: who has three times the weight comes first about three times as often", () => {
    const has: Has = {
      users: { a: undefined, b: undefined },
      groups: [{ name: "g", strategy: "by-weight", members: [{ user: "a", weight: 3 }, { user: "b" }] }],
    };
    const weighted = world(has);
    const calls = Array.from({ length: 2000 }, (_, index) => ask("g", { call_id: `call-${index}@host` }));
    const firsts = calls.filter((question) => {
      const decision = decide(weighted, question, noon);
      return decision.action === "route" && shown(decision.targets[0] as Target) === "a@0";
    });
    expect(firsts.length / calls.length).toBeGreaterThan(0.71);
    expect(firsts.length / calls.length).toBeLessThan(0.79);
  });
});

describe("a star code", () => {
  const users: Has["users"] = { "2001": {} };
  const answers = new Map();

  it("is carried out for the user who dials it, before it is answered", () => {
    const found = consult(world({ users }), ask("*21*1002#", { user: "2001" }), noon, answers);
    expect(found).toEqual({
      rule: "code:forward-always-set",
      action: { type: "feature", order: "forward-always-set", to: "1002" },
    });
    const said = new Map([
      ["code:forward-always-set", { action: "reject", code: 480, reason: "Done" } as const],
    ]);
    expect(consult(world({ users }), ask("*21*1002#", { user: "2001" }), noon, said)).toMatchObject({
      action: "reject",
      code: 480,
      reason: "Done",
      remember: { scope: "never" },
    });
  });

  it("needs a user who proved to be one", () => {
    expect(consult(world({ users }), ask("*21*1002#"), noon, answers)).toMatchObject({ code: 407 });
  });
});

it("features of a newer release are ignored where they are not known, refused where people write them", () => {
  const stored = { dnd: true, telepathy: true, callers: { never: [], later: 1 } };
  const read = registry.users.read({
    name: "1001",
    display: "",
    description: "",
    ha1_md5: "0".repeat(32),
    ha1_sha256: "0".repeat(64),
    enabled: 1,
    may_show: "[]",
    site: null,
    pin: null,
    features: JSON.stringify(stored),
  });
  expect(read.features?.dnd).toBe(true);
  expect(featuresSchema.safeParse(stored).success).toBe(false);
  const features: Features | undefined = read.features;
  expect(features?.callers).toEqual({ never: [] });
});

describe("users' calls", () => {
  /** Who is in how many calls, or idle for how long. */
  const living = (
    has: Has,
    question: Question,
    calls: Record<string, { out?: number; in?: number; idle?: number }>,
  ) =>
    consult(world(has), question, noon, new Map(), {
      world: {
        ...noWorld,
        users: {
          callsOf: (name) => ({ out: 0, in: 0, ...calls[name] }),
          idleMs: (name) => calls[name]?.idle,
          inProgress: () => 0,
        },
      },
    });

  it("are limited: more is forbidden to make, and busy to take; emergency calls always", () => {
    const users = {
      "2001": { max_calls: { out: 2 } },
      "1001": { max_calls: { in: 1 }, forward: [{ when: "busy", to: ["1002"] }] as Said["forward"] },
      "1002": { max_calls: { in: 1 } },
    };
    const by = (number: string) => ask(number, { user: "2001" });
    expect(living({ users }, by("1001"), { "2001": { out: 2 } })).toMatchObject({
      code: 403,
      remember: { scope: "never" },
    });
    expect(living({ users }, by("1001"), { "2001": { out: 1 } })).toMatchObject({ action: "route" });
    const rules: RuleInput[] = [
      {
        name: "sos",
        match: { number: "112" },
        action: { type: "route", targets: [{ type: "uri", uri: "sip:112@x" }] },
      },
    ];
    expect(living({ users, rules, site: true }, by("112"), { "2001": { out: 2 } })).toMatchObject({
      rule: "sos",
    });
    expect(living({ users }, ask("1002"), { "1002": { in: 1 } })).toMatchObject({ code: 486 });
    expect(living({ users }, ask("1001"), { "1001": { in: 1 } })).toMatchObject({
      targets: [{ number: "1002", headers: { Diversion: expect.stringContaining("user-busy") } }],
    });
    const groups = [{ name: "g", members: [{ user: "1001" }, { user: "2001" }] }];
    expect(living({ users, groups }, ask("g"), { "1001": { in: 1 } })).toMatchObject({
      targets: [{ user: "2001" }],
    });
  });

  it("say whom a group rings first: the longest idle, the best of those, nobody who talks before others", () => {
    const users = { a: undefined, b: undefined, c: undefined };
    const order = (strategy: "longest-idle" | "by-skill", calls: Parameters<typeof living>[2]) => {
      const members = [{ user: "a", weight: 5 }, { user: "b" }, { user: "c" }];
      const found = living({ users, groups: [{ name: "g", strategy, members }] }, ask("g"), calls);
      return found.action === "route"
        ? found.targets.map((one) => (one.type === "user" ? one.user : "")).join("")
        : "";
    };
    expect(order("longest-idle", {})).toBe("abc");
    expect(order("longest-idle", { a: { idle: 5 }, b: { idle: 9 }, c: { idle: 0 } })).toBe("bac");
    expect(order("by-skill", { a: { idle: 5 }, b: { idle: 9 } })).toBe("acb");
    expect(order("by-skill", { a: { idle: 0 }, b: { idle: 9 } })).toBe("cba");
  });

  it("ring later at members with a delay, where all ring together", () => {
    const members = [{ user: "a" }, { user: "b", delay_s: 10 }];
    const users = { a: undefined, b: undefined };
    const delays = (strategy: "together" | "in-turn") => {
      const found = decide(world({ users, groups: [{ name: "g", strategy, members }] }), ask("g"), noon);
      return found.action === "route" ? found.targets.map((one) => one.type === "user" && one.delay_ms) : [];
    };
    expect(delays("together")).toEqual([undefined, 10_000]);
    expect(delays("in-turn")).toEqual([undefined, undefined]);
  });
});
