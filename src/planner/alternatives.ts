import { buildModel, closure, type Pick, pickMiddle } from "./build.ts";
import { forecast } from "./closed.ts";
import { type Policy, policyDefaults } from "./defaults.ts";
import { type ThreeTimes, threeTimes } from "./nines.ts";
import type { Equipment, Plan } from "./schema.ts";
import { outageLoss } from "./tally.ts";
import { middle } from "./units.ts";

/** The business case: what each way to run a group of servers costs in a year, with what it loses. Pure. */

export const alternativeIds = ["single", "cold", "warm", "hot", "hot-hot", "second-site"] as const;
export type AlternativeId = (typeof alternativeIds)[number];

interface Kind {
  name: string;
  policy?: Policy;
}
const kinds: Record<AlternativeId, Kind> = {
  single: { name: "Single server, backups only" },
  cold: { name: "Cold spare and backups", policy: "hot/cold-passive" },
  warm: { name: "Warm stand-by", policy: "hot/warm-passive" },
  hot: { name: "Hot stand-by", policy: "hot/warm-active" },
  "hot-hot": { name: "Hot/hot", policy: "hot/hot" },
  "second-site": { name: "Hot stand-by in a second place", policy: "hot/warm-active" },
};

export interface Alternative {
  id: AlternativeId;
  name: string;
  /** This is what the plan has now. */
  planned: boolean;
  /** Equipment, running cost, work: money a year. */
  cost: number;
  /** Expected loss of all services, money a year. */
  loss: number;
  total: number;
  /** Parts of `cost`, in words. */
  parts: { what: string; amount: number }[];
  /** Mean hours a year in which at least the most important service on this group is down. */
  hoursPerYear: number;
}

export interface BusinessCase {
  group: string;
  /** The services that stand still without this group. */
  services: string[];
  alternatives: Alternative[];
  best: AlternativeId;
  planned: AlternativeId | undefined;
  /** The rule of thumb for 4 and for 8 hours. */
  rules: ThreeTimes[];
  /** What the rule says and what the calculation says, and why they differ when they do. */
  agree: boolean;
  words: string;
  notCosted: string[];
}

const plannedAs = (equipment: Equipment): AlternativeId | undefined => {
  if (equipment.units === equipment.needed) return "single";
  return alternativeIds.find((id) => id !== "second-site" && kinds[id].policy === equipment.policy);
};

/** A second set of everything that the group itself rests on, at another place. */
function atSecondPlace(plan: Plan, group: string): Plan {
  const own = plan.equipment[group];
  if (!own) return plan;
  const { leaves } = closure(plan, own.needs);
  const twin = (name: string) => `${name}--second`;
  const copied = <T>(things: Record<string, T>): Record<string, T> =>
    Object.fromEntries(
      Object.entries(things).flatMap(([name, thing]) =>
        leaves.has(name) ? [[twin(name), thing] as const] : [],
      ),
    );
  const twins = copied(plan.equipment);
  for (const [name, thing] of Object.entries(twins))
    twins[name] = {
      ...thing,
      needs: thing.needs.map((need) => (typeof need === "string" ? twin(need) : need)),
    };
  const places = own.needs.map((need) =>
    typeof need === "string"
      ? {
          any_of: [need, twin(need)],
          ...(plan.extras.second_site_switch && { switch: plan.extras.second_site_switch }),
        }
      : need,
  );
  return {
    ...plan,
    equipment: { ...plan.equipment, ...twins, [group]: { ...own, needs: places } },
    outside: { ...plan.outside, ...copied(plan.outside) },
  };
}

/** The plan with a group run in another way. What the plan says of its own policy holds only for that policy. */
export function withAlternative(plan: Plan, group: string, id: AlternativeId): Plan {
  const equipment = plan.equipment[group];
  if (!equipment) throw new Error(`no equipment '${group}' in the plan`);
  const { policy } = kinds[id];
  const { policy: _policy, detect, boot, initialise, takeover_works, tested, ...common } = equipment;
  const halfYear = { low: 15_768_000, high: 15_768_000 };
  const changed: Equipment =
    policy === undefined
      ? { ...common, units: common.needed }
      : {
          ...common,
          units: Math.max(common.needed + 1, equipment.policy === policy ? equipment.units : 0),
          policy,
          tested: tested ?? halfYear,
          ...(policy === equipment.policy && {
            ...(detect && { detect }),
            ...(boot && { boot }),
            ...(initialise && { initialise }),
            ...(takeover_works && { takeover_works }),
          }),
        };
  const next = { ...plan, equipment: { ...plan.equipment, [group]: changed } };
  return id === "second-site" ? atSecondPlace(next, group) : next;
}

/** Yearly cost of a unit: its price over its life. */
const yearly = (equipment: Equipment, pick: Pick, group: string): { price: number; running: number } => {
  const read = (field: string, range: { low: number; high: number }) =>
    pick({ id: `equipment.${group}.cost.${field}`, range, unit: "money" });
  const years = middle(equipment.cost.lasts) / 31_536_000;
  return {
    price: read("buy", equipment.cost.buy) / years,
    running: equipment.cost.running ? read("running", equipment.cost.running) : 0,
  };
};

/** What an alternative costs a year, part by part; undefined when the plan does not say enough. */
function costOf(plan: Plan, group: string, id: AlternativeId, pick: Pick): Alternative["parts"] | undefined {
  const equipment = withAlternative(plan, group, id).equipment[group];
  if (!equipment) return undefined;
  const { price, running } = yearly(equipment, pick, group);
  const { units, needed } = equipment;
  const parts = [{ what: `${units} × price over the life`, amount: units * price }];
  const inUse = id === "cold" ? needed : units;
  if (running > 0) parts.push({ what: `${inUse} × running cost`, amount: inUse * running });
  const { policy } = kinds[id];
  const wage = Object.values(plan.people).find((person) => person.cost)?.cost;
  if (policy && wage) {
    const { effort, source } = policyDefaults[policy];
    const hours = pick({ id: `policy.${policy}.effort`, range: effort, unit: "time", source });
    const perHour = pick({ id: "people.cost", range: wage, unit: "money" });
    parts.push({ what: `${hours.toFixed(0)} h of work to keep and test it`, amount: hours * perHour });
  }
  const { arbiter, second_site } = plan.extras;
  if (policy && id !== "cold" && arbiter)
    parts.push({
      what: "third host that votes",
      amount: pick({ id: "extras.arbiter", range: arbiter, unit: "money" }),
    });
  if (id === "second-site") {
    if (!second_site) return undefined;
    parts.push({
      what: "second place",
      amount: pick({ id: "extras.second_site", range: second_site, unit: "money" }),
    });
  }
  return parts;
}

/** The services that stand still when all units of this group are down. */
export const servicesOn = (plan: Plan, group: string): string[] =>
  Object.entries(plan.services).flatMap(([name, service]) =>
    closure(plan, service.needs).leaves.has(group) ? [name] : [],
  );

/** All alternatives with cost and loss, in the order from simple to elaborate. */
export function compareAlternatives(plan: Plan, group: string, pick: Pick = pickMiddle): Alternative[] {
  const equipment = plan.equipment[group];
  if (!equipment) return [];
  const [first] = servicesOn(plan, group);
  return alternativeIds.flatMap((id) => {
    const parts = costOf(plan, group, id, pick);
    if (!parts) return [];
    const services = forecast(buildModel(withAlternative(plan, group, id), pick));
    const loss = services.reduce((sum, service) => sum + service.lossPerYear, 0);
    const cost = parts.reduce((sum, part) => sum + part.amount, 0);
    return [
      {
        id,
        name: kinds[id].name,
        planned: plannedAs(equipment) === id,
        cost,
        loss,
        total: cost + loss,
        parts,
        hoursPerYear: services.find((service) => service.id === first)?.hoursPerYear ?? 0,
      },
    ];
  });
}

export const cheapest = (alternatives: readonly Alternative[]): Alternative | undefined =>
  alternatives.reduce<Alternative | undefined>(
    (best, each) => (best === undefined || each.total < best.total ? each : best),
    undefined,
  );

/** What one outage of `hours` in the busiest time costs, over all services on this group. */
export function lossOfOneOutage(plan: Plan, group: string, hours: number, pick: Pick = pickMiddle): number {
  const model = buildModel(plan, pick);
  const names = new Set(servicesOn(plan, group));
  return model.services
    .filter((service) => names.has(service.id))
    .reduce((sum, { loss }) => sum + outageLoss({ ...loss, outOfHours: 1 }, 0, hours), 0);
}

const groupWords = (plan: Plan, group: string) => `'${group}' (${plan.equipment[group]?.about ?? ""})`;

/** The business case of one group of servers. `money` writes amounts. */
export function businessCase(plan: Plan, group: string, money: (amount: number) => string): BusinessCase {
  const equipment = plan.equipment[group];
  if (!equipment) throw new Error(`no equipment '${group}' in the plan`);
  const alternatives = compareAlternatives(plan, group);
  const best = cheapest(alternatives);
  if (!best) throw new Error(`nothing to compare for '${group}'`);
  const price = middle(equipment.cost.buy) * equipment.needed;
  const rules = [4, 8].map((hours) => threeTimes(hours, lossOfOneOutage(plan, group, hours), price));
  const ruleSays = rules.some((rule) => rule.cluster);
  const isCluster = ({ id }: Alternative) => id !== "single" && id !== "cold";
  const simple = cheapest(alternatives.filter((each) => !isCluster(each))) ?? best;
  const elaborate = cheapest(alternatives.filter(isCluster)) ?? best;
  const agree = ruleSays === isCluster(best);
  const saved = simple.loss - elaborate.loss;
  const figures =
    `the cheapest set-up that takes over by itself (${elaborate.name.toLowerCase()}) costs ${money(elaborate.cost - simple.cost)} a year more than '${simple.name.toLowerCase()}' ` +
    `and saves ${saved > 0.5 ? money(saved) : "nothing"} of expected loss`;
  const short = rules.map((rule) => rule.hours).join(" or ");
  const words = agree
    ? `Both agree on ${groupWords(plan, group)}: ${figures}.`
    : ruleSays
      ? `They disagree: the rule says cluster, the calculation says ${best.name.toLowerCase()}. The rule looks at one long outage and not at how seldom it comes: ${figures}.`
      : `They disagree: the rule says cold spare, the calculation says ${best.name.toLowerCase()}. The rule looks at one outage of ${short} h, not at the many shorter ones of all causes, and takes the price at once, not over ${(middle(equipment.cost.lasts) / 31_536_000).toFixed(0)} years: ${figures}.`;
  return {
    group,
    services: servicesOn(plan, group),
    alternatives,
    best: best.id,
    planned: plannedAs(equipment),
    rules,
    agree,
    words,
    notCosted: plan.extras.second_site
      ? []
      : ["A second place is not costed: give extras.second_site, such as £3000/year"],
  };
}

/** The groups worth a business case: servers. */
export const serverGroups = (plan: Plan): string[] =>
  Object.entries(plan.equipment).flatMap(([name, { kind }]) => (kind === "server" ? [name] : []));
