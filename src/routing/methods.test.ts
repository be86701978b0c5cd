import { expect, it } from "vitest";
import { questionSchema, type serviceMethods } from "../call/contract.ts";
import { farmSchema } from "../carriers/farm-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { decide } from "./decide.ts";
import { registry } from "./registry.ts";
import { ruleSchema } from "./rule-schema.ts";

/** Requests of no call. */

const farm = (name: string, host: string) => farmSchema.parse({ name, targets: [{ host }] });
const rule = (name: string, match: object, to: string) =>
  ruleSchema.parse({ name, match, action: { type: "route", targets: [{ type: "farm", farm: to }] } });

const snapshot = withChanges(registry, emptySnapshot(registry), 1, {
  rules: new Map(
    [
      rule("calls", {}, "gateways"),
      rule("presence", { methods: ["SUBSCRIBE", "PUBLISH", "NOTIFY"] }, "presence"),
      rule("texts", { methods: ["MESSAGE"], authenticated: true }, "texts"),
    ].map((one) => [one.name, one]),
  ),
  farms: new Map(
    [farm("gateways", "192.0.2.1"), farm("presence", "192.0.2.2"), farm("texts", "192.0.2.3")].map((one) => [
      one.name,
      one,
    ]),
  ),
});

const asked = (
  method: (typeof serviceMethods)[number] | undefined,
  user?: string,
  number = "7",
  known = snapshot,
) =>
  decide(
    known,
    questionSchema.parse({
      ...(method && { method }),
      ...(user !== undefined && { user }),
      call_id: "c",
      from: { user: "ada", domain: "here.example" },
      to: { user: number, domain: "here.example" },
      request_uri: `sip:${number}@here.example`,
      number,
      source: { address: "192.0.2.9", port: 5060 },
      transport: "udp",
    }),
    0,
  );

it("are for rules that name their method, and calls for those that name none", () => {
  expect(asked(undefined)).toMatchObject({ rule: "calls", targets: [{ uri: "sip:7@192.0.2.1" }] });
  expect(asked("PUBLISH")).toMatchObject({ rule: "presence", targets: [{ uri: "sip:7@192.0.2.2" }] });
  expect(asked("MESSAGE", "ada")).toMatchObject({ rule: "texts", targets: [{ uri: "sip:7@192.0.2.3" }] });
});

it("without a rule are not allowed, and nobody's telephone rings; who might find one as a user of ours is asked who it is", () => {
  expect(asked("MESSAGE")).toMatchObject({ action: "reject", code: 407 });
  const nobody = emptySnapshot(registry);
  expect(asked("NOTIFY", "ada", "7", nobody)).toMatchObject({ action: "reject", code: 405 });
  expect(asked(undefined, "ada", "7", nobody)).toMatchObject({ action: "reject", code: 404 });
  expect(asked("MESSAGE", "ada", "*69")).toMatchObject({ rule: "texts" });
});

it("REGISTER and OPTIONS: asked about while an enabled rule is for them, and nobody is asked for a password by us", () => {
  const methods = (known: typeof snapshot) => known.indexes.rules.methods;
  expect(methods(snapshot)).toEqual({ REGISTER: 0, OPTIONS: 0 });
  const phones = rule("phones", { methods: ["REGISTER", "OPTIONS"], prefix: "7" }, "presence");
  const some = withChanges(registry, snapshot, 2, { rules: new Map([["phones", phones]]) });
  expect(methods(some)).toEqual({ REGISTER: 1, OPTIONS: 1 });
  expect(asked("REGISTER", undefined, "71", some)).toMatchObject({ rule: "phones" });
  // Rules that want users are for other methods.
  expect(asked("REGISTER", undefined, "81", some)).toMatchObject({ code: 405, rule: "none" });
  const off = { ...phones, enabled: false };
  const none = withChanges(registry, some, 3, { rules: new Map([["phones", off]]) });
  expect(methods(none)).toEqual({ REGISTER: 0, OPTIONS: 0 });
  const wrong = ruleSchema.safeParse({ ...phones, match: { methods: ["OPTIONS"], authenticated: true } });
  expect(wrong.error?.issues[0]?.path).toEqual(["match", "methods"]);
});
