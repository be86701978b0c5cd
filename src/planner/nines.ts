import { HOURS_PER_YEAR } from "./year.ts";

/** The arithmetic of "Considering High Availability": z = d + f, f = b + i, floor(x/z), nines. Pure. */

/** Failures that "not unavailable for more than x in any y" can bear when each costs z: floor(x/z); Infinity for z = 0. */
export const failuresTolerated = (x: number, z: number): number =>
  // The tiny allowance keeps 0.3/0.1 at 3: times come from decimal texts.
  z === 0 ? Number.POSITIVE_INFINITY : Math.floor(x / z + 1e-9);

/** Whole nines of an availability: 0.9995 → 3. */
export const nines = (availability: number): number =>
  availability >= 1 ? Number.POSITIVE_INFINITY : Math.floor(-Math.log10(1 - availability) + 1e-9);

/** Availability when the service may be down `hours` in a year of 365 days. */
export const availabilityOfHours = (hours: number): number => 1 - hours / HOURS_PER_YEAR;

const hoursOfAvailability = (availability: number): number => (1 - availability) * HOURS_PER_YEAR;

/** "99.954 %": one digit more than tells it from 100 %, without empty zeros. */
export function percentText(availability: number): string {
  if (availability >= 1) return "100 %";
  const digits = Math.max(1, Math.floor(-Math.log10(1 - availability) + 1e-9));
  return `${Number((availability * 100).toFixed(Math.min(8, digits)))} %`;
}

/**
 * Why "4 hours a year" is called both "about 99.95 %" and "about 99.9 %": people round down to whole nines,
 * and 99.9 % allows more than twice as much.
 */
export function explainHours(hours: number): string {
  const exact = availabilityOfHours(hours);
  const whole = nines(exact);
  const rounded = 1 - 10 ** -whole;
  const allowed = hoursOfAvailability(rounded);
  return (
    `${hours} h a year is ${percentText(exact)} (1 − ${hours}/8760). ` +
    `Counted in whole nines that is ${whole}, "about ${percentText(rounded)}"; ` +
    `but ${percentText(rounded)} allows ${allowed.toFixed(2)} h, ${(allowed / hours).toFixed(1)} times as much: ` +
    "write the hours into a contract, not the nines."
  );
}

/** The rule of thumb: a cluster pays only if one long outage costs more than three times a single server. */
export interface ThreeTimes {
  hours: number;
  outageLoss: number;
  serverCost: number;
  /** outageLoss / serverCost */
  times: number;
  cluster: boolean;
}

export function threeTimes(hours: number, outageLoss: number, serverCost: number): ThreeTimes {
  return {
    hours,
    outageLoss,
    serverCost,
    times: serverCost > 0 ? outageLoss / serverCost : Number.POSITIVE_INFINITY,
    cluster: outageLoss > 3 * serverCost,
  };
}
