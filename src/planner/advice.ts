import { type AlternativeId, cheapest, compareAlternatives, servicesOn } from "./alternatives.ts";
import { type Assumption, assumptionsOf, buildModel, closure, type Pick, pickMiddle } from "./build.ts";
import type { Equipment, Need, Plan } from "./checked-plan.ts";
import { availabilityOf, forecast, type ServiceForecast } from "./closed.ts";
import { random } from "./random.ts";
import { middle, type Range } from "./units.ts";

/** Where the next pound goes, what is good enough already, and which assumption changes the advice. Pure. */

/** One cause of loss over all services. */
export interface Contribution {
  from: string;
  cause: string;
  lossPerYear: number;
  /** Part of the whole expected loss. */
  share: number;
  /** Minutes a year, of the service that suffers most from it. */
  minutesPerYear: number;
}

export function contributions(services: readonly ServiceForecast[]): Contribution[] {
  const total = services
    .flatMap((service) => service.outages)
    .reduce((sum, { lossPerYear }) => sum + lossPerYear, 0);
  const all = new Map<string, Contribution>();
  for (const { outages } of services)
    for (const { from, cause, lossPerYear, hoursPerYear } of outages) {
      const key = `${from}: ${cause}`;
      const known = all.get(key) ?? { from, cause, lossPerYear: 0, share: 0, minutesPerYear: 0 };
      known.lossPerYear += lossPerYear;
      known.share = total > 0 ? known.lossPerYear / total : 0;
      known.minutesPerYear = Math.max(known.minutesPerYear, hoursPerYear * 60);
      all.set(key, known);
    }
  return [...all.values()].sort((a, b) => b.lossPerYear - a.lossPerYear);
}

export interface Improvement {
  what: string;
  cost: number;
  saves: number;
  net: number;
}

const totalLoss = (plan: Plan): number =>
  forecast(buildModel(plan)).reduce((sum, service) => sum + service.lossPerYear, 0);

const yearsOf = (range: Range) => middle(range) / 31_536_000;

function withSecond(plan: Plan, name: string): Plan {
  const outside = plan.outside[name];
  if (!outside) return plan;
  const twin = `${name}--second`;
  const swap = (needs: Need[]): Need[] =>
    needs.map((need) => (need === name ? { any_of: [name, twin] } : need));
  const all = <T extends { needs: Need[] }>(things: Record<string, T>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(things).map(([key, thing]) => [key, { ...thing, needs: swap(thing.needs) }]),
    );
  return {
    ...plan,
    outside: { ...plan.outside, [twin]: outside },
    services: all(plan.services),
    equipment: all(plan.equipment),
  };
}

const withEquipment = (plan: Plan, name: string, equipment: Equipment): Plan => ({
  ...plan,
  equipment: { ...plan.equipment, [name]: equipment },
});

const QUARTER: Range = { low: 7_884_000, high: 7_884_000 };

/** Simple steps, each with what it costs and saves in a year; best first. */
export function improvements(plan: Plan): Improvement[] {
  const now = totalLoss(plan);
  const wage = middle(Object.values(plan.people).find((person) => person.cost)?.cost ?? { low: 0, high: 0 });
  const list: Improvement[] = [];
  const add = (what: string, next: Plan, cost: number) => {
    const saves = now - totalLoss(next);
    list.push({ what, cost, saves, net: saves - cost });
  };
  for (const [name, equipment] of Object.entries(plan.equipment)) {
    const unit =
      middle(equipment.cost.buy) / yearsOf(equipment.cost.lasts) +
      middle(equipment.cost.running ?? { low: 0, high: 0 });
    if (equipment.units === equipment.needed)
      add(
        `a second '${name}' that takes over (hot/warm-active), tested every quarter`,
        withEquipment(plan, name, {
          ...equipment,
          units: equipment.units + 1,
          policy: "hot/warm-active",
          arbiter: true,
          tested: QUARTER,
        }),
        unit + 4 * 2 * wage,
      );
    else {
      if (!equipment.tested || middle(equipment.tested) > middle(QUARTER))
        add(
          `test the take-over of '${name}' every quarter`,
          withEquipment(plan, name, { ...equipment, tested: QUARTER }),
          4 * wage,
        );
      if (!equipment.arbiter && plan.extras.arbiter)
        add(
          `a third host that votes for '${name}'`,
          withEquipment(plan, name, { ...equipment, arbiter: true }),
          middle(plan.extras.arbiter),
        );
    }
  }
  for (const [name, outside] of Object.entries(plan.outside))
    if (outside.cost) add(`a second, independent '${name}'`, withSecond(plan, name), middle(outside.cost));
  return list.filter((each) => each.saves > 0.5).sort((a, b) => b.net - a.net);
}

/** How a service's own part compares with the least reliable thing outside that it can not do without. */
export interface OutsideAdvice {
  service: string;
  outside: string;
  ownMinutes: number;
  outsideMinutes: number;
  /** outside / own */
  times: number;
  words: string;
}

export function outsideAdvice(plan: Plan, services: readonly ServiceForecast[]): OutsideAdvice[] {
  return services.flatMap((service) => {
    const { leaves } = closure(plan, plan.services[service.id]?.needs ?? []);
    const minutes = (names: (from: string) => boolean) =>
      (1 - availabilityOf(service.outages.filter((each) => names(each.from)))) * 525_600;
    const [worst] = [...leaves]
      .filter((name) => name in plan.outside)
      .map((name) => ({ name, minutes: minutes((from) => from === name) }))
      .sort((a, b) => b.minutes - a.minutes);
    if (!worst || worst.minutes === 0) return [];
    const own = minutes((from) => from in plan.equipment);
    const times = worst.minutes / own;
    const words =
      times >= 10
        ? `your own part is already ${times.toFixed(0)} times better than '${worst.name}': do not spend more on it here`
        : times >= 1
          ? `'${worst.name}' is the weaker part (${times.toFixed(1)} times); a second one does more than better equipment`
          : `your own part is the weaker one (${(1 / times).toFixed(1)} times): spend here, but not beyond ten times better than '${worst.name}'`;
    return [
      {
        service: service.id,
        outside: worst.name,
        ownMinutes: own,
        outsideMinutes: worst.minutes,
        times,
        words,
      },
    ];
  });
}

/** An assumption moved to one end of its range. */
export interface Sensitivity {
  assumption: Assumption;
  /** Best alternative with the value at the low and at the high end. */
  low: AlternativeId | undefined;
  high: AlternativeId | undefined;
  changesAdvice: boolean;
  /** Expected loss a year at the two ends, with the plan as it is. */
  lossLow: number;
  lossHigh: number;
}

/** Moves every assumption to both ends of its range, one at a time. */
export function sensitivities(plan: Plan, group: string): Sensitivity[] {
  const best = cheapest(compareAlternatives(plan, group))?.id;
  const all = new Map(assumptionsOf(plan).map((assumption) => [assumption.id, assumption]));
  const collect: Pick = (assumption) => {
    if (!assumption.id.includes("--")) all.set(assumption.id, assumption);
    return pickMiddle(assumption);
  };
  compareAlternatives(plan, group, collect);
  const names = new Set(servicesOn(plan, group));
  const relevant = new Set<string>([group, ...names]);
  for (const name of names)
    for (const leaf of closure(plan, plan.services[name]?.needs ?? []).leaves) relevant.add(leaf);
  return [...all.values()]
    .filter(({ id, range }) => {
      const [kind, name] = id.split(".");
      return (
        range.low < range.high &&
        (!["equipment", "outside", "services"].includes(kind ?? "") || relevant.has(name ?? ""))
      );
    })
    .map((assumption) => {
      const at =
        (value: number): Pick =>
        (other) =>
          other.id === assumption.id ? value : pickMiddle(other);
      const loss = (pick: Pick) =>
        forecast(buildModel(plan, pick)).reduce((sum, each) => sum + each.lossPerYear, 0);
      const low = at(assumption.range.low);
      const high = at(assumption.range.high);
      const bestLow = cheapest(compareAlternatives(plan, group, low))?.id;
      const bestHigh = cheapest(compareAlternatives(plan, group, high))?.id;
      return {
        assumption,
        low: bestLow,
        high: bestHigh,
        changesAdvice: bestLow !== best || bestHigh !== best,
        lossLow: loss(low),
        lossHigh: loss(high),
      };
    })
    .sort((a, b) => Math.abs(b.lossHigh - b.lossLow) - Math.abs(a.lossHigh - a.lossLow));
}

/** What the uncertain inputs make of the answers: 90 % of plans drawn from all ranges at once lie between. */
export interface Spread {
  services: { id: string; availability: Range }[];
  lossPerYear: Range;
}

export function spread(plan: Plan, seed: number, draws = 200): Spread {
  const rng = random(seed);
  const runs = Array.from({ length: draws }, () => {
    const drawn = new Map<string, number>();
    const pick: Pick = ({ id, range, unit }) => {
      const known = drawn.get(id);
      if (known !== undefined) return known;
      const u = rng.uniform();
      const scaled = (low: number, high: number) =>
        low > 0 ? low * (high / low) ** u : low + (high - low) * u;
      const value =
        unit === "availability"
          ? 1 - scaled(1 - range.high, 1 - range.low)
          : unit === "share"
            ? range.low + (range.high - range.low) * u
            : scaled(range.low, range.high);
      drawn.set(id, value);
      return value;
    };
    return forecast(buildModel(plan, pick));
  });
  const between = (values: number[]): Range => {
    const sorted = values.sort((a, b) => a - b);
    return { low: sorted[Math.floor(draws * 0.05)] ?? 0, high: sorted[Math.ceil(draws * 0.95) - 1] ?? 0 };
  };
  return {
    services: Object.keys(plan.services).map((id, index) => ({
      id,
      availability: between(runs.map((run) => run[index]?.availability ?? 1)),
    })),
    lossPerYear: between(runs.map((run) => run.reduce((sum, each) => sum + each.lossPerYear, 0))),
  };
}
