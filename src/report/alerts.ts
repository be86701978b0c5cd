/** What the hosts tell each other about alerts. */

/** What the hosts tell each other about alerts, in their reports. */
export interface AlertReport {
  /** This host's messages do not get out. */
  undeliverable: boolean;
  told: ToldAlert[];
}

export interface AlertProblem {
  /** The same on every host that sees it, and as long as it lasts. */
  key: string;
  /** critical: callers notice, or would at the next fault. warning: something is missing. */
  severity: "critical" | "warning";
  title: string;
  /** What it means and what to do. */
  text: string;
  /** Not worth telling before it has lasted so long; otherwise as alerts.*_after_s says. */
  afterMs?: number;
}

/** What an alert is for other hosts: all in ages. */
export type ToldAlert = AlertProblem & { sinceMs: number; toldMs: number; mine: boolean };
