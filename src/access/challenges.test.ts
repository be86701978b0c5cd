import { expect, test } from "vitest";
import { answerMs, isChallenge, newChallenge } from "./challenges.ts";

const now = new Date("2026-11-29T12:00:00Z");
const later = (ms: number): Date => new Date(now.getTime() + ms);

test("a challenge is of this cluster, for one thing, and for some minutes", () => {
  const challenge = newChallenge("root", "login", now);
  expect(newChallenge("root", "login", now).equals(challenge)).toBe(false);
  const is = (root: string, purpose: string, at: Date) => isChallenge(root, purpose, challenge, at);
  expect(is("root", "login", now)).toBe(true);
  expect(is("root", "login", later(answerMs - 1))).toBe(true);
  expect(is("root", "login", later(-4000))).toBe(true);
  expect(is("root", "login", later(answerMs))).toBe(false);
  expect(is("root", "login", later(-6000))).toBe(false);
  expect(is("other", "login", now)).toBe(false);
  expect(is("root", "new ada", now)).toBe(false);
});

test("nobody makes one, nor a later one of it", () => {
  const challenge = newChallenge("root", "login", now);
  for (let at = 0; at < challenge.length; at++) {
    const forged = Buffer.from(challenge);
    forged[at] = (forged[at] ?? 0) ^ 1;
    expect(isChallenge("root", "login", forged, now)).toBe(false);
  }
  expect(isChallenge("root", "login", challenge.subarray(1), now)).toBe(false);
  expect(isChallenge("root", "login", Buffer.alloc(0), now)).toBe(false);
});
