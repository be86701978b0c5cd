import type { HostReport } from "../report/host-report.ts";

/** What is wrong with a host, in words. */

/** One host as far as it is known. */
export interface HostSight {
  name: string;
  role: HostReport["role"];
  /** The newest report; undefined: never heard. */
  report?: HostReport;
  /** How old it is. */
  ageMs?: number;
  /** Why there is no fresh report, in words, if that is known. */
  silence?: string;
}

export interface Finding {
  host: string;
  /** What it is about, for programs: a part, or a stable word. */
  code: string;
  /** down: callers notice it now. risk: they would notice the next fault. note: nobody notices. */
  severity: "down" | "risk" | "note";
  what: string;
  /** How long it has been so, ms; missing: not known. */
  sinceMs?: number;
  callers: string;
  advice: string;
}
