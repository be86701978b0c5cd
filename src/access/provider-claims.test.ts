import { describe, expect, test } from "vitest";
import { claimAt, claimedBy } from "./provider-claims.ts";

const now = new Date("2026-11-29T12:00:00Z");
const rules = {
  name_claim: "email",
  roles_claim: null,
  roles: [],
  second_factor: "claims" as const,
  acr_values: [],
};

describe("what a provider's claims say", () => {
  test("an address counts when it was verified, and is written small", () => {
    const email = " Ada@Example.com ";
    expect(claimedBy({ email, email_verified: true }, rules, now).name).toBe("ada@example.com");
    for (const email_verified of [false, "true", 1, undefined]) {
      const found = claimedBy({ email, email_verified }, rules, now);
      expect(found.name).toBeUndefined();
      expect(found.noName).toContain("email_verified");
    }
    expect(claimedBy({ email_verified: true }, rules, now).noName).toContain("email");
  });

  test("another claim counts as it is", () => {
    const found = claimedBy(
      { preferred_username: "ada" },
      { ...rules, name_claim: "preferred_username" },
      now,
    );
    expect(found.name).toBe("ada");
  });

  test("a claim is found by its name, or the way to it, and never in what all objects have", () => {
    const claims = { "https://example.com/roles": ["a"], realm_access: { roles: ["b"] } };
    expect(claimAt(claims, "https://example.com/roles")).toEqual(["a"]);
    expect(claimAt(claims, "realm_access.roles")).toEqual(["b"]);
    expect(claimAt(claims, "constructor.name")).toBeUndefined();
    expect(claimAt(claims, "realm_access.roles.length")).toBe(1);
  });

  test("the highest role of those that are mapped; none: null; no claim: not the provider's to say", () => {
    const mapped = {
      ...rules,
      roles_claim: "groups",
      roles: [
        { value: "phones", role: "operator" as const },
        { value: "staff", role: "user" as const },
      ],
    };
    expect(claimedBy({ groups: ["staff", "phones", "other"] }, mapped, now).role).toBe("operator");
    expect(claimedBy({ groups: "staff" }, mapped, now).role).toBe("user");
    for (const groups of [[], ["Staff"], undefined, { staff: true }, null])
      expect(claimedBy({ groups }, mapped, now).role).toBeNull();
    expect(claimedBy({ groups: ["staff"] }, rules, now).role).toBeUndefined();
  });

  test("a second factor by amr or acr, or as it was decided", () => {
    const strong = (claims: object, more: object = {}) =>
      claimedBy({ ...claims }, { ...rules, ...more }, now).strong;
    expect(strong({ amr: ["pwd", "mfa"] })).toBe(true);
    expect(strong({ amr: ["pwd", "otp"] })).toBe(false);
    expect(strong({ amr: "mfa" })).toBe(false);
    expect(strong({ acr: "gold" })).toBe(false);
    expect(strong({ acr: "gold" }, { acr_values: ["gold"] })).toBe(true);
    expect(strong({ acr: "" }, { acr_values: ["gold"] })).toBe(false);
    expect(strong({ amr: ["mfa"] }, { second_factor: "never" })).toBe(false);
    expect(strong({}, { second_factor: "always" })).toBe(true);
  });

  test("when somebody logged in there: never later than now, unknown where it is not said", () => {
    const at = (auth_time: unknown) => claimedBy({ auth_time }, rules, now).authAt;
    expect(at(now.getTime() / 1000 - 60)).toEqual(new Date(now.getTime() - 60_000));
    expect(at(now.getTime() / 1000 + 3600)).toEqual(now);
    for (const wrong of [undefined, "1", Number.NaN, -1, null]) expect(at(wrong)).toBeUndefined();
  });
});
