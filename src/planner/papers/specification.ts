import type { Answers } from "../answers.ts";
import type { Plan } from "../checked-plan.ts";
import { faults } from "../exposure.ts";
import { moneyFormat, oftenText, timeText } from "../format.ts";
import { explainHours, percentText } from "../nines.ts";
import { business, dependsOn, promises, proof, services, sourced, summary } from "./chapters.ts";
import { bullets, escaped as e, page, table } from "./markdown.ts";

/** The specification for business people: what is promised, what it costs, what it is worth. Markdown; pure. */

/** Writes the specification. `stamp` says from what it was made. */
export function specification(plan: Plan, answers: Answers, stamp: string): string {
  const money = moneyFormat(answers.currency);
  return page(
    `# Availability of our services: ${e(plan.company)}`,
    `*${e(stamp)}*`,
    "## In short",
    summary(plan, answers, money),
    "## 1. What each service is worth, and how long it will be down",
    services(plan, answers, money),
    `Found by simulating ${answers.simulation.years.toLocaleString("en-GB")} years (seed ${answers.simulation.seed}); the formulas give the same within their errors. ${e(explainHours(4))}`,
    table(
      [
        "Service",
        "Availability",
        "90 % range from what we do not know",
        "By formula",
        "By simulation (95 %)",
      ],
      answers.simulation.services.map((each, index) => {
        const range = answers.spread.services[index]?.availability;
        return [
          e(each.id),
          percentText(each.availability.mean),
          range ? `${percentText(range.low)} to ${percentText(range.high)}` : "",
          `${((answers.services[index]?.hoursPerYear ?? 0) * 60).toFixed(1)} min`,
          `${(each.hoursPerYear.low * 60).toFixed(1)} to ${(each.hoursPerYear.high * 60).toFixed(1)} min`,
        ];
      }),
    ),
    "![Outages by length](pictures/outages.svg)",
    "![What needs what](pictures/dependencies.svg)",
    "## 2. What we promise",
    "z is the time that one failure costs: z = d + f (detection, then take-over), f = b + i (boot, then initialise). A service that may be away for x in any y bears floor(x/z) failures in that time.",
    promises(answers),
    "## 3. What it costs: the business case",
    "The least sum of yearly cost and expected loss is the best way. The rule of thumb (a cluster only if one long outage costs more than three times a single server) stands beside it.",
    business(answers, money),
    "## 4. Where the next pound goes",
    "![What causes loss](pictures/contributions.svg)",
    table(
      ["Step", "Costs a year", "Saves a year", "Net"],
      answers.improvements
        .slice(0, 8)
        .map((each) => [e(each.what), money(each.cost), money(each.saves), money(each.net)]),
    ),
    "Outside things set a limit: there is no point in being more than ten times better than the least reliable of them.",
    bullets(
      answers.outside.map(
        (each) =>
          `**${e(each.service)}**: ${e(each.words)} (our part is down ${each.ownMinutes.toFixed(0)} min a year, ${e(each.outside)} ${each.outsideMinutes.toFixed(0)} min).`,
      ),
    ),
    "## 5. What the advice depends on",
    dependsOn(answers, money),
    "## 6. Data that can be lost at most",
    table(
      ["Service", "Data", ...faults.map((fault) => fault[0]?.toUpperCase() + fault.slice(1))],
      answers.exposures.map((each) => [
        e(each.service),
        e(each.data),
        ...faults.map((fault) => timeText(each.worst[fault].seconds)),
      ]),
    ),
    `UPS: ${e(answers.ups.words)}${answers.ups.enough === false ? ": **not enough**" : answers.ups.enough ? ": enough" : ""}.`,
    "## 7. What is proven",
    proof(answers),
    "## 8. What this leaves out",
    bullets([
      "Attacks, fire and flood as causes of outages (the continuity plan says what is lost, and how to go on).",
      "Planned maintenance: with a stand-by it needs no outage, without one it is your choice of hour.",
      "Failures that come together for reasons nobody thought of. Every figure here is more likely too good than too bad.",
      `Repair times vary around their mean (${plan.repair_times}); failures come by chance, at the same rate all year, day and night.`,
    ]),
    "## 9. Assumptions and their sources",
    sourced(answers),
    `Seldom or often: ${oftenText(0.1)} is a rate of 0.1 a year.`,
  );
}
