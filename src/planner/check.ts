import { DirectedGraph } from "graphology";
import { hasCycle, topologicalSort } from "graphology-dag";
import type { PlanInput } from "./schema.ts";

/** Faults that show only when several fields are read together: names that do not exist, circles, currencies. */

export interface Fault {
  path: (string | number)[];
  message: string;
}

type Need = PlanInput["services"][string]["needs"][number];

export const namesIn = (need: Need): string[] => (typeof need === "string" ? [need] : need.any_of);

/** The things of a plan and what each needs directly: edges run from the one that needs to the needed. */
export function needsGraph(plan: PlanInput): DirectedGraph {
  const graph = new DirectedGraph();
  const things = { ...plan.services, ...plan.equipment, ...plan.outside };
  for (const name of Object.keys(things)) graph.mergeNode(name);
  for (const [name, thing] of Object.entries(things))
    if ("needs" in thing)
      for (const needed of thing.needs.flatMap(namesIn))
        if (graph.hasNode(needed)) graph.mergeEdge(name, needed);
  return graph;
}

/** One circle of names, in order, or nothing. */
function circleIn(graph: DirectedGraph): string[] | undefined {
  if (!hasCycle(graph)) return undefined;
  const walk = (node: string, trail: string[]): string[] | undefined => {
    const seen = trail.indexOf(node);
    if (seen >= 0) return [...trail.slice(seen), node];
    for (const next of graph.outNeighbors(node)) {
      const found = walk(next, [...trail, node]);
      if (found) return found;
    }
    return undefined;
  };
  for (const node of graph.nodes()) {
    const found = walk(node, []);
    if (found) return found;
  }
  return undefined;
}

/** Names so that everything comes after what it needs. @throws Error when there is a circle */
export const dependencyOrder = (graph: DirectedGraph): string[] => topologicalSort(graph).reverse();

function* currencyFaults(value: unknown, path: (string | number)[], wanted: string): Generator<Fault> {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if ("currency" in value && "low" in value) {
    if (value.currency !== wanted)
      yield {
        path,
        message: `is in ${String(value.currency)} but the plan is in ${wanted}; convert it, or change 'currency'`,
      };
    return;
  }
  for (const [key, child] of Object.entries(value))
    yield* currencyFaults(child, [...path, Array.isArray(value) ? Number(key) : key], wanted);
}

/** Something among the needs of `name`, however deep, is a choice. */
function choosesFurther(plan: PlanInput, name: string, seen = new Set<string>()): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  const needs = (plan.services[name] ?? plan.equipment[name])?.needs ?? [];
  return needs.some((need) => typeof need !== "string" || choosesFurther(plan, need, seen));
}

function* nameFaults(plan: PlanInput): Generator<Fault> {
  const seen = new Map<string, string>();
  for (const group of ["services", "equipment", "outside"] as const)
    for (const name of Object.keys(plan[group])) {
      const other = seen.get(name);
      if (other !== undefined)
        yield { path: [group, name], message: `is a name under '${other}' too; names must differ` };
      seen.set(name, group);
    }
  const known = [...seen.keys()];
  for (const group of ["services", "equipment"] as const)
    for (const [name, thing] of Object.entries(plan[group]))
      for (const [index, need] of thing.needs.entries())
        for (const needed of namesIn(need))
          if (!seen.has(needed))
            yield {
              path: [group, name, "needs", index],
              message: `'${needed}' is not described; add it under services, equipment or outside, or write one of: ${known.join(", ")}`,
            };
  for (const group of ["services", "equipment"] as const)
    for (const [name, thing] of Object.entries(plan[group]))
      for (const [index, need] of thing.needs.entries()) {
        const nested =
          typeof need === "string"
            ? undefined
            : need.any_of.find((each: string) => choosesFurther(plan, each));
        if (nested !== undefined)
          yield {
            path: [group, name, "needs", index],
            message: `'${nested}' itself needs an any_of; one any_of within another can not be computed. Describe the pair as one thing, or list all ways here`,
          };
      }
  const people = Object.keys(plan.people);
  const unknownPerson = (who: string) =>
    `'${who}' is not among the people; add this person, or write one of: ${people.join(", ")}`;
  for (const [name, { recovery }] of Object.entries(plan.services))
    if (!(recovery.who in plan.people))
      yield { path: ["services", name, "recovery", "who"], message: unknownPerson(recovery.who) };
  for (const [name, { who }] of Object.entries(plan.equipment))
    if (who !== undefined && !(who in plan.people))
      yield { path: ["equipment", name, "who"], message: unknownPerson(who) };
  for (const [index, test] of plan.continuity.tests.entries())
    if (!(test.who in plan.people))
      yield { path: ["continuity", "tests", index, "who"], message: unknownPerson(test.who) };
}

function* fieldFaults(plan: PlanInput): Generator<Fault> {
  if (Object.keys(plan.services).length === 0)
    yield { path: ["services"], message: "has no service; describe at least one, such as telephones" };
  for (const [name, { units, needed, policy, cost }] of Object.entries(plan.equipment)) {
    const path = ["equipment", name];
    if (needed > units)
      yield { path: [...path, "needed"], message: `${needed} needed but only ${units} there; raise 'units'` };
    if (units > needed && policy === undefined)
      yield {
        path: [...path, "units"],
        message: `has ${units - needed} to spare; say under 'policy' how they take over, such as hot/warm-active`,
      };
    if (units === needed && policy !== undefined)
      yield {
        path: [...path, "policy"],
        message: "has no unit to spare; raise 'units' or leave 'policy' out",
      };
    if (cost.lasts.low === 0)
      yield { path: [...path, "cost", "lasts"], message: 'must be longer than 0; write "5 years"' };
  }
  for (const [name, { availability }] of Object.entries(plan.outside))
    if (availability && (availability.high >= 1 || availability.low < 0.5))
      yield {
        path: ["outside", name, "availability"],
        message: 'must be from 50 % to less than 100 %; nothing is always there. Write "99.9 %"',
      };
  for (const [name, { promise, data }] of Object.entries(plan.services)) {
    const path = ["services", name];
    if ((promise?.not_unavailable_for_more_than === undefined) !== (promise?.in_any === undefined))
      yield {
        path: [...path, "promise"],
        message: "'not_unavailable_for_more_than' and 'in_any' belong together: \"10 min\" in any \"60 min\"",
      };
    const x = promise?.not_unavailable_for_more_than;
    if (x && promise?.in_any && x.low > promise.in_any.low)
      yield {
        path: [...path, "promise", "not_unavailable_for_more_than"],
        message: "is longer than the time under 'in_any', so it could never be broken; swap them",
      };
    for (const [index, set] of (data ?? []).entries())
      if (set.replicated === "asynchronous" && !set.lag)
        yield {
          path: [...path, "data", index],
          message: 'is replicated asynchronously: say how far the copy may be behind, such as lag: "5 s"',
        };
  }
}

/** All faults between fields. Pure. */
export function checkPlan(plan: PlanInput): Fault[] {
  const faults = [...currencyFaults(plan, [], plan.currency), ...nameFaults(plan), ...fieldFaults(plan)];
  const circle = circleIn(needsGraph(plan));
  if (circle) {
    const first = circle[0] ?? "";
    faults.push({
      path: [first in plan.services ? "services" : "equipment", first, "needs"],
      message: `goes round in a circle (${circle.join(" needs ")}), so none of them could be recovered first; remove one of these needs`,
    });
  }
  return faults;
}
