import { readFileSync } from "node:fs";
import jStat from "jstat";
import { median } from "simple-statistics";
import { z } from "zod";
import { parseYaml } from "../cluster/load.ts";
import type { Policy } from "./defaults.ts";
import { policyDefaults } from "./defaults.ts";
import type { Plan } from "./schema.ts";
import type { Range } from "./units.ts";

/**
 * What the running cluster has shown: its policy, its nodes and the history of its drills. The file is JSON;
 * its shape is documented in docs/planning.md.
 */

const milliseconds = z.number("must be milliseconds, such as 190").nonnegative("can not be negative");

const drill = z.strictObject({
  at: z.iso.datetime("must be a time such as 2026-11-21T02:00:00Z"),
  /** What was broken: host, network, kamailio, database, planned … */
  fault: z.string().min(1),
  passed: z.boolean(),
  /** Detection, boot, initialisation, take-over (f) and all together (z), as measured. */
  d_ms: milliseconds.optional(),
  b_ms: milliseconds.optional(),
  i_ms: milliseconds.optional(),
  f_ms: milliseconds.optional(),
  z_ms: milliseconds.optional(),
  calls_lost: z.int().nonnegative().optional(),
  records_missing: z.int().nonnegative().optional(),
});

export const evidenceSchema = z.strictObject({
  evidence: z.literal(1, "must be 1, the version of this format"),
  cluster: z.string().min(1),
  taken: z.iso.datetime("must be a time such as 2026-11-21T02:00:00Z"),
  /** The equipment of the plan that this cluster is. */
  equipment: z.string().min(1),
  policy: z.enum(Object.keys(policyDefaults) as [Policy, ...Policy[]]),
  nodes: z.int().min(1).max(9),
  arbiter: z.boolean(),
  /** Failures seen in real life, if they are counted. */
  failures: z.strictObject({ since: z.iso.datetime(), count: z.int().nonnegative() }).optional(),
  drills: z.array(drill),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** @throws ConfigError with the line of each fault */
export const parseEvidence = (text: string, file: string): Evidence => parseYaml(text, file, evidenceSchema);

export const loadEvidence = (file: string): { text: string; evidence: Evidence } => {
  const text = readFileSync(file, "utf8");
  return { text, evidence: parseEvidence(text, file) };
};

/** 90 % interval of a chance of which `good` of `all` trials succeeded (Clopper & Pearson 1934, exact). */
export function chanceInterval(good: number, all: number): Range {
  return {
    low: good === 0 ? 0 : jStat.beta.inv(0.05, good, all - good + 1),
    high: good === all ? 1 : jStat.beta.inv(0.95, good + 1, all - good),
  };
}

/** 90 % interval of a yearly rate of which `count` events were seen in `years` (Garwood 1936, exact). */
export function rateInterval(count: number, years: number): Range {
  return {
    low: count === 0 ? 0 : jStat.chisquare.inv(0.05, 2 * count) / 2 / years,
    high: jStat.chisquare.inv(0.95, 2 * count + 2) / 2 / years,
  };
}

const spanOf = (values: number[]): Range | undefined =>
  values.length === 0 ? undefined : { low: Math.min(...values) / 1000, high: Math.max(...values) / 1000 };

/** The plan with measured values in place of assumed ones. @throws Error when the plan does not know the equipment */
export function withEvidence(plan: Plan, evidence: Evidence): Plan {
  const equipment = plan.equipment[evidence.equipment];
  if (!equipment)
    throw new Error(
      `the cluster's file speaks of '${evidence.equipment}', which the plan does not have under equipment: write one of ${Object.keys(plan.equipment).join(", ")}`,
    );
  const measured = (field: "d_ms" | "b_ms" | "i_ms") =>
    spanOf(
      evidence.drills.flatMap((each) => (each.passed && each[field] !== undefined ? [each[field]] : [])),
    );
  const [detect, boot, initialise] = [measured("d_ms"), measured("b_ms"), measured("i_ms")];
  const passed = evidence.drills.filter((each) => each.passed).length;
  const redundant = evidence.nodes > equipment.needed;
  const { policy: _policy, ...common } = equipment;
  return {
    ...plan,
    equipment: {
      ...plan.equipment,
      [evidence.equipment]: {
        ...common,
        units: Math.max(evidence.nodes, equipment.needed),
        ...(redundant && { policy: evidence.policy }),
        arbiter: evidence.arbiter,
        ...(detect && { detect }),
        ...(boot && { boot }),
        ...(initialise && { initialise }),
        ...(evidence.drills.length > 0 && { takeover_works: chanceInterval(passed, evidence.drills.length) }),
      },
    },
  };
}

export interface Comparison {
  what: string;
  predicted: string;
  measured: string;
  verdict: "as predicted" | "better" | "worse" | "not proven";
  words: string;
}

/** Prediction against measurement, line by line. `now` decides how old the last drill is. */
export function compareEvidence(plan: Plan, evidence: Evidence, now: Date): Comparison[] {
  const equipment = plan.equipment[evidence.equipment];
  if (!equipment) return [];
  const usual = policyDefaults[equipment.policy ?? evidence.policy];
  const lines: Comparison[] = [];
  const text = (seconds: number) =>
    seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(1)} s`;
  const passed = evidence.drills.filter((each) => each.passed);
  const time = (
    what: string,
    predicted: Range,
    field: "d_ms" | "b_ms" | "i_ms" | "f_ms" | "z_ms",
    words: string,
  ) => {
    const values = passed.flatMap((each) => (each[field] === undefined ? [] : [each[field] / 1000]));
    const range =
      predicted.low === predicted.high
        ? text(predicted.low)
        : `${text(predicted.low)} to ${text(predicted.high)}`;
    if (values.length === 0) {
      lines.push({
        what,
        predicted: range,
        measured: "–",
        verdict: "not proven",
        words: `${words}: no drill has measured it`,
      });
      return;
    }
    const worst = Math.max(...values);
    // Half a second is within what calls do not notice: a measured f of 60 ms does not refute "f = 0".
    const verdict =
      worst > predicted.high + 0.5 ? "worse" : worst < predicted.low ? "better" : "as predicted";
    const measured = `median ${text(median(values))}, worst ${text(worst)} of ${values.length}`;
    lines.push({ what, predicted: range, measured, verdict, words });
  };
  const d = equipment.detect ?? usual.d;
  const b = equipment.boot ?? usual.b;
  const i = equipment.initialise ?? usual.i;
  const sum = (...ranges: Range[]): Range => ({
    low: ranges.reduce((total, range) => total + range.low, 0),
    high: ranges.reduce((total, range) => total + range.high, 0),
  });
  time("d, detection", d, "d_ms", "time until the failure is noticed");
  time("b, boot", b, "b_ms", "time until the stand-by runs");
  time("i, initialisation", i, "i_ms", "time until it has its state");
  time("f = b + i, take-over", sum(b, i), "f_ms", "time from notice to service");
  time("z = d + f", sum(d, b, i), "z_ms", "time that callers wait");
  const works = equipment.takeover_works ?? usual.works;
  const percent = (value: number) => `${(value * 100).toFixed(0)} %`;
  const all = evidence.drills.length;
  const interval = chanceInterval(passed.length, all || 1);
  lines.push({
    what: "take-over works",
    predicted: `${percent(works.low)} to ${percent(works.high)}`,
    measured:
      all === 0
        ? "no drill"
        : `${passed.length} of ${all} (90 %: ${percent(interval.low)} to ${percent(interval.high)})`,
    verdict:
      all === 0 || interval.low < works.low
        ? interval.high < works.low
          ? "worse"
          : "not proven"
        : "as predicted",
    words:
      all === 0
        ? "no drill was ever made: everything that rests on the take-over is unproven"
        : interval.low < works.low && interval.high >= works.low
          ? `too few drills to prove ${percent(works.low)}: ${drillsNeeded(works.low)} without a failure would`
          : "chance that a take-over works when it is needed",
  });
  lines.push(ageLine(equipment.tested, evidence, now));
  if (
    equipment.policy !== evidence.policy ||
    equipment.units !== evidence.nodes ||
    equipment.arbiter !== evidence.arbiter
  )
    lines.push({
      what: "set-up",
      predicted: `${equipment.units} × ${equipment.policy ?? "single"}${equipment.arbiter ? " with arbiter" : ""}`,
      measured: `${evidence.nodes} × ${evidence.policy}${evidence.arbiter ? " with arbiter" : ""}`,
      verdict: "worse",
      words: "the cluster is not what the plan says: change one of them",
    });
  const missing = evidence.drills
    .flatMap((each) => each.records_missing ?? [])
    .reduce((total, each) => total + each, 0);
  if (evidence.drills.some((each) => each.records_missing !== undefined))
    lines.push({
      what: "records lost in drills",
      predicted: "0",
      measured: String(missing),
      verdict: missing === 0 ? "as predicted" : "worse",
      words: "acknowledged records missing after a drill",
    });
  if (evidence.failures) {
    const years = (Date.parse(evidence.taken) - Date.parse(evidence.failures.since)) / 31_536_000_000;
    const seen = rateInterval(evidence.failures.count, years);
    lines.push({
      what: "failures in real life",
      predicted: "see the assumptions",
      measured: `${evidence.failures.count} in ${years.toFixed(1)} years (90 %: ${seen.low.toFixed(2)} to ${seen.high.toFixed(2)} a year)`,
      verdict: "not proven",
      words:
        "put this range into the plan under 'fails' and 'crashes' when it is narrower than what stands there",
    });
  }
  return lines;
}

/** Drills without a failure until the lower 90 % bound reaches `wanted`: wantedⁿ ≤ 5 %. */
export const drillsNeeded = (wanted: number): number => Math.ceil(Math.log(0.05) / Math.log(wanted));

function ageLine(tested: Range | undefined, evidence: Evidence, now: Date): Comparison {
  const wanted = tested ? `every ${Math.round(tested.high / 86_400)} days` : "no interval in the plan";
  const last = evidence.drills.map((each) => Date.parse(each.at)).sort((a, b) => b - a)[0];
  if (last === undefined)
    return {
      what: "time since the last drill",
      predicted: wanted,
      measured: "never",
      verdict: "not proven",
      words: "no drill was ever made",
    };
  const age = (now.getTime() - last) / 1000;
  const late = tested === undefined || age > tested.high;
  return {
    what: "time since the last drill",
    predicted: wanted,
    measured: `${(age / 86_400).toFixed(1)} days`,
    verdict: late ? "not proven" : "as predicted",
    words: late
      ? "the last drill is older than the plan allows: what it proved may have rotted"
      : "drilled in time",
  };
}
