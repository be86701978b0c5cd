import { expect, it } from "vitest";
import { drillsSchema } from "../../cluster/drills-schema.ts";
import type { HostReport } from "../../report/host-report.ts";
import { inOrder, whyNoDrill } from "./drill-schedule.ts";

const entry = (host: string, more: Partial<HostReport> = {}, ageMs = 100) => ({
  ageMs,
  report: {
    host,
    role: "node",
    holds: host === "a",
    stopping: false,
    verdict: { mayHold: true, light: "green", reasons: [] },
    ...more,
  } as unknown as HostReport,
});
const self = { host: "a", holdsForMs: 120_000, expected: ["a", "b", "w"] };
const well = [entry("a"), entry("b"), entry("w")];

it("lets a drill begin when the holder hears everybody and all is green", () => {
  expect(whyNoDrill(self, well)).toEqual([]);
});

it("lets none begin otherwise, and says why", () => {
  expect(whyNoDrill({ ...self, holdsForMs: undefined }, well)).toEqual([
    "a does not hold the service address",
  ]);
  expect(whyNoDrill({ ...self, holdsForMs: 5000 }, well)).toHaveLength(1);
  expect(whyNoDrill(self, [entry("a"), entry("b")])).toEqual(["w is not heard"]);
  expect(whyNoDrill(self, [entry("a"), entry("b", {}, 60_000), entry("w")])).toEqual(["b is not heard"]);
  const sick = entry("b", { verdict: { mayHold: false, light: "red", reasons: [] } });
  expect(whyNoDrill(self, [entry("a"), sick, entry("w")])).toEqual(["b: is red and does not say why"]);
  const unsafe = entry("b", { light: { colour: "red", reasons: [] } });
  expect(whyNoDrill(self, [entry("a"), unsafe, entry("w")])).toEqual(["b: it is not safe to lose a node"]);
  expect(whyNoDrill(self, [entry("a"), entry("b", { holds: true }), entry("w")])).toEqual([
    "two hosts hold the service address",
  ]);
});

it("hands the address over last: after that this host is not the holder", () => {
  expect(inOrder(["switchover", "app-death-standby"])).toEqual(["app-death-standby", "switchover"]);
});

it("refuses schedules that can not be meant", () => {
  const problems = (given: unknown) =>
    drillsSchema.safeParse(given).error?.issues.map(({ path }) => path.join(".")) ?? [];
  const run = ["switchover"];
  expect(problems({ schedule: [{ cron: "30 3 * * 2", run }] })).toEqual([]);
  expect(problems({ schedule: [{ cron: "61 3 * * 2", run }] })).toEqual(["schedule.0.cron"]);
  expect(problems({ schedule: [{ cron: "30 3 * * 2", run: ["host-death"] }] })).toEqual(["schedule.0.run.0"]);
  expect(problems({ time_zone: "Mars/Olympus" })).toEqual(["time_zone"]);
});
