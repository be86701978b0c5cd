import { rm } from "node:fs/promises";
import type { Checkpoint } from "./checkpoint.ts";
import { type Segment, SegmentList } from "./segments.ts";

/** How long journals are kept after their events are in the database. */
export interface Retention {
  keepMs: number;
  /** Above this, the oldest finished segments go earlier. */
  maxBytes: number;
}

export const defaultRetention: Retention = { keepMs: 7 * 24 * 3_600_000, maxBytes: 1024 ** 3 };

/** A segment that changed so recently may still be written to. */
const settledMs = 3_600_000;

/** Kamailio holds these open, however old they are; it lets go of them when they are renamed. */
const inUse = /^acc_\d+\.log$/;

/**
 * Which segments may be removed: finished, completely in the database, and too old or too many. Pure.
 * What is not in the database is never removed, however full the disk is.
 */
export function prunable(
  segments: readonly Segment[],
  offsetOf: (key: string) => number,
  now: number,
  policy: Retention,
): Segment[] {
  let total = segments.reduce((sum, segment) => sum + segment.size, 0);
  const candidates = segments
    .filter(
      (segment) =>
        !inUse.test(segment.name) &&
        offsetOf(segment.key) >= segment.size &&
        now - segment.modifiedMs > settledMs,
    )
    .sort((a, b) => a.modifiedMs - b.modifiedMs);
  return candidates.filter((segment) => {
    if (now - segment.modifiedMs <= policy.keepMs && total <= policy.maxBytes) return false;
    total -= segment.size;
    return true;
  });
}

/** Removes what {@link prunable} names in one directory. @returns the names. @throws Error of the file system. */
export async function pruneJournal(
  directory: string,
  checkpoint: Checkpoint,
  policy: Retention = defaultRetention,
): Promise<string[]> {
  const segments = await new SegmentList(directory).list();
  const old = prunable(segments, (key) => checkpoint.offsetOf(key), Date.now(), policy);
  for (const segment of old) await rm(segment.path, { force: true });
  return old.map((segment) => segment.name);
}
