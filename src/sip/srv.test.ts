import { expect, it } from "vitest";
import { orderSrv } from "./srv.ts";

const record = (name: string, priority: number, weight: number) => ({ name, priority, weight });
const names = (records: { name: string }[]): string => records.map(({ name }) => name).join("");

it("tries targets by priority, and equals by weight: those of weight 0 when nothing else is left", () => {
  const records = [record("c", 20, 1), record("z", 10, 0), record("a", 10, 3), record("b", 10, 1)];
  expect(names(orderSrv(records, () => 0))).toBe("abzc");
  expect(names(orderSrv(records, () => 0.74))).toBe("abzc");
  expect(names(orderSrv(records, () => 0.75))).toBe("bazc");
  expect(orderSrv([], () => 0)).toEqual([]);
});
