import type { Lab, Moment } from "../lab/lab.ts";
import type { DrillKind, Step } from "./catalogue.ts";
import { type Ground, labGround } from "./ground.ts";
import { equip, inject, type Roles } from "./inject.ts";

/** A ground on which faults can be made to happen. */
export interface Site extends Ground {
  /** Gives the hosts what the drill needs, until it is disposed of. @throws Error when it can not be had here. */
  equip(kind: DrillKind, tell: (text: string) => void, signal: AbortSignal): Promise<AsyncDisposable>;
  /** @returns the moment of the first step. */
  inject(steps: readonly Step[], roles: Roles, signal: AbortSignal): Promise<Moment>;
}

export const labSite = (lab: Lab): Site => ({
  ...labGround(lab),
  equip: (kind, tell, signal) => equip(lab, kind, tell, signal),
  inject: (steps, roles, signal) => inject(lab, steps, roles, signal),
});
