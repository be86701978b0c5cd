import type { Block, Gate, Group, Loss, Model, ServiceModel } from "./model.ts";
import { HOURS_PER_YEAR } from "./year.ts";

/** Closed forms: availability and outages of series, parallel, k of n, repairable and stand-by systems. Pure. */

/** Outages of one cause. */
export interface Outages {
  cause: string;
  /** The block or gate that they come from. */
  from: string;
  perYear: number;
  /** Mean length, hours. */
  hours: number;
  /** All of the same length, instead of exponentially distributed. */
  fixed: boolean;
}

/** MTBF / (MTBF + MTTR): a unit that fails at `rate` and is repaired in `repair` on average. */
export const unitAvailability = (rate: number, repair: number): number => 1 / (1 + rate * repair);

/** All must work: the product. */
export const series = (availabilities: readonly number[]): number =>
  availabilities.reduce((product, a) => product * a, 1);

/** One is enough: 1 − product of the unavailabilities. */
export const parallel = (availabilities: readonly number[]): number =>
  1 - availabilities.reduce((product, a) => product * (1 - a), 1);

/** At least k of n like, independent units work: the binomial sum. */
export function kOfN(k: number, n: number, availability: number): number {
  let sum = 0;
  let choose = 1;
  for (let failed = 0; failed <= n - k; failed++) {
    sum += choose * availability ** (n - failed) * (1 - availability) ** failed;
    choose = (choose * (n - failed)) / (failed + 1);
  }
  return sum;
}

const rateOf = (group: Group): number => group.modes.reduce((sum, mode) => sum + mode.rate, 0);

/** Mean repair time over the modes, weighted by how often each happens. */
const repairOf = (group: Group): number => {
  const rate = rateOf(group);
  return rate === 0 ? 0 : group.modes.reduce((sum, mode) => sum + mode.rate * mode.repair, 0) / rate;
};

/**
 * Steady state of a group: chance that i units are failed, i = 0 … units.
 * A birth and death process: failures at min(needed, up)·λ + idle·dormant·λ, repairs at min(i, crew)/repair.
 * (Trivedi, Probability and Statistics with Reliability, Queuing, and Computer Science Applications, chapter 8.)
 */
export function failedUnits(group: Group): number[] {
  const rate = rateOf(group);
  const repair = repairOf(group);
  const weights = [1];
  for (let failed = 0; failed < group.units; failed++) {
    const up = group.units - failed;
    const working = Math.min(group.needed, up);
    const birth = rate * (working + group.dormant * (up - working));
    const death = Math.min(failed + 1, group.crew) / repair;
    weights.push(rate === 0 ? 0 : ((weights[failed] ?? 0) * birth) / death);
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Mean length of a take-over of fixed length z when the failed unit itself may be back earlier (mean repair r). */
const shorterFixed = (z: number, r: number): number => (r === 0 ? 0 : r * (1 - Math.exp(-z / r)));
/** The same for a take-over by hand with exponential length of mean m. */
const shorterRandom = (m: number, r: number): number => (m === 0 || r === 0 ? 0 : 1 / (1 / m + 1 / r));

function groupOutages(group: Group, from: string): Outages[] {
  const chances = failedUnits(group);
  const spare = group.units - group.needed;
  const yearly = (rate: number) => rate * HOURS_PER_YEAR;
  if (spare === 0) {
    const up = chances[0] ?? 1;
    return group.modes.map((mode) => ({
      cause: mode.cause,
      from,
      perYear: yearly(mode.rate * group.needed * up),
      hours: mode.repair,
      fixed: false,
    }));
  }
  const outages: Outages[] = [];
  const covered = chances.slice(0, spare).reduce((sum, chance) => sum + chance, 0);
  const rate = rateOf(group);
  const mean = (shorter: (repair: number) => number) =>
    rate === 0 ? 0 : group.modes.reduce((sum, mode) => sum + (mode.rate / rate) * shorter(mode.repair), 0);
  const takeovers = yearly(group.needed * rate * covered);
  if (group.takeover > 0)
    outages.push({
      cause: "take-over",
      from,
      perYear: takeovers * group.works,
      hours: mean((repair) => shorterFixed(group.takeover, repair)),
      fixed: true,
    });
  if (group.works < 1)
    outages.push({
      cause: "take-over that does not work",
      from,
      perYear: takeovers * (1 - group.works),
      hours: mean((repair) => shorterRandom(group.byHand, repair)),
      fixed: false,
    });
  const down = chances.slice(spare + 1).reduce((sum, chance) => sum + chance, 0);
  const often = yearly((chances[spare] ?? 0) * group.needed * rate);
  if (often > 0)
    outages.push({
      cause: "all spares used up",
      from,
      perYear: often,
      hours: (down * HOURS_PER_YEAR) / often,
      fixed: false,
    });
  return outages;
}

/** The outages of one block, cause by cause. */
function blockOutages(block: Block): Outages[] {
  const shocks = block.shocks.map((shock) => {
    const felt = shock.mean === 0 ? 0 : Math.exp(-shock.bridge / shock.mean);
    const hours = shock.mean + shock.restart;
    const rate = shock.rate * felt;
    return {
      cause: shock.cause,
      from: block.id,
      perYear: (rate * HOURS_PER_YEAR) / (1 + rate * hours),
      hours,
      fixed: false,
    };
  });
  return [...(block.group ? groupOutages(block.group, block.id) : []), ...shocks].filter(
    (outages) => outages.perYear > 0 && outages.hours > 0,
  );
}

const unavailability = (outages: Outages): number => (outages.perYear * outages.hours) / HOURS_PER_YEAR;

/** Availability of what all these outages strike: independent causes in series. */
export const availabilityOf = (outages: readonly Outages[]): number =>
  series(outages.map((each) => 1 - unavailability(each)));

function gateOutages(gate: Gate, perBlock: Outages[][]): Outages[] {
  const branches = gate.branches.map((blocks) => {
    const outages = blocks.flatMap((block) => perBlock[block] ?? []);
    const perYear = outages.reduce((sum, each) => sum + each.perYear, 0);
    return { perYear, down: 1 - availabilityOf(outages) };
  });
  const down = branches.reduce((product, branch) => product * branch.down, 1);
  const all = branches.reduce(
    (sum, branch) => (branch.down > 0 ? sum + (branch.perYear * down) / branch.down : sum),
    0,
  );
  let earlierDown = 1;
  let changes = 0;
  for (const branch of branches.slice(0, -1)) {
    changes += branch.perYear * earlierDown;
    earlierDown *= branch.down;
  }
  const from = gate.id;
  const result: Outages[] = [
    { cause: "change-over", from, perYear: changes * gate.works, hours: gate.takeover, fixed: true },
    {
      cause: "change-over that does not work",
      from,
      perYear: changes * (1 - gate.works),
      hours: gate.byHand,
      fixed: false,
    },
    {
      cause: "all ways down at once",
      from,
      perYear: all,
      hours: all > 0 ? (down * HOURS_PER_YEAR) / all : 0,
      fixed: false,
    },
  ];
  return result.filter((outages) => outages.perYear > 0 && outages.hours > 0);
}

/** Mean cost of one outage. Busy hours count by their share of the week. */
function meanLoss(loss: Loss, { hours, fixed }: Pick<Outages, "hours" | "fixed">): number {
  const rate = loss.perMinute * 60 * (loss.busy.share + (1 - loss.busy.share) * loss.outOfHours);
  const after = loss.workaroundAfter;
  const noticed = fixed ? Number(hours > loss.noticed) : Math.exp(-loss.noticed / hours);
  const early = fixed ? Math.min(hours, after) : hours * (1 - Math.exp(-after / hours));
  const late = hours - early;
  return loss.perOutage * noticed + rate * (early + late * (1 - loss.workaroundCovers));
}

/** What a service suffers in a year, by closed form. */
export interface ServiceForecast {
  id: string;
  availability: number;
  outages: (Outages & { hoursPerYear: number; lossPerYear: number })[];
  outagesPerYear: number;
  hoursPerYear: number;
  lossPerYear: number;
}

function forecastOf(service: ServiceModel, perBlock: Outages[][], perGate: Outages[][]): ServiceForecast {
  const outages = [
    ...service.blocks.flatMap((block) => perBlock[block] ?? []),
    ...service.gates.flatMap((gate) => perGate[gate] ?? []),
  ].map((each) => ({
    ...each,
    hoursPerYear: each.perYear * each.hours,
    lossPerYear: each.perYear * meanLoss(service.loss, each),
  }));
  const availability = availabilityOf(outages);
  const hoursPerYear = (1 - availability) * HOURS_PER_YEAR;
  // Causes that overlap are one outage, and their common time is lost once.
  const separate = outages.reduce((sum, each) => sum + each.hoursPerYear, 0);
  const overlap = separate > 0 ? hoursPerYear / separate : 1;
  return {
    id: service.id,
    availability,
    outages,
    outagesPerYear: outages.reduce(
      (sum, each) => sum + (each.perYear * availability) / (1 - unavailability(each)),
      0,
    ),
    hoursPerYear,
    lossPerYear: overlap * outages.reduce((sum, each) => sum + each.lossPerYear, 0),
  };
}

/** All services by closed form. */
export function forecast(model: Model): ServiceForecast[] {
  const perBlock = model.blocks.map(blockOutages);
  const perGate = model.gates.map((gate) => gateOutages(gate, perBlock));
  return model.services.map((service) => forecastOf(service, perBlock, perGate));
}
