import { describe, expect, it } from "vitest";
import { isDecision } from "../call/answer.ts";
import { questionSchema } from "../call/contract.ts";
import { carrierSchema } from "../carriers/carrier-schema.ts";
import { noWorld } from "../carriers/choose.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { consult } from "./decide.ts";
import { registry } from "./registry.ts";
import { ruleSchema } from "./rule-schema.ts";

const carrier = (more: object) =>
  carrierSchema.parse({ name: "one", addresses: [{ host: "sip.one.example" }], ...more });

/** Of sip.two.example. */
const places = ["203.0.113.4", "203.0.113.5"].map(
  (address) => ({ address, port: 5060, transport: "udp", priority: 1, weight: 1 }) as const,
);

const rule = ruleSchema.parse({
  name: "inbound",
  match: { number: "+4930123456", carrier: "one" },
  action: { type: "route", targets: [{ type: "user", user: "reception" }] },
});

function from(address: string, ...carriers: ReturnType<typeof carrier>[]) {
  const snapshot = withChanges(registry, emptySnapshot(registry), 1, {
    rules: new Map([["inbound", rule]]),
    carriers: new Map(carriers.map((one) => [one.name, one])),
  });
  const question = questionSchema.parse({
    call_id: "c",
    from: { user: "+4420", domain: "one.example" },
    to: { user: "+4930123456", domain: "here.example" },
    request_uri: "sip:+4930123456@here.example",
    number: "+4930123456",
    source: { address, port: 5060 },
    transport: "udp",
  });
  const reach = {
    placesOf: ({ host }: { host: string }) => (host === "sip.two.example" ? places : undefined),
    isSilent: () => false,
  };
  const found = consult(snapshot, question, 0, new Map(), { world: { ...noWorld, reach } });
  if (!isDecision(found)) throw new Error("nobody is to be asked");
  return found;
}

describe("a rule for calls from a carrier", () => {
  it("is for its networks, and its addresses that are no names", () => {
    const one = carrier({ networks: ["192.0.2.0/24"] });
    expect(from("192.0.2.9", one)).toMatchObject({ rule: "inbound", remember: { scope: "source" } });
    expect(from("198.51.100.1", carrier({ addresses: [{ host: "198.51.100.1" }] })).rule).toBe("inbound");
  });

  it("is for the addresses that DNS has for its names now", () => {
    const two = carrier({ addresses: [{ host: "192.0.2.1" }, { host: "sip.two.example" }] });
    expect(from("203.0.113.5", two)).toMatchObject({ rule: "inbound", remember: { scope: "source" } });
    expect(from("203.0.113.6", two).rule).toBe("none");
    expect(from("203.0.113.5", carrier({})).rule).toBe("none");
  });

  it("is for nobody else, and for nobody when the carrier is gone", () => {
    expect(from("198.51.100.1", carrier({ networks: ["192.0.2.0/24"] })).rule).toBe("none");
    expect(from("192.0.2.9", carrier({})).rule).toBe("none");
    expect(from("192.0.2.9").rule).toBe("none");
  });
});
