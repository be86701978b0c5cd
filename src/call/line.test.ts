import { describe, expect, it } from "vitest";
import type { Decision } from "./contract.ts";
import { scriptLine } from "./line.ts";

const route: Extract<Decision, { action: "route" }> = {
  v: 1,
  action: "route",
  strategy: "serial",
  targets: [{ type: "uri", uri: "sip:1@192.0.2.1:5070" }],
  record: false,
  rule: "one",
  rules_version: 1,
};

describe("a decision as a line", () => {
  it("of one address", () => {
    expect(scriptLine(route)).toBe("serial|n|0|one|||||||1|a|sip:1@192.0.2.1:5070||0|");
  });

  it("of a rejection, its reason without the separator", () => {
    const decision = {
      v: 1,
      action: "reject",
      code: 404,
      reason: "No | ä",
      rule: "none",
      rules_version: 1,
    } as const;
    expect(scriptLine(decision)).toBe("reject|n|0|none|404|No ? ?");
  });

  it("has each field at its place", () => {
    const fields = scriptLine({
      ...route,
      strategy: "parallel",
      media: "nat",
      record: true,
      record_refused: true,
      remember: { scope: "user", until: 1_800_000_000 },
      caller_id: { number: "+49", name: 'N|"1' },
      headers: { "X-A": "1|2", "X-B": "%" },
      targets: [
        { type: "user", user: "101", timeout_ms: 700 },
        { type: "uri", uri: "sip:a|b@carrier.example", via: "sip:192.0.2.2", headers: { "X-C": "c" } },
        { type: "uri", uri: "tel:1" },
        { type: "user", user: "no space" },
      ],
    }).split("|");
    expect(fields.slice(0, 11)).toEqual([
      ...["parallel", "u", "1800000000", "one", "nat", "x", "d", "+49"],
      ...["N%7C1", "X-A%3A%201%7C2%0D%0AX-B%3A%20%25", "4"],
    ]);
    expect(fields.slice(11)).toEqual([
      ...["u", "101", "", "700", ""],
      ...["a", "sip:a%7Cb@carrier.example", "sip:192.0.2.2", "0", "X-C%3A%20c"],
      ...["-", "tel:1", "", "0", ""],
      ...["-", "", "", "0", ""],
    ]);
  });

  it("lets no header in by a header's value, and no caller that is none", () => {
    const fields = scriptLine({
      ...route,
      headers: { "X-A": "1\u0000\tX-B: 2" },
      caller_id: { number: "a b" },
    }).split("|");
    expect(fields[9]).toBe("X-A%3A%201%20%20X-B%3A%202");
    expect(fields[7]).toBe("");
  });

  it("says which addresses must be looked up", () => {
    const lookup = (uri: string) => scriptLine({ ...route, targets: [{ type: "uri", uri }] }).split("|")[6];
    expect(["sip:a@b.example", "sip:b.example", "sip:a@192.0.2.1", "sip:192.0.2.1:5070"].map(lookup)).toEqual(
      ["d", "d", "", ""],
    );
  });

  it("says that redirections are followed", () => {
    const flags = (redirects: "follow" | "return", uri: string) =>
      scriptLine({ ...route, redirects, targets: [{ type: "uri", uri }] }).split("|")[6];
    expect(flags("return", "sip:192.0.2.1")).toBe("");
    expect(flags("follow", "sip:192.0.2.1")).toBe("f");
    expect(flags("follow", "sip:b.example")).toBe("df");
  });
});
