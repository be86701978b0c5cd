import { namesIn } from "./check.ts";
import type { Equipment, Need, Outside, Plan, Service } from "./checked-plan.ts";
import {
  commonCause,
  equipmentDefaults,
  latent,
  outsideDefaults,
  policyDefaults,
  splitBrain,
} from "./defaults.ts";
import type { Block, Gate, Loss, Mode, Model, ServiceModel, Shock } from "./model.ts";
import { middle, type Range } from "./units.ts";
import { HOURS_PER_YEAR } from "./year.ts";

/** From the plan to the model: every uncertain value goes through `pick`, so that it can be varied one by one. */

type Unit = "per year" | "time" | "share" | "availability" | "money";

/** A value that the answers rest on. */
export interface Assumption {
  /** Path in plan.yaml, such as equipment.pbx.fails. */
  id: string;
  range: Range;
  unit: Unit;
  /** Where the range comes from; absent = the plan says so. */
  source?: string;
}

/** Chooses one value out of a range. */
export type Pick = (assumption: Assumption) => number;

/** The middle of each range: geometric for what is uncertain by factors. */
export const pickMiddle: Pick = ({ range, unit }) => {
  if (unit === "share") return (range.low + range.high) / 2;
  if (unit === "availability") return 1 - middle({ low: 1 - range.high, high: 1 - range.low });
  return middle(range);
};

const HOUR = 3600;

/** Values of one thing of the plan, by the names of their fields. Times in hours. */
function reader(path: string, pick: Pick) {
  const value = (field: string, unit: Unit, own: Range | undefined, usual: Range, source: string) =>
    pick({ id: `${path}.${field}`, range: own ?? usual, unit, ...(own === undefined && { source }) });
  return {
    value,
    hours: (field: string, own: Range | undefined, usual: Range, source: string) =>
      value(field, "time", own, usual, source) / HOUR,
    perHour: (field: string, own: Range | undefined, usual: Range, source: string) =>
      value(field, "per year", own, usual, source) / HOURS_PER_YEAR,
  };
}

/** d, b, i, and the chance that the take-over works, of a group with something to spare. Hours. */
export function takeoverOf(name: string, equipment: Equipment, pick: Pick) {
  const policy = policyDefaults[equipment.policy ?? "hot/warm-active"];
  const { hours, value, perHour } = reader(`equipment.${name}`, pick);
  const d = hours("detect", equipment.detect, policy.d, policy.source);
  const b = hours("boot", equipment.boot, policy.b, policy.source);
  const i = hours("initialise", equipment.initialise, policy.i, policy.source);
  const works = value("takeover_works", "share", equipment.takeover_works, policy.works, policy.source);
  const rot = perHour("silent_decay", undefined, latent.rate, latent.source) * HOURS_PER_YEAR;
  const interval = (equipment.tested ? middle(equipment.tested) : middle(equipment.cost.lasts)) / HOUR;
  const exponent = (rot * interval) / HOURS_PER_YEAR;
  const rotten = exponent > 0 ? 1 - (1 - Math.exp(-exponent)) / exponent : 0;
  return { d, b, i, f: b + i, z: d + b + i, works: works * (1 - rotten), rotten };
}

const byHandUsual: Range = { low: 15 * 60, high: HOUR };

function equipmentBlock(plan: Plan, name: string, equipment: Equipment, pick: Pick): Block {
  const usual = equipmentDefaults[equipment.kind];
  const { hours, value, perHour } = reader(`equipment.${name}`, pick);
  const modes: Mode[] = [
    {
      cause: "breaks",
      rate: perHour("fails", equipment.fails, usual.fails, usual.source),
      repair: hours("repair", equipment.repair, usual.repair, usual.source),
    },
    {
      cause: "crashes",
      rate: perHour("crashes", equipment.crashes, usual.crashes, usual.source),
      repair: hours("restart", equipment.restart, usual.restart, usual.source),
    },
  ];
  const shock = (cause: string, rate: number, mean: number): Shock => ({
    cause,
    rate,
    mean,
    bridge: 0,
    restart: 0,
  });
  const shocks = [
    shock(
      "mistake in maintenance",
      perHour("mistakes", equipment.mistakes, usual.mistakes, usual.source),
      hours("mistake_repair", equipment.mistake_repair, usual.mistake_repair, usual.source),
    ),
  ];
  const group = { units: equipment.units, needed: equipment.needed, crew: Number.POSITIVE_INFINITY };
  if (equipment.units === equipment.needed)
    return {
      id: name,
      outside: false,
      group: { ...group, modes, dormant: 1, takeover: 0, works: 1, byHand: 0 },
      shocks,
    };
  const policy = policyDefaults[equipment.policy ?? "hot/warm-active"];
  const beta = value("common_cause", "share", equipment.common_cause, commonCause.value, commonCause.source);
  const { z, works } = takeoverOf(name, equipment, pick);
  const person = plan.people[equipment.who ?? Object.keys(plan.people)[0] ?? ""];
  const responds = person ? hours("who.responds", person.responds, person.responds, "") : 1;
  for (const mode of modes) shocks.push(shock(`common cause (${mode.cause})`, mode.rate * beta, mode.repair));
  if (policy.dormant > 0)
    shocks.push(
      shock(
        "split brain",
        perHour("split_brain", equipment.split_brain, splitBrain.happens, splitBrain.source) *
          (equipment.arbiter ? splitBrain.withArbiter : 1),
        hours("split_brain_repair", undefined, splitBrain.repair, splitBrain.source),
      ),
    );
  return {
    id: name,
    outside: false,
    group: {
      ...group,
      modes: modes.map((mode) => ({ ...mode, rate: mode.rate * (1 - beta) })),
      dormant: policy.dormant,
      takeover: z,
      works,
      byHand:
        responds + hours("by_hand", undefined, byHandUsual, "Our assumption: time for the change itself."),
    },
    shocks,
  };
}

function outsideBlock(name: string, outside: Outside, pick: Pick): Block {
  const usual = outsideDefaults[outside.kind];
  const { hours, value, perHour } = reader(`outside.${name}`, pick);
  const mean = hours("outage", outside.outage, usual.outage, usual.source);
  const up =
    outside.availability &&
    value("availability", "availability", outside.availability, outside.availability, "");
  const rate =
    up === undefined ? perHour("fails", outside.fails, usual.fails, usual.source) : (1 - up) / up / mean;
  const none: Range = { low: 0, high: 0 };
  const usualRestart = outside.kind === "power" ? { low: 5 * 60, high: 15 * 60 } : none;
  return {
    id: name,
    outside: true,
    shocks: [
      {
        cause: outside.bridged_for ? "outage longer than the bridge" : "outage",
        rate,
        mean,
        bridge: hours("bridged_for", outside.bridged_for, none, "The plan names no bridge."),
        restart: hours("restart", outside.restart, usualRestart, "Our assumption: equipment starts again."),
      },
    ],
  };
}

/** Everything that a list of needs rests on: names of equipment and outside things, and the choices among several. */
export function closure(
  plan: Plan,
  needs: readonly Need[],
): { leaves: Set<string>; choices: Exclude<Need, string>[] } {
  const leaves = new Set<string>();
  const choices = new Map<string, Exclude<Need, string>>();
  const add = (need: Need): void => {
    if (typeof need !== "string") {
      choices.set(JSON.stringify(need.any_of), need);
      return;
    }
    if (leaves.has(need)) return;
    if (!(need in plan.services)) leaves.add(need);
    for (const next of (plan.services[need] ?? plan.equipment[need])?.needs ?? []) add(next);
  };
  for (const need of needs) add(need);
  return { leaves, choices: [...choices.values()] };
}

function lossOf(plan: Plan, name: string, service: Service, pick: Pick): Loss {
  const { hours, value } = reader(`services.${name}`, pick);
  const zero: Range = { low: 0, high: 0 };
  const { loss, workaround } = service;
  return {
    perMinute: value("loss.per_minute", "money", loss.per_minute, zero, ""),
    perOutage: value("loss.per_outage", "money", loss.per_outage ?? zero, zero, ""),
    outOfHours: value("loss.out_of_hours", "share", loss.out_of_hours ?? zero, zero, ""),
    busy: service.busy ?? plan.busy,
    noticed: hours("loss.noticed_after", loss.noticed_after ?? zero, zero, ""),
    workaroundAfter: workaround ? hours("workaround.after", workaround.after, zero, "") : 0,
    workaroundCovers: workaround ? value("workaround.covers", "share", workaround.covers, zero, "") : 0,
  };
}

const changeOver = {
  time: { low: 30, high: 300 } satisfies Range,
  works: { low: 0.85, high: 0.98 } satisfies Range,
  source: "Our assumption for a change-over between two supplies of unlike make.",
};

/** Builds the model of a plan. */
export function buildModel(plan: Plan, pick: Pick = pickMiddle): Model {
  const blocks = [
    ...Object.entries(plan.equipment).map(([name, each]) => equipmentBlock(plan, name, each, pick)),
    ...Object.entries(plan.outside).map(([name, each]) => outsideBlock(name, each, pick)),
  ];
  const indexOf = new Map(blocks.map((block, index) => [block.id, index]));
  const numbers = (names: Iterable<string>) => [...names].flatMap((name) => indexOf.get(name) ?? []);
  const gates: Gate[] = [];
  const gateOf = (choice: Exclude<Need, string>, sure: Set<string>): number[] => {
    const id = namesIn(choice).join(" or ");
    const { hours, value } = reader(id, pick);
    const branches = choice.any_of.map((name) => closure(plan, [name]).leaves);
    const shared = [...(branches[0] ?? [])].filter((leaf) => branches.every((branch) => branch.has(leaf)));
    for (const leaf of shared) sure.add(leaf);
    const own = branches.map((branch) => numbers([...branch].filter((leaf) => !sure.has(leaf))));
    if (own.some((branch) => branch.length === 0)) return [];
    gates.push({
      id,
      branches: own,
      takeover: hours("switch", choice.switch, changeOver.time, changeOver.source),
      works: value("works", "share", choice.works, changeOver.works, changeOver.source),
      byHand: hours("by_hand", undefined, { low: 15 * 60, high: 2 * HOUR }, changeOver.source),
    });
    return [gates.length - 1];
  };
  const services = Object.entries(plan.services).map(([name, service]): ServiceModel => {
    const { leaves, choices } = closure(plan, service.needs);
    const gateNumbers = choices.flatMap((choice) => gateOf(choice, leaves));
    const x = service.promise?.not_unavailable_for_more_than;
    const y = service.promise?.in_any;
    return {
      id: name,
      blocks: numbers(leaves),
      gates: gateNumbers,
      loss: lossOf(plan, name, service, pick),
      ...(x && y && { window: { x: x.low / HOUR, y: y.high / HOUR } }),
    };
  });
  return { blocks, gates, services, repairTimes: plan.repair_times };
}

/** All assumptions that the model rests on, each once. */
export function assumptionsOf(plan: Plan): Assumption[] {
  const all = new Map<string, Assumption>();
  buildModel(plan, (assumption) => {
    all.set(assumption.id, assumption);
    return pickMiddle(assumption);
  });
  return [...all.values()];
}
