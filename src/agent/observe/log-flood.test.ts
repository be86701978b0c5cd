import { expect, test } from "vitest";
import { quietness } from "./log-flood.ts";

test("a log that grows quickly is quiet for a minute, and a rotated one has not grown", () => {
  expect(quietness(undefined, 9e6, 0)).toEqual({ next: { size: 9e6 } });
  expect(quietness({ size: 9e6 }, 9.1e6, 2000)).toEqual({ next: { size: 9.1e6 } });
  const flooded = quietness({ size: 9e6 }, 10e6, 2000);
  expect(flooded).toEqual({ next: { size: 10e6, until: 62_000 }, level: "critical" });
  expect(quietness(flooded.next, 11e6, 4000)).toEqual({ next: { size: 11e6, until: 62_000 } });
  expect(quietness(flooded.next, 11e6, 62_000)).toEqual({ next: { size: 11e6 }, level: "usual" });
  expect(quietness({ size: 30e6 }, 1000, 2000)).toEqual({ next: { size: 1000 } });
});
