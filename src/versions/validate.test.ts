import { expect, it } from "vitest";
import { emptyBook } from "../carriers/price-book.ts";
import type { Registry, Setting } from "../entities/entity.ts";
import { emptySnapshot } from "../entities/snapshot.ts";
import { registry, type Snapshot } from "../routing/registry.ts";
import { compiled, withEdits } from "./documents.ts";
import { scopeOf, whole } from "./scope.ts";
import { findings } from "./validate.ts";

const setting: Setting = { realm: "r", secret: "s" };
const now = Date.UTC(2026, 10, 28, 12);

/** A snapshot of documents: kind → name → what is in it. */
async function world(documents: Record<string, Record<string, object>>): Promise<Snapshot> {
  const given = Object.entries(documents).flatMap(([part, those]) =>
    Object.entries(those).map(([key, document]) => ({ part, key, document })),
  );
  const { rows, faults } = await compiled(registry as unknown as Registry, given, () => undefined, setting);
  expect(faults).toEqual([]);
  return withEdits(registry, emptySnapshot(registry), rows);
}

const found = async (documents: Record<string, Record<string, object>>) =>
  (await findings(await world(documents), whole, now, emptyBook)).map(
    ({ severity, code, part, key, field }) => `${severity} ${code} /${part}/${key}${field}`,
  );

const password = "correct horse";
const to = (...targets: object[]) => ({ type: "route", targets });
const user = (name: string) => ({ type: "user", user: name });
const number = (digits: string) => ({ type: "number", number: digits });
const reject = { type: "reject" };

it("finds nothing in an office that is well", async () => {
  expect(
    await found({
      users: { ada: { password, site: "s" }, bob: { password } },
      groups: { sales: { members: [{ user: "ada" }, { user: "bob" }], overflow: "bob" } },
      sites: { s: { country: "DE", time_zone: "Europe/Berlin", location: "Calwer Str. 1" } },
      numbers: { "5000": { user: "ada" } },
      carriers: { gold: { addresses: [{ host: "192.0.2.1" }] } },
      rules: {
        emergency: {
          match: { number_class: ["emergency"] },
          action: to({ type: "carrier", carrier: "gold" }),
        },
        day: { match: { number: "6000", times: [{ from: "08:00", to: "18:00" }] }, action: to(user("ada")) },
        night: { match: { number: "6000" }, action: to(number("sales")) },
      },
    }),
  ).toEqual([]);
});

it("finds names of what is not there, or is switched off", async () => {
  expect(
    await found({
      users: {
        ada: { password, enabled: false, features: { forward: [{ when: "busy", to: ["1"], open: "o" }] } },
      },
      numbers: { "5": { user: "eve" } },
      groups: { ada: { members: [{ user: "mallory" }] } },
      rules: {
        a: {
          match: {
            number: "1",
            open: "c",
            flags: { night: true },
            table: { name: "t" },
            carrier: "c",
            site: "x",
          },
          action: to(user("ada"), user("{table:t}"), { type: "carriers", among: ["gold"] }),
        },
        b: { match: { number: "2", group: "g", range: "r" }, action: { type: "script", script: "s" } },
        off: { enabled: false, match: { number: "3" }, action: to(user("nobody")) },
      },
    }),
  ).toEqual([
    "error unknown-name /users/ada/features/forward/0/open",
    "error unknown-name /groups/ada/members/0/user",
    "error unknown-name /rules/a/match/carrier",
    "error unknown-name /rules/a/match/site",
    "error unknown-name /rules/a/match/open",
    "error unknown-name /rules/a/match/table/name",
    "error unknown-name /rules/a/action/targets/1",
    "error unknown-name /rules/a/action/targets/2/among/0",
    "error unknown-name /rules/b/match/group",
    "error unknown-name /rules/b/match/range",
    "error unknown-name /rules/b/action/script",
    "error unknown-name /numbers/5/user",
    "error same-name /groups/ada",
    "warning unknown-flag /rules/a/match/flags/night",
    "warning disabled /rules/a/action/targets/0/user",
  ]);
});

it.each([
  ["the same match", { number: "1" }, { number: "1" }, true],
  ["a shorter prefix of a higher priority", { prefix: "+49" }, { prefix: "+4930" }, true, 1],
  ["a shorter prefix of the same priority", { prefix: "+49" }, { prefix: "+4930" }, false],
  ["a narrower caller", { number: "1", caller: "7" }, { number: "1" }, false, 1],
  ["any caller", { number: "1" }, { number: "1", caller: "7" }, true, 1],
  ["a larger network", { source: "192.0.2.0/24" }, { number: "1", source: "192.0.2.7" }, true, 1],
  ["a smaller network", { source: "192.0.2.7" }, { number: "1", source: "192.0.2.0/24" }, false, 1],
  ["users, for a user", { authenticated: true }, { number: "1", user: "ada" }, true, 1],
  ["users, for anybody", { authenticated: true }, { number: "1" }, false, 1],
  ["a condition of its own", { number: "1", percent: 50 }, { number: "1" }, false, 1],
  ["the same condition", { percent: 50 }, { number: "1", percent: 50, anonymous: true }, true, 1],
] as const)(
  "finds a rule behind one that always decides before: %s",
  async (_what, first, second, is, priority: number = 0) => {
    const all = await found({
      users: { ada: { password } },
      rules: { a: { priority, match: first, action: reject }, b: { match: second, action: reject } },
    });
    expect(all).toEqual(is ? ["warning shadowed /rules/b/match"] : []);
  },
);

it("finds rules behind an assigned number, and those whose dates are over; a script may leave the decision to others", async () => {
  expect(
    await found({
      users: { ada: { password } },
      numbers: { "5": { user: "ada" } },
      scripts: { s: { source: "export function decide(): Answer { return { action: 'next' }; }" } },
      rules: {
        behind: { priority: -1, match: { number: "5" }, action: reject },
        past: { match: { number: "6", dates: [{ from: "2025-12-24", to: "2025-12-26" }] }, action: reject },
        asked: { priority: 2, match: { number: "7" }, action: { type: "script", script: "s" } },
        next: { match: { number: "7" }, action: reject },
      },
    }),
  ).toEqual(["warning shadowed /rules/behind/match", "warning past /rules/past/match/dates"]);
});

it("finds circles: certain ones are errors", async () => {
  const forward = (when: string, ...targets: string[]) => ({
    password,
    features: { forward: [{ when, to: targets }] },
  });
  expect(await found({ rules: { own: { match: { prefix: "5" }, action: to(number("5000")) } } })).toEqual([
    "error loop /rules/own/action/targets/0",
  ]);
  expect(await found({ users: { ada: forward("always", "bob"), bob: forward("always", "ada") } })).toEqual([
    "error loop /users/ada/features",
  ]);
  expect(await found({ users: { ada: forward("always", "bob"), bob: forward("busy", "ada") } })).toEqual([
    "warning loop /users/ada/features",
  ]);
  expect(
    await found({
      users: { ada: { password } },
      groups: {
        g: { members: [{ user: "ada" }], overflow: "h" },
        h: { members: [{ user: "ada" }], overflow: "g" },
      },
    }),
  ).toEqual(["warning loop /groups/g/overflow"]);
  expect(await found({ users: { ada: forward("always", "bob"), bob: { password } } })).toEqual([]);
});

it("finds numbers that do not fit: ranges, sites, codes, emergencies", async () => {
  const all = await found({
    users: { ada: { password, site: "boston" } },
    ranges: {
      a: { first: "100", last: "199" },
      b: { first: "150", last: "160" },
      c: { first: "1500", last: "1600" },
    },
    sites: {
      boston: { country: "US", time_zone: "America/New_York", default: true, location: "x" },
      empty: { country: "DE", time_zone: "Europe/Berlin", location: "x" },
      second: { country: "DE", time_zone: "Europe/Berlin", default: true, location: "x" },
    },
    codes: { "dnd-set": { dial: "*1" }, "dnd-clear": { dial: "*1" } },
    rules: { old: { match: { number: "00442079460000" }, action: reject } },
  });
  expect(all).toEqual([
    "error overlap /ranges/b/first",
    "error two-defaults /sites/second/default",
    "error code /codes/dnd-clear/dial",
    "warning no-emergency /sites/boston/country",
    "warning unused-site /sites/empty",
    "warning unused-site /sites/second",
  ]);
});

it("finds guards that count what calls cost where no carrier has prices", async () => {
  const guards = {
    money: { cost_per_day: "20" },
    calls: { calls: 1 },
    off: { cost_per_day: "1", enabled: false },
  };
  expect(await found({ guards })).toEqual(["warning price-gap /guards/money/cost_per_day"]);
});

it("finds carriers without prices, where others have some, and currencies without a rate", async () => {
  const sheet = (from: string, currency = "EUR", prices = 3) => ({
    digest: "0".repeat(32),
    from,
    prices,
    currency,
  });
  expect(
    await found({
      carriers: Object.fromEntries(
        ["a", "b", "c"].map((name) => [name, { addresses: [{ host: `${name}.example` }] }]),
      ),
      currencies: { EUR: { rate: "1" } },
      prices: {
        a: { revisions: [sheet("2026-01-01T00:00:00Z")] },
        b: { revisions: [sheet("2027-01-01T00:00:00Z", "USD")] },
        d: { revisions: [sheet("2026-01-01T00:00:00Z", "EUR", 0)] },
      },
    }),
  ).toEqual([
    "warning price-gap /prices/c",
    "warning price-gap /prices/b/revisions",
    "warning price-gap /prices/d",
    "warning price-gap /prices/d/revisions",
    "warning price-gap /prices/b/revisions",
  ]);
});

it("finds the same errors by looking at what edits touch, and at what names that", async () => {
  const before = await world({
    users: { ada: { password }, bob: { password } },
    numbers: { "5": { user: "ada" } },
    groups: { g: { members: [{ user: "ada" }] } },
    calendars: { office: { time_zone: "UTC" } },
    rules: {
      a: { match: { number: "1", open: "office" }, action: to(user("ada")) },
      b: { match: { number: "2" }, action: to(user("bob")) },
    },
  });
  const edits = [
    { part: "users", key: "ada", row: undefined },
    { part: "calendars", key: "office", row: undefined },
    { part: "rules", key: "a", row: undefined },
  ];
  for (const some of [edits, edits.slice(0, 2)]) {
    const after = await withEdits(registry, before, some);
    expect(await findings(after, scopeOf(some), now, emptyBook)).toEqual(
      await findings(after, whole, now, emptyBook),
    );
  }
  expect(await findings(before, scopeOf(edits), now, emptyBook)).toEqual([]);
});
