import { describe, expect, it } from "vitest";
import { sealed, unsealed } from "./seal.ts";

describe("a sealed password", () => {
  const root = "a secret of the cluster";
  const seal = sealed(root, "carrier one acme", "s3cret");

  it("comes back for what it belongs to", () => {
    expect(unsealed(root, "carrier one acme", seal)).toBe("s3cret");
    expect(seal).not.toContain("s3cret");
    expect(sealed(root, "carrier one acme", "s3cret")).not.toBe(seal);
  });

  it.each([
    ["another secret", "other", "carrier one acme", seal],
    ["another carrier", root, "carrier two acme", seal],
    ["a changed text", root, "carrier one acme", `A${seal.slice(1)}`],
  ])("does not come back with %s", (_what, key, of, text) => {
    expect(() => unsealed(key, of, text)).toThrow();
  });
});
