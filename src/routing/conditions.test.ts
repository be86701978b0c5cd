import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import type { Question } from "../call/contract.ts";
import { calendarSchema } from "../circumstances/calendar-schema.ts";
import { pack } from "../circumstances/lookup.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { siteSchema } from "../numbering/site-schema.ts";
import { shareOf } from "./conditions.ts";
import { decide, explain } from "./decide.ts";
import { registry, type Snapshot } from "./registry.ts";
import { type RuleInput, ruleSchema } from "./rule-schema.ts";

const office = calendarSchema.parse({
  name: "office",
  time_zone: "Europe/Berlin",
  hours: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "08:00", to: "18:00" }],
  holidays: [{ date: "2026-12-25", name: "Christmas" }],
});
const berlin = siteSchema.parse({
  name: "berlin",
  country: "DE",
  area_code: "30",
  time_zone: "Europe/Berlin",
});

function world(rules: RuleInput[], flags: Record<string, boolean> = {}): Snapshot {
  return withChanges(registry, emptySnapshot(registry), 1, {
    sites: new Map([["berlin", berlin]]),
    calendars: new Map([["office", office]]),
    flags: new Map(Object.entries(flags).map(([name, on]) => [name, { name, on, description: "" }])),
    rules: new Map(rules.map((rule) => [rule.name, ruleSchema.parse(rule)])),
  });
}

const rule = (name: string, match: RuleInput["match"], priority = 1): RuleInput => ({
  name,
  priority,
  match,
  action: { type: "reject" },
});
const other = rule("other", {}, 0);

const ask = (number: string, more: Partial<Question> = {}): Question =>
  questionTo(number, { from: { user: "030111112", domain: "x" }, ...more });

const monday = (text: string): number => Date.parse(`2026-11-30T${text}+01:00`);
const decided = (match: RuleInput["match"], number = "5000", now = monday("12:00:00"), flags = {}) =>
  decide(world([rule("it", match), other], flags), ask(number), now).rule;

describe("conditions", () => {
  it.each([
    ["a flag", { flags: { night: true } }, "other"],
    ["a flag that is off", { flags: { night: false } }, "it"],
    ["a calendar", { open: "office" }, "it"],
    ["closed", { closed: "office" }, "other"],
    ["a holiday", { holiday: "office" }, "other"],
    ["a calendar that is gone", { closed: "gone" }, "other"],
    ["a time", { times: [{ from: "11:00", to: "13:00" }] }, "it"],
    ["a time elsewhere", { times: [{ from: "11:00", to: "13:00" }], time_zone: "Asia/Tokyo" }, "other"],
    ["a date", { dates: [{ from: "11-30" }] }, "it"],
    ["another date", { dates: [{ from: "12-01", to: "12-02" }] }, "other"],
    ["an extension", { number_class: ["extension"] }, "it"],
    ["nobody hides", { anonymous: false }, "it"],
    ["somebody hides", { anonymous: true }, "other"],
    ["the site", { site: "berlin" }, "it"],
    ["another site", { site: "munich" }, "other"],
    ["the caller's country", { caller_country: ["DE"] }, "it"],
    ["the caller's kind", { caller_class: ["mobile"] }, "other"],
    ["two of them", { open: "office", flags: { night: true } }, "other"],
  ] as [string, RuleInput["match"], string][])("%s", (_, match, expected) => {
    expect(decided(match)).toBe(expected);
  });

  it("of numbers outside", () => {
    expect(decided({ number_country: ["GB", "US"] }, "00442079460000")).toBe("it");
    expect(decided({ number_class: ["premium"] }, "09001123456")).toBe("it");
    expect(decided({ number_class: ["emergency"] }, "112")).toBe("it");
    expect(decided({ number_class: ["mobile"] }, "0711123456")).toBe("other");
  });

  it("look up tables, and fill targets with them", () => {
    const rules: RuleInput[] = [
      {
        name: "gold",
        priority: 2,
        match: { table: { name: "customers", column: "level", is: ["gold"] } },
        action: { type: "route", targets: [{ type: "user", user: "{table:customers}" }] },
      },
      rule("stranger", { table: { name: "customers", listed: false } }),
      other,
    ];
    const packed = pack(
      ["number", "agent", "level"],
      [
        ["+4930111112", "1001", "gold"],
        ["+4930111113", "1002", "tin"],
      ],
    );
    const snapshot = withChanges(registry, world(rules), 2, {
      tables: new Map([["customers", { name: "customers", description: "", packed }]]),
    });
    const by = (user: string) => decide(snapshot, ask("5000", { from: { user, domain: "x" } }), 0);
    expect(by("030111112")).toMatchObject({ rule: "gold", targets: [{ type: "user", user: "1001" }] });
    expect(by("030111112").remember?.scope).toBe("caller");
    expect(by("030111113").rule).toBe("other");
    expect(by("030111114").rule).toBe("stranger");
  });

  it("go before the same without any", () => {
    const snapshot = world(
      [rule("a", { number: "5000" }), rule("b", { number: "5000", flags: { night: true } })],
      {
        night: true,
      },
    );
    expect(decide(snapshot, ask("5000"), 0).rule).toBe("b");
  });

  it("hold for their share of calls, each call the same way", () => {
    const drawn = Array.from({ length: 10_000 }, (_, at) => shareOf(`call-${at}@host`, "split"));
    expect(drawn.every((share) => share >= 0 && share < 100)).toBe(true);
    const below = drawn.filter((share) => share < 30).length;
    expect(Math.abs(below - 3000)).toBeLessThan(200);
    expect(shareOf("call-1@host", "split")).toBe(drawn[1]);
    const both = drawn.filter((share, at) => share < 50 && shareOf(`call-${at}@host`, "second") < 50).length;
    expect(Math.abs(both - 2500)).toBeLessThan(200);
  });

  it("say why", () => {
    const snapshot = world([rule("it", { closed: "office", flags: { night: false } }), other]);
    const at = Date.parse("2026-12-25T12:00:00+01:00");
    expect(explain(snapshot, ask("5000"), at).considered[0]).toEqual({
      candidate: "it",
      verdict: "chosen",
      why: "all that the rule names holds: flag night is off; calendar office is holiday (Christmas) at 2026-12-25 12:00 Europe/Berlin",
    });
    expect(explain(snapshot, ask("5000"), monday("12:00:00")).considered[0]?.why).toBe(
      "calendar office is open at 2026-11-30 12:00 Europe/Berlin",
    );
  });
});

describe("what is remembered of decisions with conditions", () => {
  it("ends when the time changes it", () => {
    const snapshot = world([rule("it", { open: "office" }), other]);
    const until = (now: number) => decide(snapshot, ask("5000"), now).remember?.until;
    expect(until(monday("17:00:00"))).toBe(monday("18:00:00") / 1000);
    expect(until(monday("07:59:59"))).toBe(monday("08:00:00") / 1000);
    // Nothing that depends on the time was looked at.
    const plain = decide(world([other]), ask("5000"), monday("17:00:00"));
    expect(plain.remember?.until).toBeGreaterThan(monday("18:00:00") / 1000);
  });

  it("is nothing where a share of calls was drawn", () => {
    expect(decide(world([rule("it", { percent: 50 }), other]), ask("5000"), 0).remember?.scope).toBe("never");
  });

  it("holds for everybody whom the scope names, until then", () => {
    const pick = <T>(...values: T[]) => fc.constantFrom(...values);
    const match = fc.record(
      {
        open: pick("office"),
        times: pick([{ from: "09:30", to: "17:15" }], [{ from: "22:00", to: "06:00" }]),
        anonymous: pick(true, false),
        caller_class: pick(["mobile"], ["extension", "national"]),
        number: pick("5000", "5001"),
        user: pick("ada"),
        flags: pick({ night: true }, { night: false }),
        percent: pick(50),
      },
      { requiredKeys: [] },
    );
    const asker = fc.record({
      caller: pick("anonymous", "01701234567", "1234"),
      user: pick("ada", "bob", undefined),
      call: pick("a", "b", "c", "d"),
    });
    const night = Date.UTC(2026, 9, 25, 0);
    const start = fc.integer({ min: night - 100_000_000, max: night + 100_000_000 });
    const share = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(match, { maxLength: 4 }),
        asker,
        asker,
        start,
        share,
        (matches, one, two, now, part) => {
          const rules = matches.map((found, at) => rule(`r${at}`, found as RuleInput["match"]));
          const snapshot = world([...rules, other], { night: true });
          const put = ({ caller, user, call }: typeof one) =>
            ask("5000", {
              call_id: call,
              from: { user: caller, domain: "x" },
              ...(user !== undefined && { user }),
            });
          const first = decide(snapshot, put(one), now);
          const { scope, until } = first.remember ?? { scope: "never", until: 0 };
          const later = Math.floor(now + part * (until * 1000 - now));
          if (scope === "never" || later < now) return;
          const sameUser = one.user === two.user;
          const same = scope === "anyone" || (sameUser && (scope !== "caller" || one.caller === two.caller));
          if (same) expect(decide(snapshot, put(two), later).rule).toBe(first.rule);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
