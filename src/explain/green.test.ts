import { expect, test } from "vitest";
import type { HostReport } from "../report/host-report.ts";
import { notGreen } from "./green.ts";

const said = (name: string, change: Partial<HostReport> = {}) => ({
  name,
  report: {
    host: name,
    holds: false,
    verdict: { mayHold: true, light: "green", reasons: [] },
    ...change,
  } as unknown as HostReport,
});
const amber = (reasons: string[]) => ({ verdict: { mayHold: true, light: "amber" as const, reasons } });

test("green: all hosts say so and one of them holds the address", () => {
  expect(notGreen([said("a", { holds: true }), said("b")])).toEqual([]);
});

test("each reason has its host's name, and a host that says none is not green either", () => {
  expect(notGreen([said("a", { holds: true, ...amber(["x", "y"]) }), said("b", amber([]))])).toEqual([
    "a: x",
    "a: y",
    "b: is amber and does not say why",
  ]);
});

test("not green: an agent that is silent, nobody or two with the address", () => {
  expect(notGreen([{ name: "a", report: null, problem: "no socket" }, said("b")])).toEqual([
    "a: its agent does not answer (no socket)",
    "nobody holds the service address",
  ]);
  expect(notGreen([said("a", { holds: true }), said("b", { holds: true })])).toEqual([
    "a and b hold the service address",
  ]);
});
