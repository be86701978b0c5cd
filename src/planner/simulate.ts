import type { Block, Gate, Group, Mode, Model, Shock } from "./model.ts";
import { aliasTable, type Random, random } from "./random.ts";
import { type RawTally, Tally } from "./tally.ts";
import { HOURS_PER_YEAR } from "./year.ts";

/**
 * Monte Carlo simulation. All failures together are one Poisson stream at the sum of their highest rates; each is
 * given to a source by chance, and thrown away when that source is down or idle (thinning, Lewis & Shedler 1979).
 * So time is walked through once, in order, without an event queue, and 10^6 years take about a second.
 */

/** Parts with random streams of their own, so that threads can share the work without changing the result. */
export const PARTS = 4;

/** Batches for the confidence intervals (method of batch means). */
export const BATCHES = 100;

export interface SimulationOptions {
  years: number;
  seed: number;
}

interface LiveBlock {
  tallies: Tally[];
  ways: { gate: LiveGate; branch: number }[];
}

interface LiveGate {
  gate: Gate;
  /** Until when each branch is down. */
  until: number[];
  tallies: Tally[];
}

interface LiveGroup {
  group: Group;
  until: number[];
  active: boolean[];
  /** When each repair crew is free; empty = there are always enough. */
  crews: number[];
}

type Source =
  | { block: LiveBlock; rate: number; shock: Shock; until: number }
  | { block: LiveBlock; rate: number; shock?: never; mode: Mode; live: LiveGroup };

const NEVER = Number.POSITIVE_INFINITY;

/** A branch of a gate goes down from `now` to `until`; returned is until when the gate is shut (now = not at all). */
function strikeGate(live: LiveGate, branch: number, now: number, until: number, rng: Random): number {
  const before = live.until[branch] ?? 0;
  if (until > before) live.until[branch] = until;
  let opens = NEVER;
  let inUse = -1;
  for (let index = 0; index < live.until.length; index++) {
    const each = live.until[index] ?? 0;
    if (each < opens) opens = each;
    if (inUse < 0 && (index === branch ? before : each) <= now) inUse = index;
  }
  if (opens > now) return opens;
  if (inUse !== branch) return now;
  const { works, takeover, byHand } = live.gate;
  const change = rng.uniform() < works ? takeover : rng.exponential(byHand);
  return Math.min(now + change, until);
}

function strikeBlock(block: LiveBlock, now: number, until: number, rng: Random): void {
  for (let index = 0; index < block.tallies.length; index++) block.tallies[index]?.down(now, until);
  for (let index = 0; index < block.ways.length; index++) {
    const way = block.ways[index];
    if (!way) continue;
    const shut = strikeGate(way.gate, way.branch, now, until, rng);
    if (shut > now) for (const tally of way.gate.tallies) tally.down(now, shut);
  }
}

/** Units that came back go to work while the group is short of working ones. */
function refresh({ group, until, active }: LiveGroup, now: number): void {
  let working = 0;
  for (let unit = 0; unit < group.units; unit++) {
    if ((until[unit] ?? 0) > now) active[unit] = false;
    else if (active[unit]) working++;
  }
  for (let unit = 0; working < group.needed && unit < group.units; unit++)
    if (!active[unit] && (until[unit] ?? 0) <= now) {
      active[unit] = true;
      working++;
    }
}

/** When a repair of this length ends that is wanted now: the first free crew does it. */
function repaired(crews: number[], now: number, length: number): number {
  if (crews.length === 0) return now + length;
  const first = crews.indexOf(Math.min(...crews));
  const end = Math.max(now, crews[first] ?? now) + length;
  crews[first] = end;
  return end;
}

/** A unit of a group fails; the group is down until the time returned (now = not at all). */
function strikeUnit(live: LiveGroup, mode: Mode, now: number, rng: Random, length: Lengths): number {
  const { group, until, active, crews } = live;
  if (group.units === 1) {
    if ((until[0] ?? 0) > now) return now;
    until[0] = now + length(mode.repair);
    return until[0];
  }
  const unit = (rng.uniform() * group.units) | 0;
  if ((until[unit] ?? 0) > now) return now;
  refresh(live, now);
  const working = active[unit];
  if (!working && group.dormant < 1 && rng.uniform() >= group.dormant) return now;
  const back = repaired(crews, now, length(mode.repair));
  until[unit] = back;
  active[unit] = false;
  if (!working) return now;
  const spare = until.findIndex((each, index) => each <= now && !active[index]);
  if (spare >= 0) {
    active[spare] = true;
    const change = rng.uniform() < group.works ? group.takeover : rng.exponential(group.byHand);
    return Math.min(now + change, back);
  }
  const down = until.filter((each) => each > now).sort((a, b) => a - b);
  return down[group.needed - (group.units - down.length) - 1] ?? now;
}

type Lengths = (mean: number) => number;

function sourcesOf(block: Block, live: LiveBlock): Source[] {
  const shocks = block.shocks
    .filter((shock) => shock.rate > 0)
    .map((shock): Source => ({ block: live, rate: shock.rate, shock, until: 0 }));
  const { group } = block;
  if (!group) return shocks;
  const unit: LiveGroup = {
    group,
    until: new Array<number>(group.units).fill(0),
    active: Array.from({ length: group.units }, (_, index) => index < group.needed),
    crews: group.crew < group.units ? new Array<number>(group.crew).fill(0) : [],
  };
  const units = group.modes
    .filter((mode) => mode.rate > 0)
    .map((mode): Source => ({ block: live, rate: mode.rate * group.units, mode, live: unit }));
  return [...units, ...shocks];
}

function liveParts(model: Model, tallies: Tally[]): Source[] {
  const uses = (index: number, list: "blocks" | "gates") =>
    tallies.filter((_, service) => model.services[service]?.[list].includes(index));
  const blocks = model.blocks.map((_, index): LiveBlock => ({ tallies: uses(index, "blocks"), ways: [] }));
  for (const [index, gate] of model.gates.entries()) {
    const live: LiveGate = { gate, until: gate.branches.map(() => 0), tallies: uses(index, "gates") };
    for (const [branch, members] of gate.branches.entries())
      for (const member of members) blocks[member]?.ways.push({ gate: live, branch });
  }
  return model.blocks.flatMap((block, index) => sourcesOf(block, blocks[index] as LiveBlock));
}

/** What one part of the simulation found. */
export interface RawPart {
  services: RawTally[];
  totalLoss: Float32Array;
}

/** Simulates part number `part` of PARTS, with a random stream of its own. The same everywhere, in any order. */
export function simulatePart(model: Model, { years, seed }: SimulationOptions, part: number): RawPart {
  const own = years / PARTS;
  const totalLoss = new Float32Array(own);
  const tallies = model.services.map((service) => new Tally(service, own, BATCHES / PARTS, totalLoss));
  const sources = liveParts(model, tallies);
  const rng = random(seed, part);
  const length: Lengths = model.repairTimes === "lognormal" ? rng.lognormal : rng.exponential;
  const total = sources.reduce((sum, source) => sum + source.rate, 0);
  const pick = aliasTable(sources.map((source) => source.rate));
  const end = total > 0 ? own * HOURS_PER_YEAR : 0;
  const gap = 1 / total;
  for (let now = rng.exponential(gap); now < end; now += rng.exponential(gap)) {
    const source = sources[pick(rng.uniform())];
    if (!source) continue;
    if (source.shock) {
      if (source.until > now) continue;
      const { mean, bridge, restart } = source.shock;
      const lasts = length(mean);
      if (lasts <= bridge) continue;
      source.until = now + lasts - bridge + restart;
      strikeBlock(source.block, now, source.until, rng);
    } else {
      const until = strikeUnit(source.live, source.mode, now, rng, length);
      if (until > now) strikeBlock(source.block, now, until, rng);
    }
  }
  return { services: tallies.map((tally) => tally.finish()), totalLoss };
}
