import { expect, test } from "vitest";
import { farmSchema } from "../carriers/farm-schema.ts";
import { exhausted, farmsWith } from "./farm-drain.ts";

const farm = (name: string, ...targets: object[]) => farmSchema.parse({ name, targets });
const one = { host: "192.0.2.21" };
const two = { host: "192.0.2.22", port: 5080 };
const farms = [farm("conference", one, two), farm("fax", two), farm("gateways", { host: "192.0.2.9" })];

test("a machine goes out of all its farms, and comes back as it was", () => {
  const out = farmsWith(farms, { address: "192.0.2.22", port: 5080 }, true);
  expect(out.map(({ name, targets }) => [name, targets.map(({ drained }) => drained)])).toEqual([
    ["conference", [undefined, true]],
    ["fax", [true]],
  ]);
  expect(exhausted(out)).toEqual(["fax"]);
  expect(farmsWith(out, { address: "192.0.2.22", port: 5080 }, true)).toEqual([]);
  expect(farmsWith(out, { address: "192.0.2.22", port: 5080 }, false)).toEqual(farms.slice(0, 2));
});

test("another port is another machine; the usual one need not be said", () => {
  expect(farmsWith(farms, { address: "192.0.2.22", port: 5060 }, true)).toEqual([]);
  expect(farmsWith(farms, { address: "192.0.2.21", port: 5060 }, true).map(({ name }) => name)).toEqual([
    "conference",
  ]);
});
