import { expect, test } from "vitest";
import { partNames } from "../../report/parts.ts";
import { stopOrder } from "./parts.ts";

test("every part is stopped, once; what needs another goes before it", () => {
  expect([...stopOrder].sort()).toEqual([...partNames].sort());
  const needs = [
    ["keepalived", "kamailio"],
    ["kamailio", "rtpengine"],
    ["kamailio", "app"],
    ["rtpengine", "redis"],
    ["app", "mariadb"],
  ] as const;
  for (const [one, other] of needs) expect(stopOrder.indexOf(one)).toBeLessThan(stopOrder.indexOf(other));
});
