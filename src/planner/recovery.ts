import { dependencyOrder, needsGraph } from "./check.ts";
import type { Plan } from "./checked-plan.ts";
import { middle } from "./units.ts";

/** In which order to recover, by class and dependency, and when each service works again. Pure; seconds. */

export interface RecoveryStep {
  service: string;
  class: "critical" | "important" | "routine";
  /** The class that it is recovered with: that of the most important service which needs it. */
  urgency: "critical" | "important" | "routine";
  who: string;
  /** Services that must work before. */
  after: string[];
  begins: number;
  ends: number;
  target: number | undefined;
  inTime: boolean | undefined;
}

const classes = ["critical", "important", "routine"] as const;

/** The 30-minute style target for critical services that name none of their own. */
const USUAL_TARGET = 30 * 60;

/**
 * Each person does one thing at a time, the most urgent first; a service begins when the services it needs work
 * and its person has responded. Times are the slow ends of the plan's ranges: a promise must hold on a bad day.
 */
export function recoveryOrder(plan: Plan): RecoveryStep[] {
  const graph = needsGraph(plan);
  const order = dependencyOrder(graph).filter((name) => name in plan.services);
  const urgency = new Map(
    order.map((name) => [name, classes.indexOf(plan.services[name]?.class ?? "routine")]),
  );
  for (const name of order.toReversed())
    for (const needed of graph.outNeighbors(name))
      if (urgency.has(needed))
        urgency.set(needed, Math.min(urgency.get(needed) ?? 2, urgency.get(name) ?? 2));
  const sorted: string[] = [];
  const waiting = [...order];
  const neededServices = (name: string) => graph.outNeighbors(name).filter((each) => each in plan.services);
  while (waiting.length > 0) {
    const ready = waiting.filter((name) => neededServices(name).every((needed) => sorted.includes(needed)));
    const rank = (name: string) =>
      (urgency.get(name) ?? 2) * 1e9 + middle(plan.services[name]?.recovery.takes ?? { low: 0, high: 0 });
    const next = ready.sort((a, b) => rank(a) - rank(b))[0];
    if (next === undefined) break;
    sorted.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  const free = new Map<string, number>();
  const done = new Map<string, number>();
  return sorted.flatMap((name) => {
    const service = plan.services[name];
    if (!service) return [];
    const { who, takes, target } = service.recovery;
    const after = neededServices(name);
    const responds = plan.people[who]?.responds.high ?? 0;
    const begins = Math.max(free.get(who) ?? responds, ...after.map((each) => done.get(each) ?? 0));
    const ends = begins + takes.high;
    free.set(who, ends);
    done.set(name, ends);
    const wanted = target?.high ?? (service.class === "critical" ? USUAL_TARGET : undefined);
    return [
      {
        service: name,
        class: service.class,
        urgency: classes[urgency.get(name) ?? 2] ?? "routine",
        who,
        after,
        begins,
        ends,
        target: wanted,
        inTime: wanted === undefined ? undefined : ends <= wanted,
      },
    ];
  });
}
