import Table from "cli-table3";
import { type Answers, alternativeName } from "./answers.ts";
import { hoursText, moneyFormat, rangeText, shareText, timeText, windowText } from "./format.ts";
import { explainHours, nines, percentText } from "./nines.ts";

/** The answers as text for a terminal: each with its reasoning in words and its formula. Pure. */

const table = (head: string[], rows: (string | number)[][]): string => {
  const drawn = new Table({ head, style: { head: [], border: [] }, wordWrap: true });
  drawn.push(...rows);
  return drawn.toString();
};
const title = (text: string) => `\n${text}\n${"─".repeat(text.length)}`;

function availability(answers: Answers, money: (amount: number) => string): string[] {
  const rows = answers.simulation.services.map((simulated, index) => {
    const closed = answers.services[index];
    const range = answers.spread.services[index]?.availability;
    return [
      simulated.id,
      `${percentText(simulated.availability.mean)} (${nines(simulated.availability.mean)} nines)`,
      range ? `${percentText(range.low)} to ${percentText(range.high)}` : "",
      `${hoursText(simulated.hoursPerYear.mean)} ± ${hoursText(simulated.hoursPerYear.mean - simulated.hoursPerYear.low)}`,
      hoursText(closed?.hoursPerYear ?? 0),
      simulated.outagesPerYear.mean.toFixed(1),
      hoursText(simulated.worstYearIn10),
      money(simulated.lossPerYear.mean),
    ];
  });
  return [
    title("1. Availability of the whole chain"),
    "Everything a service needs is in series: A = A₁ × A₂ × …; what has a spare is in parallel, with common causes,",
    "mistakes, split brain and take-overs that fail. Each single A = MTBF / (MTBF + MTTR).",
    table(
      [
        "Service",
        "Availability",
        "90 % range from the uncertain inputs",
        "Down a year (simulated, 95 %)",
        "Closed form",
        "Outages a year",
        "Worst year in ten",
        "Loss a year",
      ],
      rows,
    ),
    `Simulated: ${answers.simulation.years.toLocaleString("en-GB")} years, seed ${answers.simulation.seed}. All services: ${money(answers.simulation.lossPerYear.mean)} a year, ` +
      `${money(answers.simulation.lossWorstYearIn10)} in the worst year of ten.`,
    explainHours(4),
  ];
}

function promises(answers: Answers): string[] {
  const lines = answers.promises.flatMap((check) => {
    const wanted = [
      check.x !== undefined && check.y !== undefined
        ? `not unavailable for more than ${timeText(check.x)} in any ${windowText(check.y)}`
        : undefined,
      check.recoverWithin === undefined ? undefined : `recover within ${timeText(check.recoverWithin)}`,
      check.survivesWanted === undefined ? undefined : `survive ${check.survivesWanted} at the same time`,
    ].filter((part) => part !== undefined);
    if (wanted.length === 0) return [];
    const rows = check.links.map((link) => [
      link.equipment,
      link.policy ?? "no spare: repair",
      link.policy ? timeText(link.d) : "–",
      link.policy ? timeText(link.b) : "–",
      link.policy ? timeText(link.i) : "–",
      timeText(link.z),
      link.zero.join(", ") || "none",
      link.tolerated === undefined ? "–" : Number.isFinite(link.tolerated) ? link.tolerated : "any number",
      link.spare,
    ]);
    return [
      `\n${check.service}: ${wanted.join("; ")}  →  ${check.holds ? "HOLDS" : "DOES NOT HOLD"}`,
      table(["Equipment", "Policy", "d", "b", "i", "z", "Zero", "floor(x/z)", "Spare"], rows),
      ...check.reasons.map((reason) => `  · ${reason}`),
      ...(check.changes.length > 0 ? ["  What would have to change, what breaks it most often first:"] : []),
      ...check.changes.map((change, index) => `    ${index + 1}. ${change}`),
    ];
  });
  return [
    title("2. Promises"),
    "z = d + f: detection, then take-over; f = b + i: boot, then initialise. Failures borne in a window = floor(x/z).",
    ...lines,
  ];
}

function business(answers: Answers, money: (amount: number) => string): string[] {
  return [
    title("3. The business case"),
    "Yearly cost + expected loss of all services = total; the smallest total is the advice.",
    ...answers.businessCases.flatMap((each) => [
      `\n${each.group} (carries ${each.services.join(", ") || "nothing"})`,
      table(
        [
          "",
          "Alternative",
          "Cost a year",
          "Expected loss",
          "Total",
          "One failure (z)",
          "z within the promises",
        ],
        each.alternatives.map((option) => [
          `${option.id === each.best ? "best" : ""}${option.planned ? " (now)" : ""}`,
          option.name,
          money(option.cost),
          money(option.loss),
          money(option.total),
          timeText(option.z),
          option.keeps ? "yes" : "no",
        ]),
      ),
      ...each.rules.map(
        (rule) =>
          `  Rule of thumb, ${rule.hours} h: one outage costs ${money(rule.outageLoss)} = ${rule.times.toFixed(1)} × the server (${money(rule.serverCost)}): ${rule.cluster ? "more than 3 ×, a cluster" : "not more than 3 ×, a cold spare and backups"}.`,
      ),
      `  ${each.words}`,
      ...each.notCosted.map((note) => `  ${note}`),
    ]),
  ];
}

function advice(answers: Answers, money: (amount: number) => string): string[] {
  const changing = answers.sensitivity.filter((each) => each.changesAdvice);
  const name = (id: Parameters<typeof alternativeName>[1]) => alternativeName(answers.businessCases, id);
  return [
    title("4. Where the next pound goes"),
    table(
      ["What causes loss", "Minutes a year", "Loss a year", "Share"],
      answers.contributions
        .slice(0, 10)
        .map((each) => [
          `${each.from}: ${each.cause}`,
          each.minutesPerYear.toFixed(1),
          money(each.lossPerYear),
          shareText(each.share),
        ]),
    ),
    table(
      ["Step", "Costs a year", "Saves a year", "Net"],
      answers.improvements
        .slice(0, 8)
        .map((each) => [each.what, money(each.cost), money(each.saves), money(each.net)]),
    ),
    ...answers.outside.map(
      (each) =>
        `  ${each.service}: ${each.words} (own ${each.ownMinutes.toFixed(0)} min, ${each.outside} ${each.outsideMinutes.toFixed(0)} min a year).`,
    ),
    title("5. What the advice depends on"),
    changing.length === 0
      ? `No single assumption, moved to either end of its range, changes the advice for '${answers.mainGroup}'.`
      : `These assumptions change the advice for '${answers.mainGroup}' (best: ${name(answers.businessCases.find((each) => each.group === answers.mainGroup)?.best)}):`,
    ...changing.map(
      (each) =>
        `  · ${each.assumption.id} (${rangeText(each.assumption)}): low → ${name(each.low)}, high → ${name(each.high)}`,
    ),
    "Largest effect on the expected loss, low end to high end:",
    ...answers.sensitivity
      .slice(0, 5)
      .map(
        (each) =>
          `  · ${each.assumption.id} (${rangeText(each.assumption)}): ${money(each.lossLow)} to ${money(each.lossHigh)} a year`,
      ),
  ];
}

function data(answers: Answers): string[] {
  return [
    title("6. Data: what can be lost at most"),
    table(
      ["Service", "Data", "Program crash", "One machine", "All lose power", "Place burns", "Deleted"],
      answers.exposures.map((each) => [
        each.service,
        each.data,
        ...Object.values(each.worst).map((worst) => timeText(worst.seconds)),
      ]),
    ),
    `UPS: ${answers.ups.words}${answers.ups.enough === false ? ": NOT ENOUGH" : answers.ups.enough ? ": enough" : ""}.`,
    title("7. Order of recovery"),
    table(
      ["", "Service", "Class", "Who", "After", "Works after", "Target", ""],
      answers.recovery.map((step, index) => [
        index + 1,
        step.service,
        step.urgency === step.class ? step.class : `${step.class}, recovered as ${step.urgency}`,
        step.who,
        step.after.join(", ") || "–",
        timeText(step.ends),
        step.target === undefined ? "–" : timeText(step.target),
        step.inTime === undefined ? "" : step.inTime ? "in time" : "TOO LATE",
      ]),
    ),
  ];
}

function proof(answers: Answers): string[] {
  const lines = [title("8. What is proven")];
  if (answers.evidence)
    lines.push(
      `Cluster '${answers.evidence.cluster}', as of ${answers.evidence.taken}; the figures above use what it measured.`,
      table(
        ["", "Predicted", "Measured", "Verdict"],
        answers.evidence.lines.map((line) => [line.what, line.predicted, line.measured, line.verdict]),
      ),
      ...answers.evidence.unproven.map((each) => `  · ${each}`),
    );
  else lines.push("No measurements were given (--from-cluster FILE): all figures are predictions.");
  lines.push(...answers.unproven.map((each) => `  · ${each}`));
  return lines;
}

/** The whole answer for a terminal. */
export function terminalText(answers: Answers): string {
  const money = moneyFormat(answers.currency);
  const bad = answers.promises.filter((check) => !check.holds).map((check) => check.service);
  const main = answers.businessCases.find((each) => each.group === answers.mainGroup);
  const best = main?.alternatives.find((each) => each.id === main.best);
  const [step] = answers.improvements;
  const head = [
    `${answers.company}`,
    `  Expected loss: ${money(answers.simulation.lossPerYear.mean)} a year (${money(answers.simulation.lossWorstYearIn10)} in the worst year of ten); with the uncertain inputs ${money(answers.spread.lossPerYear.low)} to ${money(answers.spread.lossPerYear.high)}.`,
    main && best
      ? `  ${main.group}: ${best.name.toLowerCase()} is best (${money(best.total)} a year in all${best.planned ? ", as planned" : ""}).`
      : "",
    step
      ? `  Next: ${step.what}: costs ${money(step.cost)}, saves ${money(step.saves)} a year${step.net > 0 ? "" : " (no step pays for itself)"}.`
      : "",
    bad.length > 0 ? `  Promises that do not hold: ${bad.join(", ")}.` : "  All promises hold.",
  ].filter((line) => line !== "");
  return [
    ...head,
    ...availability(answers, money),
    ...promises(answers),
    ...business(answers, money),
    ...advice(answers, money),
    ...data(answers),
    ...proof(answers),
    "",
  ].join("\n");
}
