import { expect, test } from "vitest";
import { aReport } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import { sightings } from "./views.ts";

const report = (host: string): HostReport => aReport(host, { holds: host === "b", term: 3 });

test("others are told of hosts heard lately, not of those silent for long or never heard", () => {
  const news = {
    b: { ageMs: 120.4, report: report("b") },
    c: { ageMs: 60_000, report: report("c") },
    w: undefined,
  };
  expect(sightings(news)).toEqual({ b: { ageMs: 120, holds: true, term: 3, mayHold: true, primary: false } });
});
