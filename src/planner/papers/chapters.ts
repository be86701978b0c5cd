import { type Answers, alternativeName } from "../answers.ts";
import type { Plan } from "../checked-plan.ts";
import { hoursText, rangeText, shareText, timeText, windowText } from "../format.ts";
import { bullets, escaped as e, page, table } from "./markdown.ts";

/** The chapters of the specification. Markdown; pure. */

type Money = (amount: number) => string;

export function summary(plan: Plan, answers: Answers, money: Money): string {
  const main = answers.businessCases.find((each) => each.group === answers.mainGroup);
  const best = main?.alternatives.find((each) => each.id === main.best);
  const keeping = main?.alternatives.find((each) => each.id === main.bestKeeping);
  const broken = answers.promises.filter((check) => !check.holds).map((check) => `**${e(check.service)}**`);
  const [first] = answers.contributions;
  const [step] = answers.improvements;
  return bullets(
    [
      `Outages cost ${e(plan.company)} about **${money(answers.simulation.lossPerYear.mean)} a year**; one year in ten it is ${money(answers.simulation.lossWorstYearIn10)} or more. What we do not know exactly makes this ${money(answers.spread.lossPerYear.low)} to ${money(answers.spread.lossPerYear.high)}.`,
      first &&
        `The largest single cause is **${e(first.from)}: ${first.cause}** with ${shareText(first.share)} of the loss.`,
      step &&
        `The next pound is spent best on **${e(step.what)}**: it costs ${money(step.cost)} and saves ${money(step.saves)} a year${step.net > 0 ? "" : ", so even this does not pay for itself; do nothing more for the money alone"}.`,
      best &&
        `For **${e(main?.group ?? "")}** the cheapest way in all is **${best.name.toLowerCase()}** (${money(best.total)} a year with the losses)${best.planned ? ", as we have it" : ""}.${keeping ? ` It does not keep the promise, since one failure takes ${timeText(best.z)}: ${keeping.name.toLowerCase()} does, for ${money(keeping.total - best.total)} a year more.` : ""}`,
      broken.length > 0
        ? `Promises that do **not** hold as things are: ${broken.join(", ")}. Chapter 2 says what would have to change.`
        : "All promises hold.",
      answers.unproven.length > 0 && `**Not proven:** ${answers.unproven.map(e).join(" ")}`,
      answers.evidence &&
        answers.evidence.unproven.length > 0 &&
        `**Measured, but not proven:** ${answers.evidence.unproven.map(e).join("; ")}.`,
    ].filter((item) => typeof item === "string"),
  );
}

const lossWords = (plan: Plan, name: string, money: Money): string => {
  const loss = plan.services[name]?.loss;
  if (!loss) return "";
  const span = (low: number, high: number) => (low === high ? money(low) : `${money(low)} to ${money(high)}`);
  return `${span(loss.per_minute.low * 60, loss.per_minute.high * 60)} an hour${loss.per_outage ? ` and ${span(loss.per_outage.low, loss.per_outage.high)} each time` : ""}`;
};

export function services(plan: Plan, answers: Answers, money: Money): string {
  return table(
    [
      "Service",
      "What for",
      "Class",
      "An outage in busy hours costs",
      "Down a year",
      "Outages a year",
      "Worst year in ten",
      "Loss a year",
    ],
    answers.simulation.services.map((each) => {
      const service = plan.services[each.id];
      return [
        `**${e(each.id)}**`,
        e(service?.about ?? ""),
        service?.class ?? "",
        lossWords(plan, each.id, money),
        hoursText(each.hoursPerYear.mean),
        each.outagesPerYear.mean.toFixed(1),
        hoursText(each.worstYearIn10),
        money(each.lossPerYear.mean),
      ];
    }),
  );
}

export function promises(answers: Answers): string {
  return answers.promises
    .map((check) => {
      const wanted = [
        check.x !== undefined &&
          check.y !== undefined &&
          `not unavailable for more than ${timeText(check.x)} in any ${windowText(check.y)}`,
        check.recoverWithin !== undefined &&
          `back within ${timeText(check.recoverWithin)} after a failure of our equipment`,
        check.survivesWanted !== undefined &&
          `survives ${check.survivesWanted} simultaneous ${check.survivesWanted === 1 ? "failure" : "failures"}`,
      ].filter((part) => part !== false);
      if (wanted.length === 0) return `### ${e(check.service)}: no promise`;
      return page(
        `### ${e(check.service)}: ${check.holds ? "the promise holds" : "the promise does not hold"}`,
        `Promised: ${wanted.join("; ")}.`,
        table(
          ["Runs on", "Policy", "d", "b", "i", "f = b + i", "z = d + f", "Zero", "floor(x/z)", "Spare"],
          check.links.map((link) => {
            const has = link.policy !== undefined;
            return [
              e(link.equipment),
              link.policy ?? "no spare: repair",
              has ? timeText(link.d) : "–",
              has ? timeText(link.b) : "–",
              has ? timeText(link.i) : "–",
              timeText(link.f),
              timeText(link.z),
              link.zero.join(", ") || "none",
              link.tolerated === undefined
                ? "–"
                : Number.isFinite(link.tolerated)
                  ? link.tolerated
                  : "any number",
              link.spare,
            ];
          }),
        ),
        check.reasons.length > 0 && bullets(check.reasons.map(e)),
        check.changes.length > 0 && "What would have to change, what breaks it most often first:",
        check.changes.length > 0 && bullets(check.changes.map(e)),
      ).trimEnd();
    })
    .join("\n\n");
}

export function business(answers: Answers, money: Money): string {
  return answers.businessCases
    .map((each) =>
      page(
        `### ${e(each.group)} (carries ${each.services.map(e).join(", ") || "nothing"})`,
        each.group === answers.mainGroup &&
          "![Cost and expected loss a year of each alternative](pictures/cost.svg)",
        table(
          [
            "Alternative",
            "Cost a year",
            "Expected loss a year",
            "In all",
            "One failure takes",
            "Within the promises",
          ],
          each.alternatives.map((option) => [
            `${option.id === each.best ? `**${option.name}**` : option.name}${option.planned ? " (now)" : ""}`,
            money(option.cost),
            money(option.loss),
            option.id === each.best ? `**${money(option.total)}**` : money(option.total),
            timeText(option.z),
            option.keeps ? "yes" : "no",
          ]),
        ),
        bullets(
          each.rules.map(
            (rule) =>
              `Rule of thumb for ${rule.hours} h: one such outage costs ${money(rule.outageLoss)}, ${rule.times.toFixed(1)} times the server's ${money(rule.serverCost)}: ${rule.cluster ? "more than three times, so a cluster" : "not more than three times, so a cold spare with backups"}.`,
          ),
        ),
        e(each.words),
        ...each.notCosted.map(e),
      ).trimEnd(),
    )
    .join("\n\n");
}

export function dependsOn(answers: Answers, money: Money): string {
  const name = (id: Parameters<typeof alternativeName>[1]) => alternativeName(answers.businessCases, id);
  const changing = answers.sensitivity.filter((each) => each.changesAdvice);
  return page(
    changing.length === 0
      ? `No single assumption, moved to either end of its range, changes the advice for ${e(answers.mainGroup ?? "")}.`
      : `These assumptions change the advice for ${e(answers.mainGroup ?? "")}. Find out more about them before you sign:`,
    changing.length > 0 &&
      table(
        ["Assumption", "Range", "At the low end, best is", "At the high end"],
        changing.map((each) => [
          e(each.assumption.id),
          rangeText(each.assumption),
          name(each.low),
          name(each.high),
        ]),
      ),
    "What moves the expected loss most:",
    table(
      ["Assumption", "Range", "Loss at the low end", "At the high end"],
      answers.sensitivity
        .slice(0, 8)
        .map((each) => [
          e(each.assumption.id),
          rangeText(each.assumption),
          `${money(each.lossLow)} a year`,
          `${money(each.lossHigh)} a year`,
        ]),
    ),
  ).trimEnd();
}

export function proof(answers: Answers): string {
  if (!answers.evidence)
    return page(
      "No measurements were given: every figure here is a prediction. Give the drills of the running cluster with `--from-cluster`.",
      answers.unproven.length > 0 && bullets(answers.unproven.map(e)),
    ).trimEnd();
  return page(
    `Cluster **${e(answers.evidence.cluster)}**, as of ${answers.evidence.taken}. The figures of this paper use what was measured.`,
    table(
      ["", "Predicted", "Measured", "Verdict", "Note"],
      answers.evidence.lines.map((line) => [
        line.what,
        line.predicted,
        line.measured,
        `**${line.verdict}**`,
        e(line.words),
      ]),
    ),
    answers.unproven.length > 0 && bullets(answers.unproven.map(e)),
  ).trimEnd();
}

/** Assumptions of one source, the same value for several things in one line. */
export function sourced(answers: Answers): string {
  const bySource = new Map<string, Map<string, string[]>>();
  for (const each of answers.assumptions) {
    if (!each.source) continue;
    const parts = each.id.split(".");
    const field = parts.slice(2).join(".").replaceAll("_", " ") || each.id;
    const values = bySource.get(each.source) ?? new Map<string, string[]>();
    bySource.set(each.source, values);
    const key = `**${e(field)}** ${rangeText(each)}`;
    values.set(key, [...(values.get(key) ?? []), parts[1] ?? ""]);
  }
  return table(
    ["Assumed, since the plan does not say", "Source"],
    [...bySource].map(([source, values]) => [
      [...values].map(([key, names]) => `${key} (${names.map(e).join(", ")})`).join("; "),
      e(source),
    ]),
  );
}
