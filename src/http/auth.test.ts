import { describe, expect, it } from "vitest";
import { tokenMatches } from "./auth.ts";

describe("tokenMatches", () => {
  const tokens = ["people-token-0123456789", "peer-token-0123456789"];
  it.each([
    ["Bearer people-token-0123456789", true],
    ["bearer  peer-token-0123456789", true],
    ["Bearer people-token-012345678", false],
    ["Bearer ", false],
    ["Basic people-token-0123456789", false],
    ["people-token-0123456789", false],
    [undefined, false],
  ])("%s: %s", (header, expected) => {
    expect(tokenMatches(header, tokens)).toBe(expected);
  });
});
