import { closure, pickMiddle, takeoverOf } from "./build.ts";
import type { Plan } from "./checked-plan.ts";
import type { ServiceForecast } from "./closed.ts";
import { equipmentDefaults, type Policy } from "./defaults.ts";
import { failuresTolerated } from "./nines.ts";
import { middle } from "./units.ts";

/** Whether a promise can be kept: z of everything the service runs on, floor(x/z), simultaneous failures. Pure; seconds. */

/** One piece of equipment under a service: what one failure of it costs in time. */
export interface Link {
  equipment: string;
  policy: Policy | undefined;
  /** With something to spare: detection, boot, initialisation; z = d + f, f = b + i. */
  d: number;
  b: number;
  i: number;
  f: number;
  z: number;
  /** Which of d, b and i are zero. */
  zero: ("d" | "b" | "i")[];
  /** Units that may be broken at the same time. */
  spare: number;
  /** floor(x/z) with the promise's x. */
  tolerated: number | undefined;
}

export interface PromiseCheck {
  service: string;
  x: number | undefined;
  y: number | undefined;
  links: Link[];
  /** The smallest floor(x/z). */
  tolerated: number | undefined;
  /** "Highly available for n simultaneous failures", of its own equipment. */
  survives: number;
  survivesWanted: number | undefined;
  recoverWithin: number | undefined;
  /** Slowest link. */
  slowest: Link | undefined;
  /** From the simulation: times a year that "not more than x in any y" is broken. */
  brokenPerYear: number | undefined;
  holds: boolean;
  reasons: string[];
  changes: string[];
}

/** A promise broken less often than this counts as kept: once in twice the usual life of a server. */
const KEPT_YEARS = 10;

/** The links of one service, each with its z. */
export function linksOf(plan: Plan, service: string): Link[] {
  const { leaves } = closure(plan, plan.services[service]?.needs ?? []);
  const names = [...leaves].filter((name) => name in plan.equipment);
  const x = plan.services[service]?.promise?.not_unavailable_for_more_than?.low;
  const single = names.map((name): Link | undefined => {
    const equipment = plan.equipment[name];
    if (!equipment) return undefined;
    const spare = equipment.units - equipment.needed;
    if (spare > 0) {
      const hours = takeoverOf(name, equipment, pickMiddle);
      const [d, b, i] = [hours.d * 3600, hours.b * 3600, hours.i * 3600];
      const zero = (["d", "b", "i"] as const).filter((_, index) => [d, b, i][index] === 0);
      const z = d + b + i;
      return {
        equipment: name,
        policy: equipment.policy,
        d,
        b,
        i,
        f: b + i,
        z,
        zero,
        spare,
        tolerated: x === undefined ? undefined : failuresTolerated(x, z),
      };
    }
    const z = middle(equipment.repair ?? equipmentDefaults[equipment.kind].repair);
    return {
      equipment: name,
      policy: undefined,
      d: 0,
      b: 0,
      i: z,
      f: z,
      z,
      zero: [],
      spare: 0,
      tolerated: x === undefined ? undefined : failuresTolerated(x, z),
    };
  });
  return single.filter((link) => link !== undefined);
}

const often = (perYear: number): string =>
  perYear >= 1
    ? `${perYear.toFixed(1)} times a year`
    : `once in ${(1 / perYear).toFixed(perYear > 0.1 ? 1 : 0)} years`;

/** What would have to change so that outages of this cause no longer break the promise. */
function remedy(plan: Plan, from: string, cause: string): string {
  if (from in plan.outside)
    return plan.outside[from]?.kind === "power"
      ? `'${from}': a longer bridge (UPS, generator) than the outages last`
      : `'${from}': a second, independent one beside it (any_of), or put the promise in terms that leave it out`;
  const equipment = plan.equipment[from];
  if (!equipment) return `'${from}': a further way beside these, and drills of the change-over`;
  if (/mistake/.test(cause))
    return `'${from}': change one unit at a time, with a check and a way back, after hours`;
  if (/common cause/.test(cause)) return `'${from}': units of unlike make, place or release`;
  if (/split brain/.test(cause)) return `'${from}': a third host that votes (arbiter: true)`;
  if (/does not work/.test(cause)) return `'${from}': drill the take-over more often`;
  if (equipment.units === equipment.needed)
    return `'${from}': a second unit that takes over (hot/warm-active)`;
  return `'${from}': a faster repair, or one more unit`;
}

/** Checks the promise of one service. `broken` is the simulation's count. */
export function checkPromise(
  plan: Plan,
  forecast: ServiceForecast,
  broken: number | undefined,
  time: (seconds: number) => string,
): PromiseCheck {
  const service = plan.services[forecast.id];
  const promise = service?.promise;
  const links = linksOf(plan, forecast.id);
  const x = promise?.not_unavailable_for_more_than?.low;
  const y = promise?.in_any?.high;
  const slowest = links.reduce<Link | undefined>(
    (most, link) => (most && most.z >= link.z ? most : link),
    undefined,
  );
  const survives = links.length > 0 ? Math.min(...links.map((link) => link.spare)) : 0;
  const tolerated = x === undefined ? undefined : Math.min(...links.map((link) => link.tolerated ?? 0));
  const reasons: string[] = [];
  const singles = links.filter((link) => link.spare === 0).map((link) => link.equipment);
  if (x !== undefined && y !== undefined) {
    for (const link of links)
      if (link.z > x)
        reasons.push(
          `one failure of '${link.equipment}' takes ${time(link.z)}, longer than the ${time(x)} allowed: floor(x/z) = 0`,
        );
    if (broken !== undefined)
      reasons.push(
        broken > 0
          ? `in the simulation the promise is broken ${often(broken)}`
          : "in the simulation the promise is never broken",
      );
  }
  const wanted = promise?.survive_failures;
  if (wanted !== undefined && survives < wanted)
    reasons.push(
      `it must survive ${wanted} simultaneous ${wanted === 1 ? "failure" : "failures"} but survives ${survives}: no spare for ${singles.map((name) => `'${name}'`).join(", ")}`,
    );
  const within = promise?.recover_within?.low;
  if (within !== undefined && slowest && slowest.z > within)
    reasons.push(`'${slowest.equipment}' needs ${time(slowest.z)}, longer than the ${time(within)} promised`);
  const limit = Math.min(x ?? Number.POSITIVE_INFINITY, within ?? Number.POSITIVE_INFINITY) / 3600;
  const changes = forecast.outages
    .map((each) => ({
      each,
      breaking: each.fixed
        ? each.hours > limit
          ? each.perYear
          : 0
        : each.perYear * Math.exp(-limit / each.hours),
    }))
    .filter(({ breaking }) => breaking > 0.01)
    .sort((a, b) => b.breaking - a.breaking)
    .slice(0, 5)
    .map(
      ({ each, breaking }) =>
        `${remedy(plan, each.from, each.cause)} – ${each.cause}, too long ${often(breaking)}`,
    );
  const holds =
    (broken ?? 0) <= 1 / KEPT_YEARS &&
    (wanted === undefined || survives >= wanted) &&
    (within === undefined || !slowest || slowest.z <= within);
  return {
    service: forecast.id,
    x,
    y,
    links,
    tolerated,
    survives,
    survivesWanted: wanted,
    recoverWithin: within,
    slowest,
    brokenPerYear: broken,
    holds,
    reasons,
    changes: holds ? [] : changes,
  };
}
