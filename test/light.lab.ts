import { afterAll, beforeAll, expect, test } from "vitest";
import type { HostReport } from "../src/agent/report.ts";
import { switchOver } from "../src/cli/switchover.ts";
import { recordsOf } from "../src/drills/api.ts";
import { agentSocketOf } from "../src/lab/agents.ts";
import { diagnoseLab } from "../src/lab/diagnosis.ts";
import { type LabStatus, openLab } from "../src/lab/lab.ts";
import { waitFor, waitForGreen } from "../src/lab/wait.ts";

/** The light, the functional test and the diagnosis with the real parts. */
const lab = openLab("lighttest");
const timeout = 120_000;
const deadlineMs = 60_000;
let ours = false;

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true });
  ours = true;
  await waitForGreen(lab, 120_000);
}, 180_000);

afterAll(async () => {
  if (ours) await lab.down({ wipe: true, graceMs: 5000 });
}, 60_000);

const nodesOf = ({ hosts }: LabStatus): HostReport[] =>
  hosts.flatMap(({ agent }) => (agent?.role === "node" ? [agent] : []));
const codesOf = (report: HostReport | undefined) => report?.light?.reasons.map(({ code }) => code) ?? [];
const standbyOf = (status: LabStatus) => nodesOf(status).find((report) => !report.holds);
const problemsOf = (status: LabStatus) =>
  diagnoseLab(status).problems.map(({ host, code }) => `${host} ${code}`);

test("both nodes register, call and read the event back, and no call record knows of it", {
  timeout,
}, async () => {
  const status = await waitFor(
    lab,
    (now) =>
      nodesOf(now)
        .filter(({ functional }) => functional?.detail.endsWith("event read back") !== true)
        .map(({ host, functional }) => `${host}: ${functional?.detail ?? "not tested yet"}`),
    { deadlineMs },
  );
  expect(nodesOf(status)).toHaveLength(2);
  expect(await recordsOf(lab.name, {})).toEqual([]);
});

test("safe but for the drill: a switchover is refused, or accepted by its code", { timeout }, async () => {
  const status = await waitFor(
    lab,
    (now) => (codesOf(standbyOf(now)).join() === "not-drilled" ? [] : codesOf(standbyOf(now)).concat()),
    { deadlineMs },
  );
  const holder = nodesOf(status).find((report) => report.holds)?.host ?? "";
  const socket = agentSocketOf(lab.state().hosts[holder]?.data ?? "");
  await expect(switchOver(socket, false)).rejects.toThrow(/never drilled.*\[not-drilled\]/);
  await switchOver(socket, false, ["not-drilled"]);
});

test("a person sees what is wrong: no power, a cut, and nothing any more", { timeout }, async () => {
  await waitForGreen(lab, deadlineMs);
  const standby = standbyOf(await lab.status())?.host ?? "";
  await lab.kill(standby);
  const dark = await waitFor(
    lab,
    (now) => (codesOf(nodesOf(now)[0]).includes("not-heard") ? [] : ["the holder's light is not red yet"]),
    { deadlineMs },
  );
  expect(nodesOf(dark)[0]?.light?.colour).toBe("red");
  expect(problemsOf(dark)).toContain(`${standby} silent`);
  expect(diagnoseLab(dark).headline).toMatch(/^Calls get through: . answers them\. If it fails now/);
  await lab.heal();
  await waitForGreen(lab, deadlineMs);
  await lab.cut("a", "b");
  await waitFor(
    lab,
    (now) => (problemsOf(now).some((problem) => problem.endsWith(" link")) ? [] : ["the cut is not told"]),
    { deadlineMs },
  );
  await lab.heal();
});
