import { describe, expect, test } from "vitest";
import { aReport, nodeParts } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import { whyNotSwitchOver } from "./why-not-switch-over.ts";

const peer = (o: Partial<HostReport>, ageMs = 100) => ({
  ageMs,
  report: aReport("b", { parts: nodeParts, ...o }),
});
const a = { host: "a", holds: true, stopping: false };

describe("whyNotSwitchOver", () => {
  test("to a node that is all well", () => {
    expect(whyNotSwitchOver(a, [peer({})], false)).toEqual({ to: "b" });
  });
  test("not from a node that does not hold the address, which says who does", () => {
    const answer = whyNotSwitchOver({ ...a, holds: false }, [peer({ holds: true })], true);
    expect(answer).toEqual({ reasons: ["b holds the service address: run it there"] });
  });
  test("not to a node that has not been heard lately", () => {
    expect(whyNotSwitchOver(a, [peer({}, 900)], true)).toEqual({ reasons: ["b: no news for 900 ms"] });
  });
  test("not to a node whose relay is missing; forced, it goes without", () => {
    const { rtpengine: _, ...rest } = nodeParts;
    const lame = peer({ parts: rest });
    expect(whyNotSwitchOver(a, [lame], false)).toEqual({ reasons: ["b: rtpengine: does not run"] });
    expect(whyNotSwitchOver(a, [lame], true)).toEqual({ to: "b" });
  });
  test("never to a node that may not hold it", () => {
    const unfit = peer({ verdict: { mayHold: false, light: "red", reasons: ["SIP server: dead"] } });
    expect(whyNotSwitchOver(a, [unfit], true)).toEqual({ reasons: ["b: SIP server: dead"] });
  });
  test("the witness is no successor", () => {
    expect(whyNotSwitchOver(a, [peer({ host: "w", role: "witness" })], true)).toEqual({
      reasons: ["there is no other node"],
    });
  });
});
