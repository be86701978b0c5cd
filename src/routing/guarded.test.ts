import { expect, it } from "vitest";
import { questionSchema } from "../call/contract.ts";
import { carrierSchema } from "../carriers/carrier-schema.ts";
import { noWorld } from "../carriers/choose.ts";
import { guardSchema } from "../carriers/guard-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { siteSchema } from "../numbering/site-schema.ts";
import { consult } from "./decide.ts";
import { registry } from "./registry.ts";
import { ruleSchema } from "./rule-schema.ts";

const used = { calls: 5, callsToday: 5, minutesToday: 5, costToday: 5_000_000 };

function called(number: string, guard: object, target: object = { type: "carrier", carrier: "one" }) {
  const snapshot = withChanges(registry, emptySnapshot(registry), 1, {
    rules: new Map([
      ["out", ruleSchema.parse({ name: "out", action: { type: "route", targets: [target] } })],
    ]),
    carriers: new Map([["one", carrierSchema.parse({ name: "one", addresses: [{ host: "192.0.2.1" }] })]]),
    sites: new Map([["s", siteSchema.parse({ name: "s", country: "DE", time_zone: "Europe/Berlin" })]]),
    guards: new Map([["g", guardSchema.parse({ name: "g", ...guard })]]),
  });
  const question = questionSchema.parse({
    call_id: "c",
    from: { user: "ada", domain: "here.example" },
    to: { user: number, domain: "here.example" },
    request_uri: `sip:${number}@here.example`,
    number,
    user: "ada",
    source: { address: "192.0.2.9", port: 5060 },
    transport: "udp",
  });
  return consult(snapshot, question, 0, new Map(), { world: { ...noWorld, usage: () => used } });
}

it("stops a call outside when a guard has counted enough, or tells it", () => {
  expect(called("+493012345", { calls: 5 })).toMatchObject({
    code: 403,
    alarms: [{ guard: "g", subject: "ada", why: "5 calls at a time, of 5" }],
  });
  expect(called("+493012345", { calls: 5, action: "alarm" })).toMatchObject({
    action: "route",
    watched: [{ guard: "g", subject: "ada" }],
    alarms: [{ guard: "g" }],
  });
  expect(called("+493012345", { calls: 6, per: "all" })).toMatchObject({
    action: "route",
    watched: [{ guard: "g", subject: "" }],
  });
  expect(called("+493012345", { calls: 6, cost_per_day: "6" })).not.toHaveProperty("alarms");
  expect(called("+493012345", { cost_per_day: "5.00" })).toMatchObject({
    code: 403,
    alarms: [{ why: "calls for 5 today, of 5.00" }],
  });
});

it("counts only what it is for, and never stops emergency calls or calls among ourselves", () => {
  expect(called("+493012345", { calls: 0, number_country: ["FR"] })).toMatchObject({ action: "route" });
  expect(called("+33123456789", { calls: 0, number_country: ["FR"] })).toMatchObject({ code: 403 });
  expect(called("+33123456789", { calls: 0, prefixes: ["+44"] })).toMatchObject({ action: "route" });
  expect(called("+493012345", { calls: 0, number_class: ["premium"] })).toMatchObject({ action: "route" });
  expect(called("+493012345", { calls: 0, enabled: false })).toMatchObject({ action: "route" });
  expect(called("112", { calls: 0 })).toMatchObject({ action: "route" });
  expect(called("+493012345", { calls: 0 }, { type: "user", user: "bob" })).toMatchObject({
    action: "route",
  });
});
