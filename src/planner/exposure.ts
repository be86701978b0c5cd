import type { DataSet, Plan } from "./checked-plan.ts";

/** What can be lost at most, per set of data and per fault; and how long a UPS must last. Pure; seconds. */

export const faults = [
  "program crash",
  "one machine dies",
  "all machines lose power",
  "the place burns down",
  "somebody deletes it",
] as const;
export type DataFault = (typeof faults)[number];

export interface Exposure {
  service: string;
  data: string;
  /** Longest time whose data is lost; Infinity = everything. */
  worst: Record<DataFault, { seconds: number; why: string }>;
}

const everything = (what: string) => ({
  seconds: Number.POSITIVE_INFINITY,
  why: `everything: there is no ${what}`,
});

function worstOf(set: DataSet): Exposure["worst"] {
  const flush = set.flush.high;
  const backup = set.backup
    ? { seconds: set.backup.high, why: "back to the last backup" }
    : everything("backup with history");
  const inMemory = {
    seconds: flush,
    why: flush === 0 ? "nothing: on disk before it is acknowledged" : "what was not yet flushed to disk",
  };
  const copy = {
    synchronous: { seconds: 0, why: "nothing: the other unit has every acknowledged write" },
    asynchronous: { seconds: set.lag?.high ?? 0, why: "what the copy was behind" },
    no: backup,
  }[set.replicated];
  return {
    "program crash": inMemory.seconds <= copy.seconds ? inMemory : copy,
    "one machine dies": copy,
    "all machines lose power": inMemory,
    "the place burns down": set.export
      ? { seconds: set.export.high, why: "back to the last copy at another place" }
      : everything("copy at another place"),
    "somebody deletes it": {
      ...backup,
      why: set.replicated === "no" ? backup.why : `${backup.why}; replication repeats the mistake at once`,
    },
  };
}

export const exposures = (plan: Plan): Exposure[] =>
  Object.entries(plan.services).flatMap(([service, { data }]) =>
    (data ?? []).map((set) => ({ service, data: set.name, worst: worstOf(set) })),
  );

/** Old batteries hold 80 % of their capacity before they are replaced (IEEE 1188), so size them by 1/0.8. */
const AGEING = 1.25;
/** Time for an orderly shutdown of all machines, and until the UPS has told them. */
const SHUTDOWN = 5 * 60;
const NOTICE = 60;

export interface UpsNeed {
  /** Longest time that written data lies in memory, over all data sets. */
  flush: number;
  /** flush + notice + shutdown, times ageing. */
  needed: number;
  /** What the power entry of the plan says. */
  have: number | undefined;
  enough: boolean | undefined;
  words: string;
}

/** The UPS must outlast the data-loss window, and then leave time to shut down in order. */
export function upsNeed(plan: Plan): UpsNeed {
  const flush = Math.max(
    0,
    ...Object.values(plan.services).flatMap(({ data }) => (data ?? []).map((set) => set.flush.high)),
  );
  const needed = (flush + NOTICE + SHUTDOWN) * AGEING;
  const bridges = Object.values(plan.outside).flatMap((each) =>
    each.kind === "power" && each.bridged_for ? [each.bridged_for.low] : [],
  );
  const have = bridges.length > 0 ? Math.min(...bridges) : undefined;
  const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;
  return {
    flush,
    needed,
    have,
    enough: have === undefined ? undefined : have >= needed,
    words:
      `(${minutes(flush)} until the last write is on disk + ${minutes(NOTICE)} until the UPS has warned + ` +
      `${minutes(SHUTDOWN)} for an orderly shutdown) × ${AGEING} for an old battery = ${minutes(needed)}` +
      (have === undefined ? "; the plan names no UPS" : `; the plan has ${minutes(have)}`),
  };
}
