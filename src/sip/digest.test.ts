import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { authorize, parseChallenge } from "./digest.ts";

test("a response as in the example of RFC 2617 3.5", () => {
  const challenge = parseChallenge('Digest realm="r", nonce="n", algorithm=MD5');
  expect(challenge).toEqual({ realm: "r", nonce: "n", algorithm: "MD5", qop: false });
  // RFC 2617 3.5's example without qop: H(H(A1):nonce:H(A2)).
  const old = {
    realm: "testrealm@host.com",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    algorithm: "MD5" as const,
  };
  const ha1 = { ha1_md5: "939e7578ed9e3c518a452acee763bce9", ha1_sha256: "" };
  const header = authorize({ ...old, qop: false }, ha1, "Mufasa", "GET", "/dir/index.html");
  expect(header).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
  expect(() => parseChallenge("Basic realm=x")).toThrow(/not a Digest/);
});

test("with qop and SHA-256, as Kamailio asks: the client's nonce is part of the response", () => {
  const challenge = parseChallenge('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256');
  expect(challenge).toEqual({ realm: "r", nonce: "n", algorithm: "SHA-256", qop: true });
  const header = authorize(challenge, { ha1_md5: "", ha1_sha256: "0a" }, "u", "REGISTER", "sip:r");
  const cnonce = /cnonce="([^"]+)"/.exec(header)?.[1];
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const response = hash(`0a:n:00000001:${cnonce}:auth:${hash("REGISTER:sip:r")}`);
  expect(header).toContain(`algorithm=SHA-256, response="${response}", qop=auth, nc=00000001`);
});
