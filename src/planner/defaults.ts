import type { Range } from "./units.ts";

/**
 * What to assume when a company has no records of its own. Ranges, not points, each with its source.
 * Replace them with your own figures as soon as you have them: `source: our own records`.
 */

const HOUR = 3600;
const MINUTE = 60;
const every = (low: number, high: number): Range => ({ low: 1 / high, high: 1 / low });

export interface FailureDefaults {
  /** Hardware failures that need a repair, per unit and year. */
  fails: Range;
  /** Time until repaired, seconds (call-out, part, rebuild). */
  repair: Range;
  /** Crashes and hangs that a restart cures, per unit and year. */
  crashes: Range;
  /** Time of such a restart without a stand-by, seconds. */
  restart: Range;
  /** Human errors in maintenance that stop all units of the group, per year. */
  mistakes: Range;
  /** Time until such a mistake is undone, seconds. */
  mistake_repair: Range;
  source: string;
}

const none: Range = { low: 0, high: 0 };
const sources = {
  server:
    "Hardware 5–15 % a year: Vishwanath & Nagappan, 'Characterizing Cloud Computing Hardware Reliability', SoCC 2010 (about 8 % of servers have a hardware incident in a year). Crashes, restarts and repair times: our assumption; Gray, 'Why Do Computers Stop', 1985, and Oppenheimer et al., USITS 2003, find operators and software ahead of hardware, hence the mistakes.",
  switch:
    "5–10 % a year for top-of-rack and aggregation switches: Gill, Jain & Nagappan, 'Understanding Network Failures in Data Centers', SIGCOMM 2011. Repair = fetch and fit a replacement: our assumption.",
  other: "Our assumption; no published figure that we would defend. Replace it with your own records.",
};

const server: FailureDefaults = {
  fails: { low: 0.05, high: 0.15 },
  repair: { low: 4 * HOUR, high: 24 * HOUR },
  crashes: { low: 0.2, high: 1 },
  restart: { low: 5 * MINUTE, high: 30 * MINUTE },
  mistakes: every(2, 8),
  mistake_repair: { low: 20 * MINUTE, high: 2 * HOUR },
  source: sources.server,
};

/** By `kind` of equipment. */
export const equipmentDefaults = {
  server,
  switch: {
    fails: { low: 0.05, high: 0.1 },
    repair: { low: 2 * HOUR, high: 24 * HOUR },
    crashes: every(3, 10),
    restart: { low: 5 * MINUTE, high: 15 * MINUTE },
    mistakes: every(5, 20),
    mistake_repair: { low: 15 * MINUTE, high: HOUR },
    source: sources.switch,
  },
  router: {
    fails: { low: 0.05, high: 0.1 },
    repair: { low: 4 * HOUR, high: 24 * HOUR },
    crashes: { low: 0.5, high: 2 },
    restart: { low: 3 * MINUTE, high: 10 * MINUTE },
    mistakes: every(3, 10),
    mistake_repair: { low: 15 * MINUTE, high: HOUR },
    source: sources.switch,
  },
  other: {
    fails: { low: 0.02, high: 0.2 },
    repair: { low: 4 * HOUR, high: 48 * HOUR },
    crashes: none,
    restart: { low: 5 * MINUTE, high: 30 * MINUTE },
    mistakes: none,
    mistake_repair: { low: 15 * MINUTE, high: HOUR },
    source: sources.other,
  },
} as const satisfies Record<string, FailureDefaults>;

export type EquipmentKind = keyof typeof equipmentDefaults;

export interface OutsideDefaults {
  /** Failures a year. */
  fails: Range;
  /** Mean length of one, seconds. */
  outage: Range;
  source: string;
}

/** By `kind` of outside dependency. */
export const outsideDefaults = {
  power: {
    fails: { low: 0.3, high: 1 },
    outage: { low: 40 * MINUTE, high: 100 * MINUTE },
    source:
      "CEER figures for 2016 as quoted by the UK National Audit Office, 2020: 0.5 interruptions and 38 minutes per customer and year in Great Britain (76 minutes each), European mean 1.1 and 69 minutes.",
  },
  internet: {
    fails: { low: 1, high: 4 },
    outage: { low: HOUR, high: 8 * HOUR },
    source:
      "Our assumption for a business line with a repair promise of hours; put in what your provider's contract and your own log say.",
  },
  carrier: {
    fails: { low: 0.5, high: 2 },
    outage: { low: HOUR, high: 4 * HOUR },
    source:
      "Our assumption, about 99.9 % to 99.98 %; put in what your carrier's contract and your own log say.",
  },
  hosting: {
    fails: { low: 0.5, high: 2 },
    outage: { low: 30 * MINUTE, high: 4 * HOUR },
    source: "Our assumption, about 99.9 % to 99.99 %; put in what your contract and your own log say.",
  },
  other: { fails: { low: 0.5, high: 2 }, outage: { low: HOUR, high: 8 * HOUR }, source: sources.other },
} as const satisfies Record<string, OutsideDefaults>;

export type OutsideKind = keyof typeof outsideDefaults;

export type Policy = "hot/cold-passive" | "hot/warm-passive" | "hot/warm-active" | "hot/hot";

export interface PolicyDefaults {
  /** Time until the failure is detected, seconds. */
  d: Range;
  /** Time until the stand-by has booted, seconds. */
  b: Range;
  /** Time until the stand-by has initialised (its data and state are in place), seconds. */
  i: Range;
  /** Chance that a take-over works when it is needed. */
  works: Range;
  /** Failure rate of an idle stand-by against a working unit: 0 = switched off, 1 = runs like the other. */
  dormant: number;
  /** Working hours a year that it costs more than a single server. */
  effort: Range;
  says: string;
  source: string;
}

const zero: Range = { low: 0, high: 0 };
const imperfect =
  "Gill et al. 2011 found redundancy in networks only 40 % effective in reducing the median impact; Gunawi et al., 'Why Does the Cloud Stop Computing?', SoCC 2016, found that recovery itself is often what fails. The figures are our assumption: drills replace them.";

/** The policies of 'Considering High Availability': which of d, b and i are zero, and what we assume for the others. */
export const policyDefaults: Record<Policy, PolicyDefaults> = {
  "hot/cold-passive": {
    d: { low: 5 * MINUTE, high: 30 * MINUTE },
    b: { low: 10 * MINUTE, high: HOUR },
    i: { low: 30 * MINUTE, high: 3 * HOUR },
    works: { low: 0.9, high: 0.98 },
    dormant: 0,
    effort: { low: 3, high: 10 },
    says: "a spare lies ready: somebody must notice (d), start it (b) and restore the backup (i)",
    source: imperfect,
  },
  "hot/warm-passive": {
    d: { low: 10, high: MINUTE },
    b: zero,
    i: { low: 30, high: 5 * MINUTE },
    works: { low: 0.9, high: 0.98 },
    dormant: 1,
    effort: { low: 6, high: 16 },
    says: "the stand-by runs (b = 0) but must load the state (i) once the failure is detected (d)",
    source: imperfect,
  },
  "hot/warm-active": {
    d: { low: 0.2, high: 10 },
    b: zero,
    i: zero,
    works: { low: 0.9, high: 0.99 },
    dormant: 1,
    effort: { low: 8, high: 24 },
    says: "the stand-by runs and follows all changes (b = 0, i = 0): only detection (d) takes time",
    source: `Detection: about 0.2 s was measured in Dialtone's laboratory for the death of a host; 10 s is a careful timeout. ${imperfect}`,
  },
  "hot/hot": {
    d: zero,
    b: zero,
    i: zero,
    works: { low: 0.95, high: 0.995 },
    dormant: 1,
    effort: { low: 12, high: 40 },
    says: "all units do all the work and doubles are thrown away: nothing to detect, start or load",
    source: imperfect,
  },
};

/** Share of unit failures that takes all units of a redundant group at once (same room, same release, same switch). */
export const commonCause = {
  value: { low: 0.02, high: 0.1 } satisfies Range,
  source: "Beta factor 1–10 %: IEC 61508-6 Annex D, for units of one make in one place.",
};

/** Loss of contact between the units of a redundant group, so that both think they are alone. */
export const splitBrain = {
  happens: { low: 1 / 20, high: 1 / 5 } satisfies Range,
  repair: { low: HOUR, high: 8 * HOUR } satisfies Range,
  /** What is left of it when a third host settles who may go on. */
  withArbiter: 0.02,
  source: "Our assumption. With a third vote (witness) the losing side stops by itself.",
};

/** How fast an untested stand-by silently rots (configuration drift, full disk, expired certificate), per year. */
export const latent = {
  rate: { low: 0.05, high: 0.3 } satisfies Range,
  source:
    "Our assumption. The mean chance of a rotten stand-by is 1 − (1 − e^−rT)/rT ≈ rT/2 with test interval T (IEC 61508-6, average probability of failure on demand).",
};
