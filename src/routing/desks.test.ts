import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { questionTo } from "../../test/support/questions.ts";
import { type Decision, decisionSchema, type Question } from "../call/contract.ts";
import { scriptLine } from "../call/line.ts";
import { type Desk, deskSchema } from "../directory/desk-schema.ts";
import { featuresSchema } from "../directory/features-schema.ts";
import { type Group, groupSchema } from "../directory/group-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { siteSchema } from "../numbering/site-schema.ts";
import { consult, decide } from "./decide.ts";
import { guestAt, seated } from "./desks.ts";
import { registry, type Snapshot } from "./registry.ts";

type Said = z.input<typeof featuresSchema>;

const byName = <T extends { name: string }>(list: T[]) => new Map(list.map((one) => [one.name, one]));

const people: Record<string, { features?: Said; site?: string; enabled?: false }> = {
  "1001": { features: { pickup: ["office"] } },
  "1002": { features: { phones: "newest" } },
  "1003": { features: { forward: [{ when: "busy", to: ["1002"] }] } },
  "1004": { enabled: false },
  desk7: { site: "south" },
  desk8: {},
  desk9: {},
};

const site = (name: string, area_code: string, isDefault: boolean) =>
  siteSchema.parse({ name, country: "DE", area_code, time_zone: "Europe/Berlin", default: isDefault });

function office(...desks: [phone: string, user: string][]): Snapshot {
  const since = (minute: number) => new Date(Date.UTC(2026, 0, 8, 9, minute)).toISOString();
  return withChanges(registry, emptySnapshot(registry), 1, {
    users: byName(
      Object.entries(people).map(([name, { features, site: at, enabled = true }]) => ({
        name,
        display: name === "1001" ? "Ada" : "",
        ha1_md5: "0".repeat(32),
        ha1_sha256: "0".repeat(64),
        enabled,
        ...(at !== undefined && { site: at }),
        ...(features && { features: featuresSchema.parse(features) }),
      })),
    ),
    sites: byName([site("north", "40", true), site("south", "711", false)]),
    groups: byName<Group>([
      groupSchema.parse({
        name: "sales",
        strategy: "in-turn",
        members: [{ user: "1003" }, { user: "1001" }],
      }),
    ]),
    numbers: new Map(
      [
        ["+494011", "1001"],
        ["+4971123456", "1002"],
        ["+494023456", "1003"],
      ].map(([number = "", user = ""]) => [number, { number, user, description: "" }]),
    ),
    desks: byName<Desk>(desks.map(([name, user], at) => deskSchema.parse({ name, user, since: since(at) }))),
  });
}

const decided = (snapshot: Snapshot, number: string, more: Partial<Question> = {}): Decision => {
  const decision = decide(snapshot, seated(snapshot, questionTo(number, more)), Date.UTC(2026, 0, 8));
  expect(decisionSchema.safeParse(decision).success).toBe(true);
  return decision;
};

const rung = (decision: Decision): string[] =>
  decision.action === "route"
    ? decision.targets.map((target) =>
        target.type === "user"
          ? `${target.user}${target.phone === undefined ? "" : ` at ${target.phone}`}${target.step === undefined ? "" : ` @${target.step}`}`
          : target.type,
      )
    : [];

describe("a user who is logged in at another telephone", () => {
  it("is called there too; the last one wins where the user wants that", () => {
    const all = office(["desk7", "1001"], ["desk8", "1001"]);
    expect(rung(decided(all, "1001"))).toEqual(["1001 @0", "1001 at desk8 @0", "1001 at desk7 @0"]);
    expect(rung(decided(all, "desk7"))).toEqual(["desk7"]);
    const last = office(["desk7", "1002"], ["desk8", "1002"]);
    expect(rung(decided(last, "1002"))).toEqual(["1002 at desk8"]);
    expect(guestAt(last, "desk7")).toBeUndefined();
    expect(guestAt(last, "desk8")).toBe("1002");
    expect(rung(decided(office(), "1002"))).toEqual(["1002"]);
  });

  it("is called there as part of a group, in its turn, and what follows comes after", () => {
    const sales = decided(office(["desk7", "1001"]), "sales");
    expect(rung(sales)).toEqual(["1003 @0", "1001 @1", "1001 at desk7 @1"]);
    const busy = decided(office(["desk7", "1003"]), "1003");
    expect(rung(busy)).toEqual(["1003 @0", "1003 at desk7 @0", "number"]);
  });

  it("calls as who he is, with his rights; numbers are understood where the telephone stands", () => {
    const snapshot = office(["desk7", "1001"]);
    const question = seated(snapshot, questionTo("1003", { user: "desk7" }));
    expect(question).toMatchObject({ user: "1001", phone: "desk7", from: { user: "1001" } });
    expect(decided(snapshot, "1003", { user: "desk7" })).toMatchObject({
      as: "1001",
      caller_id: { number: "1001", name: "Ada" },
      remember: { scope: "user", until: Date.UTC(2026, 0, 8, 1) / 1000 },
      targets: [{ user: "1003" }, { type: "number", on_behalf_of: "1003" }],
    });
    // 0711 there, 040 at the user's own site.
    expect(decided(snapshot, "23456", { user: "desk7" })).toMatchObject({ meant: "+4971123456" });
    expect(decided(snapshot, "23456", { user: "1001" })).toMatchObject({ meant: "+494023456" });
  });

  it("is somebody else only at the telephone itself: not in later passes, not when nobody proved anything", () => {
    const snapshot = office(["desk7", "1001"]);
    expect(seated(snapshot, questionTo("1003", { user: "desk7", pass: 2 })).user).toBe("desk7");
    expect(
      seated(snapshot, questionTo("1003", { user: "desk7", phone: "x", pass: 2 })).phone,
    ).toBeUndefined();
    expect(
      seated(snapshot, questionTo("1003", { from: { user: "desk7", domain: "x" } })).user,
    ).toBeUndefined();
    expect(seated(office(["desk7", "1004"]), questionTo("1", { user: "desk7" })).user).toBe("desk7");
  });

  it("takes calls there, and others take those that ring there", () => {
    const snapshot = office(["desk7", "1001"], ["1003", "1001"]);
    const line = (number: string, user: string) =>
      decodeURIComponent(scriptLine(decided(snapshot, number, { user })));
    expect(line("*8*1001#", "desk7")).toBe("reject|n|0|code:pickup|480|Nothing To Take|,(1001),||1001");
    expect(line("*8*1001#", "desk8")).toContain("|403|");
    expect(line("1001", "desk8")).toMatch(
      /\|sg\|.*\|u\|1001\|.*\|u\|1003\|\|0\|\|u\|desk7\|\|0\|\|0,,;0,,1001;0,,1001\|@office,;1001,@office,;1001,@office,$/,
    );
    expect(line("1002", "desk7")).toMatch(/\|a\|1001\|Ada\|.*\|u\|1002\|newest\|0\|\|1001$/);
  });
});

describe("the codes", () => {
  const asked = (number: string, more: Partial<Question> = {}) => {
    const snapshot = office(["desk8", "1003"]);
    return consult(snapshot, seated(snapshot, questionTo(number, more)), 0, new Map());
  };

  it("name the user by what rings there, and have the PIN from the question", () => {
    const login = (to: string, pin: string) => ({
      rule: "code:desk-login",
      action: { type: "desk", order: "desk-login", to, pin },
    });
    expect(asked("*11*1001*123456#", { user: "desk7" })).toEqual(login("1001", "123456"));
    expect(asked("*11*+494011*PIN", { user: "desk7", pin: "4711" })).toEqual(login("1001", "4711"));
    expect(asked("*11*nobody*123456", { user: "desk8" })).toEqual(login("", "123456"));
    expect(asked("#11#", { user: "desk7" })).toMatchObject({ action: { order: "desk-logoff" } });
    expect(asked("*#11#", { user: "desk7" })).toMatchObject({ action: { order: "desk-ask" } });
    expect(asked("*11*1001*123456#")).toMatchObject({ code: 407 });
    expect(asked("*11*1001*123", { user: "desk7" })).toMatchObject({ code: 404 });
  });
});
