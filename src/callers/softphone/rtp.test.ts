import { expect, test } from "vitest";
import { tone } from "./rtp.ts";

test("20 ms of G.711", () => {
  expect(tone(400)).toHaveLength(160);
  expect(new Set(tone(400)).size).toBeGreaterThan(5);
});
