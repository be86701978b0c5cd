import { expect, test } from "vitest";
import {
  grouped,
  isRecoveryCode,
  newRecoveryCodes,
  newSecret,
  recoveryHash,
  secretUri,
  stepOf,
} from "./one-time.ts";

// RFC 6238 appendix B, SHA-1, the last six of eight digits: the secret is "12345678901234567890".
const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const at = (seconds: number): Date => new Date(seconds * 1000);

test.each([
  [59, "287082", 1],
  [1_111_111_109, "081804", 37_037_036],
  [1_234_567_890, "005924", 41_152_263],
  [20_000_000_000, "353130", 666_666_666],
])("at %i s %s is of step %i", (seconds, code, step) => {
  expect(stepOf(secret, code, at(seconds))).toBe(step);
});

test("a code is good one step before and after its own, and no longer", () => {
  const steps = [-60, -59, -30, -29, 0, 29, 30, 31].map((late) => stepOf(secret, "287082", at(59 + late)));
  expect(steps).toEqual([undefined, 1, 1, 1, 1, 1, 1, undefined]);
});

test.each(["", "28708", "2870822", "28708a", "２８７０８２"])("%j is no code", (code) => {
  expect(stepOf(secret, code, at(59))).toBeUndefined();
});

test("a secret has 160 bits, and tells an authenticator whose it is", () => {
  expect(newSecret()).toMatch(/^[A-Z2-7]{32}$/);
  const uri = new URL(secretUri(secret, "Dialtone lab", "ada@example.org"));
  expect(uri.protocol).toBe("otpauth:");
  expect(decodeURIComponent(uri.pathname)).toBe("/Dialtone lab:ada@example.org");
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    issuer: "Dialtone lab",
    secret,
    algorithm: "SHA1",
    digits: "6",
    period: "30",
  });
});

test("recovery codes are all different; what is stored depends on the cluster and the person's set", () => {
  const codes = newRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(isRecoveryCode(code)).toBe(true);
  expect(isRecoveryCode("123456")).toBe(false);
  expect(grouped("ABCDEFGHIJKLMNOP")).toBe("ABCD-EFGH-IJKL-MNOP");
  const salt = Buffer.alloc(16, 1);
  const hash = recoveryHash("root", salt, "ABCDEFGHIJKLMNOP");
  expect(recoveryHash("root", salt, "ABCDEFGHIJKLMNOP")).toEqual(hash);
  for (const other of [
    recoveryHash("other", salt, "ABCDEFGHIJKLMNOP"),
    recoveryHash("root", Buffer.alloc(16, 2), "ABCDEFGHIJKLMNOP"),
    recoveryHash("root", salt, "BBCDEFGHIJKLMNOP"),
  ])
    expect(other.equals(hash)).toBe(false);
});
