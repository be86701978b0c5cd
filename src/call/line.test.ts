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

  it("tells what is particular to carriers, target by target, and only then", () => {
    const targets = [
      { type: "uri", uri: "sip:1@192.0.2.1" },
      { type: "uri", uri: "sip:1@192.0.2.2", carrier: "one" },
      { type: "uri", uri: "sip:1@192.0.2.3", carrier: "gone" },
    ] as const;
    const one = { name: "one", login: "ab12", waitMs: 2000, nextOn: ["408", "5xx"] };
    const fields = scriptLine({ ...route, targets: [...targets] }, (name) =>
      name === "one" ? one : undefined,
    ).split("|");
    expect(fields[6]).toBe("c");
    expect(fields[11 + 3 * 5]).toBe(";one,ab12,2000,.408.5xx.;");
    expect(scriptLine({ ...route, targets: [...targets] }).split("|")).toHaveLength(11 + 3 * 5);
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
      ...["parallel", "u", "1800000000", "one", "nat", "x", "", "+49"],
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

  it("says which targets ring together, after what, and on whose behalf", () => {
    const fields = scriptLine({
      ...route,
      hide_caller: true,
      targets: [
        { type: "user", user: "101", step: 0 },
        { type: "number", number: "6", step: 1, after: ["busy", "no-answer"], on_behalf_of: "101" },
        { type: "number", number: "*7#", on_behalf_of: "a,b" },
      ],
    }).split("|");
    expect(fields[6]).toBe("hs");
    expect(fields.slice(16, 26)).toEqual(["n", "6", "", "0", "", "n", "*7%23", "", "0", ""]);
    expect(fields.slice(26)).toEqual(["0,,;1,bn,101;0,,"]);
  });
});
