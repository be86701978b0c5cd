import { expect, test } from "vitest";
import type { LabStatus } from "./lab.ts";
import { changesBetween } from "./live.ts";
import { milestones, whyNotGreen } from "./readiness.ts";
import { describeStatus } from "./text.ts";

const status = (change: (status: LabStatus) => void = () => {}): LabStatus => {
  const host = (name: string, role: "node" | "witness" | "outside", address: string) => ({
    name,
    role,
    address,
    namespace: `dt-lab-${name}`,
    powered: true,
    paused: [],
    agent: null,
  });
  const made: LabStatus = {
    lab: "lab",
    running: true,
    started: "2026-11-21T01:00:00Z",
    isolated: true,
    cuts: [],
    subnet: "198.18.77.0/24",
    service: "198.18.77.100",
    hosts: [host("a", "node", "198.18.77.11"), host("outside", "outside", "198.18.77.1")],
  };
  change(made);
  return made;
};

const unplugged = status((lab) => {
  for (const host of lab.hosts) if (host.name === "a") host.powered = false;
  lab.cuts.push({ from: "a", to: "b", oneWay: false, loss: 100 });
});

test("only what changed is told", () => {
  expect(changesBetween(status(), status())).toEqual([]);
  expect(changesBetween(status(), unplugged)).toEqual(["a has no power", "cut: a ↔ b"]);
  expect(changesBetween(unplugged, status())).toEqual(["a has power", "no longer: cut: a ↔ b"]);
});

test("a lab whose agents do not answer is missing everything, and says so", () => {
  const missing = whyNotGreen(status().hosts);
  expect(missing).toContain("a: its agent does not answer (no reason known)");
  expect(missing).toContain("nobody holds the service address");
  expect(milestones[0]?.missing(status())).toEqual(["a: no agent"]);
  expect(describeStatus(unplugged)).toMatch(/no power/);
});
