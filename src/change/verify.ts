import { setTimeout as delay } from "node:timers/promises";
import type { HostReport } from "../report/host-report.ts";
import type { Desk } from "./desk.ts";
import { heardMs, whyNotSafe } from "./safety.ts";

/** A step counts only when the cluster is as well as before it. */

export interface Wanted {
  /** This host, as it is after the step. */
  host: string;
  /** What must be true of its report; in words what is not. */
  missing: (report: HostReport) => string[];
}

/** A node that was away may have to fetch its whole database. */
const deadlineMs = 240_000;
/** A relay that was left by the address restarts after 3 s (agent/media.ts): green before that is not the end. */
export const settleMs = 6000;

/**
 * Waits until every host is green and its data replicated, and what is wanted is there, for `stableMs` without a break.
 * @throws Error that says what is missing.
 */
export async function verified(
  desk: Desk,
  wanted: Wanted[],
  options: {
    stableMs: number;
    signal: AbortSignal;
    onMissing: (text: string) => void;
    onlyWanted?: boolean;
  },
): Promise<void> {
  const from = performance.now();
  let since: number | undefined;
  for (;;) {
    options.signal.throwIfAborted();
    const view = await desk.view();
    const missing = [
      ...wanted.flatMap(({ host, missing }) => {
        const entry = view.entries.find(({ report }) => report.host === host);
        if (!entry || entry.ageMs > heardMs) return [`${host}: is not heard`];
        return missing(entry.report).map((text) => `${host}: ${text}`);
      }),
      ...(options.onlyWanted ? [] : whyNotSafe(view)),
    ];
    const now = performance.now();
    if (missing.length === 0) {
      since ??= now;
      if (now - since >= options.stableMs) return;
    } else {
      since = undefined;
      options.onMissing(missing.join("; "));
      if (now - from > deadlineMs)
        throw new Error(`after ${Math.round((now - from) / 1000)} s still: ${missing.join("; ")}`);
    }
    await delay(200, undefined, { signal: options.signal });
  }
}
