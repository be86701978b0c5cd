import { median } from "simple-statistics";
import type { Equipment, Plan } from "./checked-plan.ts";
import { equipmentDefaults, policyDefaults } from "./defaults.ts";
import { chanceInterval, type Evidence, rateInterval } from "./evidence.ts";
import type { Range } from "./units.ts";

/** Prediction against measurement: which promise is proven, and which is not. Pure. */

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
    // Drills that measure f = b + i as a whole say enough of its parts.
    const whole = (field === "b_ms" || field === "i_ms") && passed.some((each) => each.f_ms !== undefined);
    if (values.length === 0 && whole) return;
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
  if (evidence.failures) lines.push(failureLine(equipment, evidence, evidence.failures));
  return lines;
}

/** Drills without a failure until the lower 90 % bound reaches `wanted`: wantedⁿ ≤ 5 %. */
export const drillsNeeded = (wanted: number): number => Math.ceil(Math.log(0.05) / Math.log(wanted));

function failureLine(
  equipment: Equipment,
  evidence: Evidence,
  { since, count }: NonNullable<Evidence["failures"]>,
): Comparison {
  const years = (Date.parse(evidence.taken) - Date.parse(since)) / 31_536_000_000;
  const seen = rateInterval(count, years);
  const usual = equipmentDefaults[equipment.kind];
  const rate = (end: "low" | "high") =>
    equipment.units * ((equipment.fails ?? usual.fails)[end] + (equipment.crashes ?? usual.crashes)[end]);
  const [low, high] = [rate("low"), rate("high")];
  const verdict = seen.low > high ? "worse" : seen.high < low ? "better" : "as predicted";
  return {
    what: "failures in real life",
    predicted: `${low.toFixed(2)} to ${high.toFixed(2)} a year`,
    measured: `${count} in ${years.toFixed(1)} years (90 %: ${seen.low.toFixed(2)} to ${seen.high.toFixed(2)} a year)`,
    verdict,
    words:
      verdict === "as predicted"
        ? "what was seen fits what the plan assumes"
        : "the plan assumes another rate: put what was seen under 'fails' and 'crashes'",
  };
}

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
