import { expect, it } from "vitest";
import { safeDrills } from "../cluster/drills-schema.ts";
import { catalogue, drillNamed, type Step } from "./catalogue.ts";

it("names each drill once, in the form that the database takes", () => {
  const names = catalogue.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{0,63}$/);
});

it("calls only those safe on production that stop no part of the active node and cut nothing", () => {
  const safe = (step: Step) =>
    step.do === "switchover" || step.do === "wait" || (step.do === "kill-part" && step.on === "standby");
  for (const kind of catalogue.filter(({ production }) => production))
    expect([kind.name, kind.steps.every(safe), kind.fatal]).toEqual([kind.name, true, false]);
  // What cluster.yaml may schedule is the same list.
  const names = catalogue.filter(({ production }) => production).map(({ name }) => name);
  expect(names.toSorted()).toEqual([...safeDrills].toSorted());
});

it("has every fault that was asked for", () => {
  const wanted = [
    ...["host-death", "kamailio-death-active", "mariadb-hang-standby", "garbd-death-witness"],
    ...["link-loss-active", "one-way-active", "partition", "active-without-witness", "witness-loss"],
    ...["witness-death", "standby-then-witness", "clock-forward-active", "clock-back-standby"],
    ...[
      "disk-full-active",
      "packet-loss-5",
      "packet-loss-20",
      "cpu-starvation",
      "all-power-off",
      "switchover",
    ],
  ];
  for (const name of wanted) expect(drillNamed(name).name).toBe(name);
  expect(() => drillNamed("host-deaf")).toThrow(/no drill 'host-deaf'.*drill list/);
});
