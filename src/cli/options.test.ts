import { describe, expect, it } from "vitest";
import { ruleSchema } from "../routing/rule-schema.ts";
import { momentOf } from "./options.ts";
import { ruleOf, targetOf } from "./route.ts";

describe("the command line's own small languages", () => {
  it.each([
    ["1001", undefined, { type: "user", user: "1001" }],
    ["sip:x@y", 2.5, { type: "uri", uri: "sip:x@y", timeout_ms: 2500 }],
    ["sip:{rest}@y,via=sip:hop", undefined, { type: "uri", uri: "sip:{rest}@y", via: "sip:hop" }],
  ])("target %s", (text, timeout, expected) => {
    expect(targetOf(text, timeout)).toEqual(expected);
  });

  it("makes rules that the API takes", () => {
    const rule = ruleOf("r", {
      prefix: "00",
      authenticated: true,
      to: ["1001", "sip:+{rest}@c"],
      priority: 3,
      description: "",
    });
    expect(ruleSchema.parse(rule)).toMatchObject({
      priority: 3,
      match: { prefix: "00", authenticated: true },
    });
    expect(() => ruleOf("r", { priority: 0, description: "" })).toThrow("--to");
    expect(() => ruleOf("r", { to: ["x"], reject: 403, priority: 0, description: "" })).toThrow("--to");
  });

  it("reads ages and times", () => {
    const now = Date.parse("2026-11-21T12:00:00.000Z");
    expect(momentOf("90m", now)).toBe("2026-11-21T10:30:00.000Z");
    expect(momentOf("2026-11-21T10:00:00+01:00", now)).toBe("2026-11-21T09:00:00.000Z");
    // As `records list` shows it.
    expect(momentOf("2026-11-21 10:00:00.123", now)).toBe("2026-11-21T10:00:00.123Z");
    expect(momentOf("10:00", now)).toBe("2026-11-21T10:00:00.000Z");
    expect(() => momentOf("2026-02-30", now)).toThrow("UTC");
    expect(() => momentOf("yesterday", now)).toThrow("age");
  });
});
