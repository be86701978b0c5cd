/** How long to wait before a part is started again, by how often it was in the last minute. */
const delaysMs = [0, 250, 1000, 2000, 5000, 10_000];

/** Restarts older than this do not count. */
export const backoffWindowMs = 60_000;

export const backoffMs = (recentRestarts: number): number =>
  delaysMs[Math.min(Math.max(recentRestarts, 0), delaysMs.length - 1)] ?? 0;
