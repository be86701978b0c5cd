import {
  type Alternative,
  type AlternativeId,
  cheapest,
  compareAlternatives,
  lossOfOneOutage,
  plannedAs,
  servicesOn,
} from "./alternatives.ts";
import type { Plan } from "./checked-plan.ts";
import { timeText } from "./format.ts";
import { type ThreeTimes, threeTimes } from "./nines.ts";
import { middle } from "./units.ts";

/** The advice on one group of servers: the full calculation beside the rule of thumb. Pure. */

export interface BusinessCase {
  group: string;
  /** The services that stand still without this group. */
  services: string[];
  alternatives: Alternative[];
  best: AlternativeId;
  /** The cheapest whose z is within the promises, when that is another one. */
  bestKeeping: AlternativeId | undefined;
  planned: AlternativeId | undefined;
  /** The rule of thumb for 4 and for 8 hours. */
  rules: ThreeTimes[];
  /** What the rule says and what the calculation says, and why they differ when they do. */
  agree: boolean;
  words: string;
  notCosted: string[];
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
  const keeping = best.keeps ? undefined : cheapest(alternatives.filter((each) => each.keeps));
  const kept = keeping
    ? ` But with ${best.name.toLowerCase()} one failure takes ${timeText(best.z)}, longer than was promised; the cheapest within the promises is '${keeping.name.toLowerCase()}', so the promise costs ${money(keeping.total - best.total)} a year.`
    : "";
  return {
    group,
    services: servicesOn(plan, group),
    alternatives,
    best: best.id,
    bestKeeping: keeping?.id,
    planned: plannedAs(equipment),
    rules,
    agree,
    words: `${words}${kept}`,
    notCosted: plan.extras.second_site
      ? []
      : ["A second place is not costed: give extras.second_site, such as £3000/year"],
  };
}

/** The groups worth a business case: servers. */
export const serverGroups = (plan: Plan): string[] =>
  Object.entries(plan.equipment).flatMap(([name, { kind }]) => (kind === "server" ? [name] : []));
