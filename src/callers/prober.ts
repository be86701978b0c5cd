import type { Attempt } from "./attempt.ts";
import type { Place } from "./sipp.ts";

/** Callers outside the cluster, however they find it. */

export interface Prober extends AsyncDisposable {
  /** All attempts so far. */
  attempts(): Attempt[];
  /** Wall-clock ms of the successes since `from`, oldest first. */
  successesSince(from: number): number[];
  /** No new calls; waits until each one, and its redial, has succeeded or failed. */
  finish(): Promise<void>;
}

export interface ProberOptions {
  place: Place;
  directory: string;
  /** host:port of the service. */
  service: string;
  from: string;
  to: string;
  /** Calls per second. */
  rate: number;
  /** Without an answer after so long a caller gives up and dials again. */
  patienceMs: number;
}
