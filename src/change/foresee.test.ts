import { expect, test } from "vitest";
import { aReport, nodeParts } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import { foreseeDrain, foreseeSwitchover, foreseeUndrain } from "./foresee.ts";

const entry = (host: string, more: Partial<HostReport> = {}) => ({
  ageMs: 0,
  report: aReport(host, { parts: nodeParts, light: { colour: "green", reasons: [] }, ...more }),
});
const view = (...entries: ReturnType<typeof entry>[]) => ({ expected: ["a", "b"], entries });
const behind = {
  code: "media-behind",
  text: "rtpengine on b knows 2 of 9 conversations",
  callers: "some conversations would fall silent at a takeover",
  advice: "",
};

test("a switchover to a green standby: callers notice nothing, and it is said that nobody tried it yet", () => {
  const seen = foreseeSwitchover(view(entry("a", { holds: true }), entry("b")), false);
  expect(seen).toMatchObject({ possible: true, holder: "b", against: [] });
  expect(seen.callers[0]).toMatch(/^nothing/);
  expect(seen.callers[1]).toBe("no switchover was drilled here yet");
});

test("what the standby lacks refuses it; with force callers notice just that", () => {
  const lacking = view(
    entry("a", { holds: true }),
    entry("b", { light: { colour: "amber", reasons: [behind] } }),
  );
  const refused = foreseeSwitchover(lacking, false);
  expect(refused).toMatchObject({ possible: false, holder: "a" });
  expect(refused.against[0]).toContain("media-behind");
  expect(foreseeSwitchover(lacking, true).callers[0]).toContain("fall silent");
});

test("out of service: the other node is alone then", () => {
  const both = view(entry("a", { holds: true }), entry("b"));
  expect(foreseeDrain(both, "b", false)).toMatchObject({
    possible: true,
    holder: "a",
    callers: ["nothing: b carries no calls", "a is alone now: when it fails, calls do not get through"],
  });
  expect(foreseeDrain(both, "a", false)).toMatchObject({ possible: true, holder: "b" });
  expect(foreseeUndrain(both, "b")).toMatchObject({ possible: false, against: ["b is in service already"] });
});
