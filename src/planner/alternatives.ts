import { buildModel, closure, type Pick, pickMiddle, takeoverOf } from "./build.ts";
import type { Equipment, Need, Plan } from "./checked-plan.ts";
import { forecast } from "./closed.ts";
import { equipmentDefaults, type Policy, policyDefaults } from "./defaults.ts";
import { outageLoss } from "./tally.ts";
import { middle } from "./units.ts";

/** The business case: what each way to run a group of servers costs in a year, with what it loses. Pure. */

const alternativeIds = ["single", "cold", "warm", "hot", "hot-hot", "second-site"] as const;
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
  /** One failure of a unit takes this long, seconds: z of the policy, or the repair when that is quicker. */
  z: number;
  /** z is within every promise made for the services on this group. */
  keeps: boolean;
}

export const plannedAs = (equipment: Equipment): AlternativeId | undefined => {
  if (equipment.units === equipment.needed) return "single";
  return alternativeIds.find((id) => id !== "second-site" && kinds[id].policy === equipment.policy);
};

const twin = (name: string) => `${name}--second`;

/** What stands at a place and would be there a second time: equipment, power and the line, but not the carrier. */
const atPlace = (plan: Plan, name: string): boolean =>
  name in plan.equipment || ["power", "internet"].includes(plan.outside[name]?.kind ?? "");

/** Equipment that is bought a second time for a second place, without the group itself. */
const boughtTwice = (plan: Plan, group: string): string[] => [
  ...new Set(
    servicesOn(plan, group).flatMap((service) =>
      [...closure(plan, plan.services[service]?.needs ?? []).leaves].filter(
        (name) => name in plan.equipment && name !== group,
      ),
    ),
  ),
];

/**
 * The services on the group stand at two places, each complete; one place is enough. Choices among lines stay in
 * series with both places, which is a little too careful. `group` has one set of units at each place.
 */
function atSecondPlace(plan: Plan, group: string): Plan {
  const own = plan.equipment[group];
  if (!own) return plan;
  const never = { low: 0, high: 0 };
  const { policy: _policy, tested: _tested, ...single } = { ...own, units: own.needed };
  const { works } = takeoverOf(group, own, pickMiddle);
  const next: Plan = {
    ...plan,
    services: { ...plan.services },
    equipment: { ...plan.equipment, [group]: single },
    outside: { ...plan.outside },
  };
  const place = (needs: string[]): Equipment => ({
    ...single,
    kind: "other",
    units: 1,
    needed: 1,
    fails: never,
    crashes: never,
    mistakes: never,
    needs,
  });
  for (const name of servicesOn(plan, group)) {
    const service = plan.services[name];
    if (!service) continue;
    const { leaves, choices } = closure(plan, service.needs);
    const here = [...leaves].filter((leaf) => atPlace(plan, leaf));
    for (const leaf of here) {
      const equipment = next.equipment[leaf];
      const outside = next.outside[leaf];
      if (equipment) next.equipment[twin(leaf)] = { ...equipment, needs: [] };
      if (outside) next.outside[twin(leaf)] = outside;
    }
    next.equipment[`${name}--here`] = place(here);
    next.equipment[`${name}--there`] = place(here.map(twin));
    const two: Need = {
      any_of: [`${name}--here`, `${name}--there`],
      works: { low: works, high: works },
      ...(plan.extras.second_site_switch && { switch: plan.extras.second_site_switch }),
    };
    next.services[name] = {
      ...service,
      needs: [two, ...choices, ...[...leaves].filter((leaf) => !atPlace(plan, leaf))],
    };
  }
  return next;
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
  const hot = withAlternative(plan, group, id === "second-site" ? "hot" : id);
  const equipment = hot.equipment[group];
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
    const others = boughtTwice(plan, group).flatMap((name) => {
      const other = plan.equipment[name];
      if (!other) return [];
      const each = yearly(other, pick, name);
      return [other.needed * (each.price + each.running)];
    });
    parts.push({
      what: "what else must stand there",
      amount: others.reduce((sum, amount) => sum + amount, 0),
    });
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

/** The shortest time that a promise for a service on this group allows for one failure, seconds. */
function strictest(plan: Plan, group: string): number {
  const limits = servicesOn(plan, group).flatMap((name) => {
    const promise = plan.services[name]?.promise;
    return [promise?.not_unavailable_for_more_than?.low, promise?.recover_within?.low].filter(
      (each) => each !== undefined,
    );
  });
  return Math.min(Number.POSITIVE_INFINITY, ...limits);
}

/** How long one failure takes when the group is run in this way: z, or the repair when that is quicker. Seconds. */
function failureTime(plan: Plan, group: string, id: AlternativeId, pick: Pick): number {
  const changed = withAlternative(plan, group, id === "second-site" ? "hot" : id).equipment[group];
  if (!changed) return 0;
  const repair = middle(changed.repair ?? equipmentDefaults[changed.kind].repair);
  if (id === "single") return repair;
  const { z } = takeoverOf(group, changed, pick);
  const away = id === "second-site" && plan.extras.second_site_switch;
  return Math.min(repair, Math.max(z * 3600, away ? middle(away) : 0));
}

/** All alternatives with cost and loss, in the order from simple to elaborate. */
export function compareAlternatives(plan: Plan, group: string, pick: Pick = pickMiddle): Alternative[] {
  const equipment = plan.equipment[group];
  if (!equipment) return [];
  const limit = strictest(plan, group);
  return alternativeIds.flatMap((id) => {
    const parts = costOf(plan, group, id, pick);
    if (!parts) return [];
    const services = forecast(buildModel(withAlternative(plan, group, id), pick));
    const loss = services.reduce((sum, service) => sum + service.lossPerYear, 0);
    const cost = parts.reduce((sum, part) => sum + part.amount, 0);
    const z = failureTime(plan, group, id, pick);
    return [
      {
        id,
        name: kinds[id].name,
        planned: plannedAs(equipment) === id,
        cost,
        loss,
        total: cost + loss,
        parts,
        z,
        keeps: z <= limit,
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
