import { describe, expect, test } from "vitest";
import { authorize, type Challenge, chooseChallenges, ha1, parseChallenge } from "./digest.ts";

const challenge = (header: string): Challenge => {
  const found = parseChallenge(header);
  if (!found) throw new Error(`not answered: ${header}`);
  return found;
};
const responseOf = (header: string): string => /response="([^"]+)"/.exec(header)?.[1] ?? "";

describe("examples of the RFCs", () => {
  test("without qop: RFC 2069 as corrected by its errata", () => {
    const old = challenge('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"');
    expect(old).toMatchObject({ algorithm: "MD5", qop: undefined, stale: false });
    const secret = { ha1_md5: "939e7578ed9e3c518a452acee763bce9", ha1_sha256: "" };
    const header = authorize(old, secret, "Mufasa", { method: "GET", uri: "/dir/index.html" });
    expect(responseOf(header)).toBe("670fd8c2df070c60b045671b8b24ff02");
    expect(header).not.toContain("cnonce");
  });
  test.each([
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ])("RFC 7616 3.9.1: %s", (algorithm, response) => {
    const asked = challenge(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`,
    );
    const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    const secret = ha1("Mufasa", "http-auth@example.org", "Circle of Life");
    const header = authorize(asked, secret, "Mufasa", { method: "GET", uri: "/dir/index.html" }, 1, cnonce);
    expect(responseOf(header)).toBe(response);
    expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });
});

test("auth-int where nothing else is offered: the body counts", () => {
  const asked = challenge('Digest realm="r", nonce="n", qop="auth-int"');
  const by = (body: string) =>
    responseOf(authorize(asked, ha1("u", "r", "p"), "u", { method: "MESSAGE", uri: "sip:x", body }, 1, "c"));
  expect(asked.qop).toBe("auth-int");
  expect(by("one")).not.toBe(by("two"));
  expect(by("")).toBe(
    responseOf(authorize(asked, ha1("u", "r", "p"), "u", { method: "MESSAGE", uri: "sip:x" }, 1, "c")),
  );
});

test("a nonce is used again with a higher count; stale is told", () => {
  const asked = challenge('Digest realm="a \\"b\\"", nonce="n", qop="auth", stale=TRUE, algorithm=SHA-256');
  expect(asked).toMatchObject({ realm: 'a "b"', stale: true });
  const header = authorize(asked, ha1("u", "r", "p"), "u", { method: "REGISTER", uri: "sip:r" }, 17);
  expect(header).toContain('realm="a \\"b\\""');
  expect(header).toContain("nc=00000011");
});

test("sessions hash the nonces into the secret", () => {
  const asked = challenge('Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess');
  expect(asked).toMatchObject({ algorithm: "MD5", session: true });
  const header = authorize(asked, ha1("u", "r", "p"), "u", { method: "REGISTER", uri: "sip:r" }, 1, "c");
  expect(header).toContain("algorithm=MD5-sess");
});

test("of several challenges the first of each realm that can be answered", () => {
  const chosen = chooseChallenges([
    'Digest realm="a", nonce="1", algorithm=SHA-512-256, qop="auth"',
    'Digest realm="a", nonce="2", algorithm=SHA-256, qop="auth"',
    'Digest realm="a", nonce="3", algorithm=MD5, qop="auth"',
    'Digest realm="b", nonce="4"',
  ]);
  expect(chosen.map(({ realm, nonce, algorithm }) => [realm, nonce, algorithm])).toEqual([
    ["a", "2", "SHA-256"],
    ["b", "4", "MD5"],
  ]);
  expect(() => chooseChallenges(['Digest realm="a", nonce="1", algorithm=TOKEN'])).toThrow(/can be answered/);
  expect(() => chooseChallenges(["Basic realm=x"])).toThrow(/not a Digest/);
});
