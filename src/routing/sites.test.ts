import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import type { Question } from "../call/contract.ts";
import { groupSchema } from "../directory/group-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { rangeSchema } from "../numbering/range-schema.ts";
import { type SiteInput, siteSchema } from "../numbering/site-schema.ts";
import { decide, explain } from "./decide.ts";
import { registry, type Snapshot } from "./registry.ts";
import { type RuleInput, ruleSchema } from "./rule-schema.ts";

const now = Date.UTC(2026, 0, 1, 1);

const user = (name: string, site?: string) => ({
  name,
  display: "",
  ha1_md5: "",
  ha1_sha256: "",
  enabled: true,
  ...(site !== undefined && { site }),
});

function world(sites: SiteInput[], rules: RuleInput[]): Snapshot {
  const named = [user("1001"), user("5551234"), user("ada", "boston"), user("bob", "stuttgart")];
  return withChanges(registry, emptySnapshot(registry), 1, {
    users: new Map(named.map((one) => [one.name, one])),
    numbers: new Map([["+49711123400", { number: "+49711123400", user: "1001" }]]),
    sites: new Map(sites.map((site) => [site.name, siteSchema.parse(site)])),
    rules: new Map(rules.map((rule) => [rule.name, ruleSchema.parse(rule)])),
  });
}

const stuttgart: SiteInput = {
  name: "stuttgart",
  country: "DE",
  area_code: "711",
  time_zone: "Europe/Berlin",
};
const boston: SiteInput = { name: "boston", country: "US", area_code: "617", time_zone: "America/New_York" };
const out: RuleInput = {
  name: "out",
  match: { prefix: "+" },
  action: { type: "route", targets: [{ type: "uri", uri: "sip:{number}@carrier" }] },
};
const back: RuleInput = {
  name: "back",
  priority: 5,
  match: { caller: "+4930111111" },
  action: { type: "reject" },
};

const ask = (number: string, more: Partial<Question> = {}): Question =>
  questionTo(number, { from: { user: "030111112", domain: "x" }, ...more });
const uri = (snapshot: Snapshot, question: Question): string | undefined => {
  const decision = decide(snapshot, question, now);
  const target = decision.action === "route" ? decision.targets[0] : undefined;
  return target?.type === "uri" ? target.uri : target?.type === "user" ? target.user : undefined;
};

describe("sites", () => {
  it("let the decision say what was meant, where that is another number", () => {
    const one = world([stuttgart], [out]);
    expect(decide(one, ask("0711123456"), now).meant).toBe("+49711123456");
    expect(decide(one, ask("+49711123456"), now).meant).toBeUndefined();
  });

  it("make one number of what was dialled, and rules see that", () => {
    const one = world([stuttgart], [out]);
    expect(uri(one, ask("0711123400"))).toBe("1001");
    expect(uri(one, ask("123400"))).toBe("1001");
    expect(uri(one, ask("030123456"))).toBe("sip:+4930123456@carrier");
    expect(uri(one, ask("1001"))).toBe("1001");
    // A user of that name, though it could be a number of the area.
    expect(uri(one, ask("5551234"))).toBe("5551234");
    // One site for all: nobody would have got another answer.
    expect(decide(one, ask("030123456"), now).remember?.scope).toBe("anyone");
  });

  it("understand the caller's number too", () => {
    const one = world([stuttgart], [out, back]);
    expect(decide(one, ask("1001", { from: { user: "030111111", domain: "x" } }), now).rule).toBe("back");
  });

  it("leave everything as it was dialled where there are none", () => {
    expect(uri(world([], [{ ...out, match: { prefix: "0" } }]), ask("0711123400"))).toBe(
      "sip:0711123400@carrier",
    );
  });

  it("are those of the user, of the network, or the default one", () => {
    const two = world(
      [
        { ...stuttgart, default: true },
        { ...boston, networks: ["192.0.2.0/24"] },
      ],
      [out],
    );
    const elsewhere = { source: { address: "198.51.100.1", port: 5060 } };
    expect(uri(two, ask("5550123", elsewhere))).toBe("sip:+497115550123@carrier");
    expect(uri(two, ask("5550123"))).toBe("sip:+16175550123@carrier");
    expect(uri(two, ask("5550123", { ...elsewhere, user: "ada" }))).toBe("sip:+16175550123@carrier");
    expect(uri(two, ask("5550123", { user: "bob" }))).toBe("sip:+497115550123@carrier");
    expect(decide(two, ask("5550123"), now).remember?.scope).toBe("source");
    // The same number everywhere.
    expect(decide(two, ask("+16175550123"), now).remember?.scope).toBe("anyone");
  });

  it("say in a simulation what is meant", () => {
    expect(explain(world([stuttgart], [out]), ask("030123456"), now).meant).toEqual({
      site: "stuttgart",
      number: "+4930123456",
      class: "national",
      country: "DE",
      caller: "+4930111112",
    });
  });

  it("never give a decision to whom it is not meant", () => {
    const pick = <T>(values: T[]) => fc.constantFrom(...values);
    const asker = fc.record({
      user: pick(["ada", "bob", undefined]),
      source: pick(["192.0.2.9", "10.0.0.1"]),
    });
    const sites = pick([
      [stuttgart],
      [stuttgart, boston],
      [
        { ...stuttgart, default: true },
        { ...boston, networks: ["192.0.2.0/24"] },
      ],
    ]);
    const dialled = pick(["5550123", "030123456", "112", "+49112", "+4930123456789", "911", "0112"]);
    fc.assert(
      fc.property(sites, asker, asker, dialled, (places, one, two, number) => {
        const snapshot = world(places, [out]);
        const [first, second] = [one, two].map(({ user: name, source }) =>
          decide(
            snapshot,
            ask(number, { source: { address: source, port: 1 }, ...(name !== undefined && { user: name }) }),
            now,
          ),
        );
        const scope = first?.remember?.scope;
        const sameUser = one.user === two.user;
        const same = scope === "anyone" || (sameUser && (scope === "user" || one.source === two.source));
        if (same) expect(second).toEqual(first);
      }),
    );
  });
});

describe("ranges", () => {
  it("ring a user, the user of the last digits, or what rules say", () => {
    const snapshot = withChanges(
      registry,
      world([], [{ ...out, name: "block", match: { range: "rules" } }]),
      2,
      {
        numbers: new Map([["+4930777", { number: "+4930777", user: "bob" }]]),
        ranges: new Map(
          [
            { name: "fax", first: "+4930700", last: "+4930799", user: "1001" },
            { name: "direct", first: "+49301000", last: "+49301999", extension_digits: 4 },
            { name: "rules", first: "+4930800", last: "+4930899" },
            { name: "team", first: "+4930600", last: "+4930699", group: "sales" },
          ].map((range) => [range.name, rangeSchema.parse(range)]),
        ),
      },
    );
    const sales = groupSchema.parse({ name: "sales", members: [{ user: "bob" }] });
    const team = withChanges(registry, snapshot, 3, {
      groups: new Map([["sales", sales]]),
      rules: new Map([
        ["members", ruleSchema.parse({ ...back, name: "members", match: { group: "sales" } })],
      ]),
    });
    expect(decide(team, ask("+4930650"), now)).toMatchObject({ rule: "group:sales", action: "route" });
    expect(decide(team, ask("+4930650", { user: "bob" }), now).rule).toBe("members");
    expect(decide(team, ask("+4930650", { user: "1001" }), now).rule).toBe("group:sales");
    const by = (number: string) => decide(snapshot, ask(number), now).rule;
    expect(["+4930700", "+4930777", "+49301001", "+49301002", "+4930850", "+4930900"].map(by)).toEqual([
      "range:fax",
      "number:+4930777",
      "range:direct",
      "none",
      "block",
      "none",
    ]);
  });
});
