import { expect, it } from "vitest";
import { hashedPin, hashedPinNow, isHashed, isPin } from "./pin.ts";
import { lockedMs, mostTries, oneMore, subjectsOf, type Tries } from "./pin-tries.ts";

it("a PIN is known by its hash alone, each with a salt of its own", async () => {
  const [one, two] = [await hashedPin("4711"), hashedPinNow("4711")];
  expect(one).not.toBe(two);
  expect(one).not.toContain("4711");
  expect(isHashed(one)).toBe(true);
  for (const hash of [one, two]) expect(await isPin("4711", hash)).toBe(true);
  expect(await isPin("4712", one)).toBe(false);
  for (const none of [null, undefined, "", "scrypt  "]) expect(await isPin("4711", none)).toBe(false);
});

it("five wrong PINs, and none is looked at for a quarter of an hour", () => {
  let tries: Tries | undefined;
  const start = Date.UTC(2026, 0, 1);
  for (let count = 1; count <= mostTries; count++) {
    const next = oneMore(tries, new Date(start + count * 1000));
    expect(next).toMatchObject({ tries: count });
    tries = next === "locked" ? undefined : next;
  }
  expect(oneMore(tries, new Date(start + 6000))).toBe("locked");
  expect(oneMore(tries, new Date(start + 5000 + lockedMs))).toMatchObject({ tries: 1 });
  expect(subjectsOf("desk7", "1001")).toEqual(["phone desk7", "user 1001"]);
  expect(subjectsOf("desk7", undefined)).toEqual(["phone desk7"]);
});
