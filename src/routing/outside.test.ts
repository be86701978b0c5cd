import { expect, it } from "vitest";
import { questionSchema } from "../call/contract.ts";
import { farmSchema } from "../carriers/farm-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { decide } from "./decide.ts";
import { registry } from "./registry.ts";
import { ruleSchema } from "./rule-schema.ts";

const farm = farmSchema.parse({
  name: "gw",
  targets: [
    { host: "192.0.2.1" },
    { host: "192.0.2.2", port: 5070, transport: "tcp" },
    { host: "192.0.2.3" },
  ],
  number: "00{digits}",
  tries: 2,
});

function called(number: string, callId: string, more: object = {}) {
  const target = { type: "farm", farm: "gw", timeout_ms: 9000 };
  const rule = ruleSchema.parse({
    name: "out",
    match: { prefix: "+" },
    action: { type: "route", targets: [target] },
  });
  const snapshot = withChanges(registry, emptySnapshot(registry), 1, {
    rules: new Map([["out", rule]]),
    farms: new Map([["gw", { ...farm, ...more }]]),
  });
  const question = questionSchema.parse({
    call_id: callId,
    from: { user: "+4420", domain: "here.example" },
    to: { user: number, domain: "here.example" },
    request_uri: `sip:${number}@here.example`,
    number,
    source: { address: "192.0.2.9", port: 5060 },
    transport: "udp",
  });
  return decide(snapshot, question, 0);
}

it("sends a call to some of a farm's targets, each known by its own name", () => {
  const decision = called("+493012", "one");
  if (decision.action !== "route") throw new Error(decision.reason);
  expect(decision.strategy).toBe("serial");
  expect(decision.targets).toHaveLength(2);
  expect(decision.remember?.scope).toBe("never");
  const all = new Map([
    ["gw@192.0.2.1", "sip:00493012@192.0.2.1"],
    ["gw@192.0.2.2:5070", "sip:00493012@192.0.2.2:5070;transport=tcp"],
    ["gw@192.0.2.3", "sip:00493012@192.0.2.3"],
  ]);
  for (const target of decision.targets) {
    if (target.type !== "uri") throw new Error(target.type);
    expect(target.uri).toBe(all.get(target.carrier ?? ""));
    expect(target.timeout_ms).toBe(9000);
  }
  expect(called("+493012", "one")).toEqual(decision);
});

it("remembers what the next call for the number would get too", () => {
  const by = { method: "hash", by: "request-uri" } as const;
  const [one, two] = [called("+493012", "one", by), called("+493012", "two", by)];
  expect(one).toEqual(two);
  expect(one.remember?.scope).toBe("anyone");
  expect(called("+493012", "one", { method: "hash", by: "from" }).remember?.scope).toBe("caller");
});

it("says 503 when there is no such farm any more", () => {
  expect(called("+493012", "one", { name: "gw", targets: [] })).toMatchObject({ code: 503 });
});
