import type { Busy } from "./busy.ts";

/**
 * The stochastic model: what can fail, how often, for how long, and what then stands still.
 * Times in hours, rates per hour. The same model is solved by closed forms (closed.ts) and simulated (simulate.ts).
 */

/** One way in which a single unit of a group fails. */
export interface Mode {
  cause: string;
  /** Failures per hour of a working unit. */
  rate: number;
  /** Mean time until the unit is back, hours. */
  repair: number;
}

/** `units` like machines of which `needed` must work. */
export interface Group {
  units: number;
  needed: number;
  modes: Mode[];
  /** Failure rate of an idle unit against a working one, 0 to 1. */
  dormant: number;
  /** How many repairs can go on at once; Infinity = all. */
  crew: number;
  /** Time of an automatic take-over (z), hours. */
  takeover: number;
  /** Chance that it works. */
  works: number;
  /** Mean time until a person has done it by hand when it did not, hours. */
  byHand: number;
}

/** Something that stops a whole block at once. */
export interface Shock {
  cause: string;
  rate: number;
  /** Mean length, hours. */
  mean: number;
  /** Shorter ones are bridged (UPS); longer ones count from the end of the bridge. */
  bridge: number;
  /** Time to start again after one that was not bridged, hours. */
  restart: number;
}

/** A thing that is up or down: a group of equipment or an outside dependency, with what strikes it as a whole. */
export interface Block {
  id: string;
  outside: boolean;
  group?: Group;
  shocks: Shock[];
}

/** Several branches of which one is enough; the first that works is used. Branches are lists of block indexes. */
export interface Gate {
  id: string;
  branches: number[][];
  takeover: number;
  works: number;
  byHand: number;
}

/** What an outage costs; money in the plan's currency. */
export interface Loss {
  perMinute: number;
  perOutage: number;
  /** Part of perMinute outside the busy hours. */
  outOfHours: number;
  busy: Busy;
  /** Shorter outages are not noticed, hours. */
  noticed: number;
  /** The work-around starts after so many hours … */
  workaroundAfter: number;
  /** … and saves this part of the loss. */
  workaroundCovers: number;
}

/** "Not unavailable for more than x in any y", hours. */
export interface WindowPromise {
  x: number;
  y: number;
}

/** A service: up while all its blocks are up and all its gates are open. */
export interface ServiceModel {
  id: string;
  blocks: number[];
  gates: number[];
  loss: Loss;
  window?: WindowPromise;
}

export interface Model {
  blocks: Block[];
  gates: Gate[];
  services: ServiceModel[];
  /** Shape of repair times around their mean. */
  repairTimes: "exponential" | "lognormal";
}
