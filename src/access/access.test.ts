import { describe, expect, test } from "vitest";
import { forgottenMs, oneMore, pauseMs, sourceOf, subjectsOf, type Tries } from "./attempts.ts";
import { assertFromHere, assertOfSession, csrfOf } from "./origin.ts";
import { hashedPassword, isPassword } from "./password.ts";

describe("passwords", () => {
  test("argon2id with OWASP's parameters; right, wrong, nobody's", async () => {
    const stored = await hashedPassword("correct horse battery");
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hashedPassword("correct horse battery")).not.toBe(stored);
    expect(await isPassword("correct horse battery", stored)).toBe(true);
    expect(await isPassword("correct horse batterz", stored)).toBe(false);
    expect(await isPassword("", null)).toBe(false);
    // The same letter, composed and not.
    expect(await isPassword("u\u0308ber den Wolken", await hashedPassword("\u00fcber den Wolken"))).toBe(
      true,
    );
    await expect(isPassword("x", "plain text")).rejects.toThrow(/argon2id/);
  });

  // RFC 9106 has no vector without secret and associated data; this one is of the reference program `argon2`.
  test("reads hashes of other programs", async () => {
    const stored = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    expect(await isPassword("password", stored)).toBe(true);
  });
});

describe("logins that fail", () => {
  const now = new Date("2026-11-29T12:00:00Z");
  const ago = (tries: number, ms: number): Tries => ({ tries, at: new Date(now.getTime() - ms) });
  test.each([
    [undefined, 0],
    [ago(4, 0), 0],
    [ago(5, 0), 2000],
    [ago(5, 1500), 500],
    [ago(6, 0), 4000],
    [ago(9, 0), 32_000],
    [ago(500, 0), 900_000],
    [ago(500, forgottenMs), 0],
  ])("after %j the next waits %i ms", (before, expected) => {
    expect(pauseMs(before, 5, now)).toBe(expected);
  });

  test("they are counted until an hour after the last", () => {
    expect(oneMore(undefined, now).tries).toBe(1);
    expect(oneMore(ago(7, forgottenMs - 1), now).tries).toBe(8);
    expect(oneMore(ago(7, forgottenMs), now).tries).toBe(1);
  });

  test.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8::1", "2001:db8:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["this host", "this host"],
  ])("%s is counted as %s", (address, source) => {
    expect(sourceOf(address)).toBe(source);
    expect(subjectsOf("ada", address)[0]?.name).toBe(`both ada ${source}`);
  });
});

describe("where a browser's request was made", () => {
  const host = "console.example:8443";
  const token = "t".repeat(43);
  const csrf = csrfOf(token);
  const own = { host, origin: `https://${host}`, "sec-fetch-site": "same-origin" };
  const refused = (method: string, headers: Record<string, string>) => () =>
    assertOfSession({ method, headers: { host, ...headers } }, token);

  test("the console's own are taken", () => {
    assertOfSession({ method: "PUT", headers: { ...own, "x-dialtone-csrf": csrf } }, token);
    assertOfSession({ method: "GET", headers: { host } }, token);
    assertOfSession({ method: "GET", headers: { host, "sec-fetch-site": "none" } }, token);
    assertFromHere({ method: "POST", headers: { host } });
  });

  test.each([
    ["GET", { "sec-fetch-site": "cross-site" }, /another site/],
    ["GET", { "sec-fetch-site": "same-site" }, /another site/],
    ["PUT", { "sec-fetch-site": "none" }, /another site/],
    ["PUT", { origin: "https://evil.example" }, /evil\.example/],
    ["PUT", { origin: `http://${host}` }, /not of https/],
    ["PUT", { origin: "null" }, /null/],
    ["PUT", { "x-dialtone-csrf": csrf }, /neither Origin/],
    ["PUT", { origin: `https://${host}` }, /X-Dialtone-Csrf/],
    ["PUT", { origin: `https://${host}`, "x-dialtone-csrf": csrfOf("other") }, /X-Dialtone-Csrf/],
  ])("%s with %j is not", (method, headers, why) => {
    expect(refused(method, headers)).toThrow(why);
  });
});
