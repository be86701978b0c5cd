import { describe, expect, it } from "vitest";
import { assess, type Findings, problemsOf } from "./assess.ts";
import type { CaptureFile } from "./capture-files.ts";
import type { ConversionResult } from "./recording-schema.ts";

const file = (more: Partial<CaptureFile> = {}): CaptureFile => ({
  path: "pcaps/x-0123456789abcdef.pcap",
  callId: "x",
  base: "x-0123456789abcdef",
  kind: "packets",
  size: 5000,
  quietMs: 60_000,
  ...more,
});
const empty = file({ size: 24 });
const text = file({ path: "metadata/x.txt", kind: "description", size: 700 });

const findings = (
  a: CaptureFile[] | "away",
  b: CaptureFile[] | "away",
  more: Partial<Findings> = {},
): Findings => ({
  captures: new Map(
    Object.entries({ a, b }).map(([name, files]) => [name, files === "away" ? { unreachable: "?" } : files]),
  ),
  involved: ["a"],
  attempts: 1,
  overMs: 5000,
  ...more,
});

describe("what to do with a call's captures", () => {
  it("makes it of what has packets; the standby's empty capture means nothing", () => {
    const verdict = assess(findings([file(), text], [empty, text]));
    expect(verdict).toMatchObject({ action: "make", awaited: [], problem: "" });
    expect(
      verdict.action === "make" && verdict.use.map(({ node, file: { kind } }) => `${node} ${kind}`),
    ).toEqual(["a packets", "a description", "b description"]);
  });

  it("joins what two nodes have", () => {
    const verdict = assess(findings([file()], [file()]));
    expect(verdict.action === "make" && verdict.use).toHaveLength(2);
  });

  it("waits for captures that still grow", () => {
    expect(assess(findings([file({ quietMs: 100 })], []))).toMatchObject({ action: "wait", alarm: false });
  });

  it("makes what there is, and asks an absent node again; says so if that node had part in the call", () => {
    expect(assess(findings("away", [file()]))).toMatchObject({
      action: "make",
      awaited: ["a"],
      problem: "the part that a captured is not in it",
    });
    expect(assess(findings([file()], "away"))).toMatchObject({ action: "make", awaited: ["b"], problem: "" });
  });

  it("waits for an absent node when nobody else has anything: an alarm after a minute", () => {
    expect(assess(findings("away", [empty]))).toMatchObject({ action: "wait", alarm: false });
    expect(assess(findings("away", [empty], { overMs: 61_000 }))).toMatchObject({
      action: "wait",
      alarm: true,
    });
  });

  it("calls it missing only when all nodes were asked, more than once", () => {
    expect(assess(findings([], [empty]))).toMatchObject({ action: "wait" });
    expect(assess(findings([], [empty], { attempts: 4 }))).toMatchObject({ action: "missing" });
    expect(assess(findings("away", [], { attempts: 9, overMs: 4 * 86_400_000 }))).toMatchObject({
      action: "missing",
    });
  });
});

describe("what is wrong with a recording", () => {
  const result = (duration_ms: number): ConversionResult => ({
    empty: false,
    started_at: null,
    duration_ms,
    codecs: ["PCMU"],
    rate: 8000,
    gaps: [],
    lost: 0,
    nodes: ["a"],
    problems: [],
    files: [],
  });
  it.each([
    [58_000, 60_000, true, 0],
    [50_000, 60_000, true, 1],
    [1000, 60_000, false, 0],
    [60_000, null, true, 0],
  ])("%i ms of a conversation of %s", (recorded, durationMs, whole, problems) => {
    expect(problemsOf(result(recorded), { durationMs, whole })).toHaveLength(problems);
  });
});
