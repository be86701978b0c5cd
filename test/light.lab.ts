import pRetry from "p-retry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { switchOver } from "../src/client/switchover.ts";
import { recordsOf } from "../src/drills/api.ts";
import { agentSocketOf } from "../src/lab/agents.ts";
import { type LabStatus, openLab } from "../src/lab/lab.ts";
import { waitFor, waitForGreen } from "../src/lab/wait.ts";
import type { HostReport } from "../src/report/host-report.ts";

/** The light, the functional test and the diagnosis with the real parts. */
const lab = openLab("lighttest");
const deadlineMs = 60_000;
let ours = false;

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true });
  ours = true;
  await waitForGreen(lab, 120_000);
});

afterAll(async () => {
  if (ours) await lab.down({ wipe: true, graceMs: 5000 });
});

const nodesOf = ({ hosts }: LabStatus): HostReport[] =>
  hosts.flatMap(({ agent }) => (agent?.role === "node" ? [agent] : []));
const codesOf = (report: HostReport | undefined) => report?.light?.reasons.map(({ code }) => code) ?? [];
const standbyOf = (status: LabStatus) => nodesOf(status).find((report) => !report.holds);

test("both nodes register, call and read the event back, and no call record knows of it", async () => {
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

test("safe but for the drill: a switchover is refused, or accepted by its code", async () => {
  const status = await waitFor(
    lab,
    (now) => (codesOf(standbyOf(now)).join() === "not-drilled" ? [] : codesOf(standbyOf(now)).concat()),
    { deadlineMs },
  );
  const holder = nodesOf(status).find((report) => report.holds)?.host ?? "";
  const socket = agentSocketOf(lab.state().hosts[holder]?.data ?? "");
  await expect(switchOver(socket, false)).rejects.toThrow(/never drilled.*\[not-drilled\]/);
  // The other node may just be making its relay follow: refused for a moment, rightly.
  await pRetry(() => switchOver(socket, false, ["not-drilled"]), { retries: 40, factor: 1, minTimeout: 500 });
});
