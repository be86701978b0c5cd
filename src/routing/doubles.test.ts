import { expect, it } from "vitest";
import type { Target } from "../call/contract.ts";
import { withoutDoubles } from "./doubles.ts";

it("calls nobody twice at once", () => {
  const uri = (target: string, via?: string): Target =>
    via === undefined ? { type: "uri", uri: target } : { type: "uri", uri: target, via };
  const targets: Target[] = [
    uri("sip:a@x"),
    { type: "user", user: "101" },
    uri("sip:a@x"),
    uri("sip:a@x", "sip:192.0.2.1"),
    { type: "user", user: "101", timeout_ms: 5000 },
    { type: "uri", uri: "sip:1@c", via: "sip:192.0.2.2", carrier: "c" },
    { type: "uri", uri: "sip:1@c", via: "sip:192.0.2.3", carrier: "c" },
  ];
  expect(withoutDoubles(targets)).toEqual([0, 1, 3, 5].map((at) => targets[at]));
});
