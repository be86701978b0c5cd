import { describe, expect, it } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import { decisionSchema } from "../call/contract.ts";
import { scriptLine } from "../call/line.ts";
import { carrierSchema } from "../carriers/carrier-schema.ts";
import { noWorld } from "../carriers/choose.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { siteSchema } from "../numbering/site-schema.ts";
import { consult } from "./decide.ts";
import { registry } from "./registry.ts";
import { type RuleInput, ruleSchema } from "./rule-schema.ts";

const byName = <T extends { name: string }>(...list: T[]) => new Map(list.map((one) => [one.name, one]));
const office = siteSchema.parse({
  name: "office",
  country: "DE",
  area_code: "711",
  outside_prefix: "0",
  time_zone: "Europe/Berlin",
  location: 'Calwer Str. 1, "2nd" floor',
  location_uri: "https://location.example/office",
});
const carrier = (name: string, more: object = {}) =>
  carrierSchema.parse({ name, addresses: [{ host: `${name}.example` }], ...more });

/** Rule `out` for everything, and `112` to carrier gold alone. */
function decided(number: string, more: { site?: object; rule?: Partial<RuleInput["action"]> } = {}) {
  const targets = [{ type: "carrier", carrier: "gold" }];
  const rule = ruleSchema.parse({
    name: "out",
    match: { number: number.replace(/^0/, "") },
    action: { type: "route", targets, ...more.rule },
  });
  const snapshot = withChanges(registry, emptySnapshot(registry), 1, {
    sites: byName(siteSchema.parse({ ...office, ...more.site })),
    rules: byName(rule),
    carriers: byName(
      carrier("gold", {
        limits: { calls: 0 },
        headers: { "X-Location": '"{location}"', "X-Where": "{location_uri}" },
      }),
      carrier("iron", { limits: { calls: 0 }, number: "00{digits}" }),
      carrier("off", { enabled: false }),
    ),
  });
  const found = consult(snapshot, questionTo(number), 0, new Map(), {
    world: { ...noWorld, standing: (name) => ({ ...noWorld.standing(name), calls: 5 }) },
  });
  return decisionSchema.parse(found);
}
const carriersOf = (decision: ReturnType<typeof decided>) =>
  decision.action === "route"
    ? decision.targets.map((one) => one.type === "uri" && one.carrier)
    : decision.code;

describe("an emergency call", () => {
  it("goes to the carriers of its rule over every limit, then to all others", () => {
    expect(carriersOf(decided("0112"))).toEqual(["gold", "iron"]);
    expect(carriersOf(decided("+49711123456"))).toBe(503);
  });

  it("goes as it is to a carrier that wants numbers in their international form, which it has none of", () => {
    const to = (number: string) => {
      const decision = decided(number, { rule: { targets: [{ type: "carrier", carrier: "iron" }] } });
      return decision.action === "route" && decision.targets[0]?.type === "uri"
        ? decision.targets[0].uri
        : "";
    };
    expect(["0112", "110"].map(to)).toEqual(["sip:112@iron.example", "sip:110@iron.example"]);
  });

  it("is offered to the next carrier whatever one answers", () => {
    const facts = (name: string) => ({ name, login: "", waitMs: 4000, nextOn: ["503"] });
    const line = (number: string, rule = {}) => scriptLine(decided(number, { rule }), facts);
    expect(line("112")).toContain("|gold,,4000,.3xx.4xx.5xx.,n,,;iron,,4000,.3xx.4xx.5xx.,n,,");
  });

  it("tells where its site is (RFC 6442), other calls do not", () => {
    expect(decided("112")).toMatchObject({
      emergency: true,
      targets: [
        {
          headers: {
            Geolocation: "<https://location.example/office>",
            "Geolocation-Routing": "no",
            "X-Location": '"Calwer Str. 1,  2nd  floor"',
            "X-Where": "https://location.example/office",
          },
        },
        { carrier: "iron" },
      ],
    });
    const plain = decided("5", {
      rule: {
        targets: [{ type: "uri", uri: "sip:5@x", headers: { "X-L": "{location}", "X-N": "{number}" } }],
      },
    });
    expect(plain).toMatchObject({ targets: [{ headers: { "X-N": "5" } }] });
    expect(JSON.stringify(plain)).not.toMatch(/X-L|Geolocation|emergency/);
    const unsaid = decided("112", { site: { location: undefined, location_uri: undefined } });
    expect(JSON.stringify(unsaid)).not.toMatch(/X-Location|X-Where|Geolocation/);
  });
});
