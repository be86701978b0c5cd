import { expect, test } from "vitest";
import { openedLogin, type Seal, sealedLogin } from "./provider-seal.ts";

const root = "a secret of the cluster";
const now = new Date("2026-11-29T12:00:00Z");
const seal: Seal = {
  stage: "away",
  id: "one",
  until: now.getTime() + 1000,
  began: now.getTime(),
  provider: "company",
  window: false,
  session: null,
  secrets: { state: "s", nonce: "n", verifier: "v" },
  redirect: "https://console.test/console/login/return",
};

test("what is remembered of a login is good for its time and its stage, and for who sealed it", () => {
  const cookie = sealedLogin(root, seal);
  expect(cookie.length).toBeLessThan(4000);
  expect(openedLogin(root, cookie, "away", now)).toEqual(seal);
  expect(openedLogin(root, cookie, "code", now)).toBeUndefined();
  expect(openedLogin(root, cookie, "away", new Date(seal.until))).toBeUndefined();
  expect(openedLogin("another", cookie, "away", now)).toBeUndefined();
  expect(openedLogin(root, `${cookie.slice(0, -4)}AAAA`, "away", now)).toBeUndefined();
  for (const wrong of [undefined, "", "nonsense"])
    expect(openedLogin(root, wrong, "away", now)).toBeUndefined();
});
