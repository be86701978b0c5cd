import { describe, expect, test } from "vitest";
import type { Person, Scope } from "../http/principal.ts";
import { narrowest } from "../http/scope.ts";
import { endingTokens } from "./ending-tokens.ts";
import { type KnownToken, principalOfToken } from "./known-tokens.ts";
import { assertMayMake } from "./token-api.ts";
import { tokenRequest } from "./token-schema.ts";

const scope = (more: Partial<Scope> = {}): Scope => ({ sites: [], groups: [], numbers: [], ...more });
const ada: Person = { name: "ada", display: "", role: "operator", user: "1001" };
const token: KnownToken = {
  ...{ id: Buffer.alloc(32), name: "board", owner: "ada", role: "operator", scope: null, areas: null },
  ...{ expiresAt: 0, seenAt: 0 },
};
const now = Date.parse("2026-11-29T12:00:00Z");

describe("what a token is worth", () => {
  const of = (one: Partial<KnownToken>, owner: Person | undefined = ada) =>
    principalOfToken({ ...token, ...one }, () => owner)?.person;

  test("its own, and no more than its owner now", () => {
    expect(of({})).toEqual({ name: "token:board", display: "board", role: "operator", user: "1001" });
    expect(of({ role: "auditor" })).toMatchObject({ role: "auditor" });
    expect(of({}, { ...ada, role: "user" })).toMatchObject({ role: "user" });
    const both = of({ scope: scope({ sites: ["a", "b"] }) }, { ...ada, scope: scope({ sites: ["b", "c"] }) });
    expect(both?.scope).toEqual(scope({ sites: ["b"] }));
    expect(principalOfToken(token, () => undefined)).toBeUndefined();
  });

  test("one that was made on a host is nobody's", () => {
    const found = principalOfToken({ ...token, owner: null, role: "administrator" }, () => undefined);
    expect(found).toEqual({
      kind: "token",
      person: { name: "token:board", display: "board", role: "administrator" },
    });
  });

  test.each([
    [["+49*"], ["+4971*"], ["+4971*"]],
    [["+4971*"], ["+49*"], ["+4971*"]],
    [["+4971", "12"], ["+49*"], ["+4971"]],
    [["+4971"], ["+4971"], ["+4971"]],
    [["+1*"], ["+49*"], []],
    [["*"], ["+49*", "7"], ["+49*", "7"]],
    [[], ["*"], []],
  ])("numbers that are in %j and in %j: %j", (one, other, expected) => {
    expect(narrowest(scope({ numbers: one }), scope({ numbers: other }))?.numbers).toEqual(expected);
  });
});

test("told of are those that end within two weeks or ended within one, of people who are there", () => {
  const at = (name: string, days: number, owner: string | null = "ada"): KnownToken => ({
    ...{ ...token, name, owner, expiresAt: now + days * 86_400_000 },
  });
  const all = [
    ...[at("later", 15), at("soon", 13), at("first", -6), at("long-over", -8), at("host", 2, null)],
    at("gone", 1, "eve"),
  ];
  const found = endingTokens(all, (name) => (name === "ada" ? ada : undefined), now);
  expect(found.map(({ name }) => name)).toEqual(["first", "host", "soon"]);
  expect(found[1]).toEqual({ name: "host", owner: null, expires_at: "2026-12-01T12:00:00.000Z" });
});

describe("a new token", () => {
  const body = (more: object) =>
    tokenRequest.parse({ name: "board", role: "auditor", expires_at: "2027-11-29T12:00:00Z", ...more });

  test("may be no more than its maker", () => {
    assertMayMake(body({}), ada, now);
    assertMayMake(body({ role: "administrator" }), undefined, now);
    expect(() => assertMayMake(body({ role: "administrator" }), ada, now)).toThrow(/no more/);
  });

  test.each(["2026-11-29T12:00:00Z", "2027-12-01T12:00:00Z", "2026-01-01T00:00:00Z"])(
    "does not end at %s",
    (expires_at) => {
      expect(() => assertMayMake(body({ expires_at }), undefined, now)).toThrow(/has an end/);
    },
  );

  test.each(["nonsense", "session"])("is not for %s", (area) => {
    expect(() => assertMayMake(body({ areas: ["records", area] }), undefined, now)).toThrow(/no part/);
  });

  test.each([{ areas: [] }, { name: "a:b" }, { expires_at: null }])("%j is refused", (more) => {
    expect(() => body(more)).toThrow();
  });
});
