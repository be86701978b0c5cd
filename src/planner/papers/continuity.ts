import type { Answers } from "../answers.ts";
import { closure } from "../build.ts";
import type { Plan } from "../checked-plan.ts";
import { type DataFault, faults } from "../exposure.ts";
import { timeText } from "../format.ts";
import { bullets, escaped as e, page, steps, table } from "./markdown.ts";

/** The continuity and disaster-recovery plan: who does what in which order, for a bad day. Markdown; pure. */

const nameOf = (plan: Plan, who: string) => plan.people[who]?.name ?? who;

const people = (plan: Plan): string =>
  table(
    ["Who", "Role", "Telephone", "Acts within"],
    Object.values(plan.people).map((person) => [
      `**${e(person.name)}**`,
      e(person.role ?? ""),
      `**${e(person.phone)}**`,
      timeText(person.responds.high),
    ]),
  );

const outsideNumbers = (plan: Plan): string =>
  table(
    ["Outside", "What", "Call", "Contract", "Away for (typically)"],
    Object.entries(plan.outside).map(([name, each]) => [
      `**${e(name)}**`,
      e(each.about),
      e(each.call ?? "number missing: put it under 'call'"),
      e(each.contract ?? "–"),
      each.outage ? `${timeText(each.outage.low)} to ${timeText(each.outage.high)}` : "–",
    ]),
  );

const order = (plan: Plan, answers: Answers): string =>
  table(
    ["", "Service", "Class", "Who", "After", "Works after", "Target"],
    answers.recovery.map((step, index) => [
      index + 1,
      `**${e(step.service)}**`,
      step.class === step.urgency ? step.class : `${step.class} (needed by ${step.urgency} ones)`,
      e(nameOf(plan, step.who)),
      step.after.map(e).join(", ") || "–",
      timeText(step.ends),
      step.target === undefined ? "–" : `${timeText(step.target)}${step.inTime ? "" : " – **too late**"}`,
    ]),
  );

function service(plan: Plan, answers: Answers, name: string): string {
  const each = plan.services[name];
  if (!each) return "";
  const { leaves, choices } = closure(plan, each.needs);
  const named = new Set([...leaves, ...choices.flatMap((choice) => choice.any_of)]);
  const equipment = [...named].filter((leaf) => leaf in plan.equipment);
  const lost = answers.exposures.filter((exposure) => exposure.service === name);
  const worst = (fault: DataFault) =>
    lost.map((exposure) => `${e(exposure.data)}: ${timeText(exposure.worst[fault].seconds)}`).join("; ");
  return page(
    `### ${e(name)}: ${e(each.about)}`,
    each.workaround
      ? `**Until it works:** ${e(each.workaround.what)} (in place after ${timeText(each.workaround.after.high)}).`
      : "**Until it works:** there is no work-around.",
    `**${e(nameOf(plan, each.recovery.who))}** does, in ${timeText(each.recovery.takes.high)}:`,
    steps(each.recovery.steps.map(e)),
    each.recovery.fail_back && "To fail back when the fault is repaired:",
    each.recovery.fail_back && steps(each.recovery.fail_back.map(e)),
    table(
      ["Equipment", "Where", "Spare"],
      equipment.map((item) => {
        const thing = plan.equipment[item];
        const spare = (thing?.units ?? 1) - (thing?.needed ?? 1);
        return [
          e(item),
          e(thing?.where ?? "–"),
          e(
            thing?.spare ?? (spare > 0 ? `${spare} of ${thing?.units} runs as stand-by` : "**none**"),
          ).replaceAll("\\*\\*", "**"),
        ];
      }),
    ),
    lost.length > 0 && "What may be missing afterwards, at most:",
    lost.length > 0 && bullets(faults.map((fault) => `${fault}: ${worst(fault)}`)),
  ).trimEnd();
}

/** What may fail without a service going down, and what may not. */
const survivable = (plan: Plan, answers: Answers): string =>
  table(
    ["Service", "Survives at the same time", "Goes down with any one of"],
    answers.promises.map(({ service: name, links, survives }) => {
      const { leaves } = closure(plan, plan.services[name]?.needs ?? []);
      const single = [
        ...links.filter((link) => link.spare === 0).map((link) => link.equipment),
        ...[...leaves].filter((leaf) => leaf in plan.outside),
      ];
      return [
        `**${e(name)}**`,
        `${survives} ${survives === 1 ? "failure" : "failures"} of our equipment`,
        single.map(e).join(", ") || "–",
      ];
    }),
  );

/** How the data is copied: the schedule behind what can be lost. */
function copies(plan: Plan): string {
  const time = (range: { high: number } | undefined) =>
    range ? `every ${timeText(range.high)}` : "**never**";
  const rows = Object.entries(plan.services).flatMap(([name, each]) =>
    (each.data ?? []).map((set) => [
      e(name),
      e(set.name),
      set.replicated === "no"
        ? "**no**"
        : `${set.replicated}${set.lag ? `, up to ${timeText(set.lag.high)} behind` : ""}`,
      set.flush.high === 0 ? "at once" : `within ${timeText(set.flush.high)}`,
      time(set.backup),
      time(set.export),
    ]),
  );
  return table(["Service", "Data", "On the other unit", "On disk", "Backup", "At another place"], rows);
}

/** Dates of the next tests, counted from the day the paper was written. */
export function testDates(
  plan: Plan,
  written: Date,
): { what: string; who: string; every: string; dates: string[] }[] {
  return plan.continuity.tests.map((test) => {
    const count = Math.max(1, Math.min(4, Math.floor(31_536_000 / test.every.high)));
    return {
      what: test.what,
      who: nameOf(plan, test.who),
      every: timeText(test.every.high),
      dates: Array.from({ length: count }, (_, index) =>
        new Date(written.getTime() + (index + 1) * test.every.high * 1000).toISOString().slice(0, 10),
      ),
    };
  });
}

/** Writes the continuity plan. `stamp` says from what it was made. */
export function continuityPlan(plan: Plan, answers: Answers, stamp: string, written: Date): string {
  const { continuity } = plan;
  const spares = Object.entries(plan.equipment).filter(([, each]) => each.spare);
  return page(
    `# Continuity and disaster recovery: ${e(plan.company)}`,
    `*${e(stamp)}*`,
    "**Keep copies of this off the servers that it describes.**",
    continuity.copies.length > 0
      ? bullets(continuity.copies.map(e))
      : "*The plan does not say where copies are: put them under continuity.copies.*",
    "## 1. The first five minutes",
    steps(
      [
        "Is anybody in danger? Call the emergency services first.",
        `Call **${e(Object.values(plan.people)[0]?.name ?? "")}**, ${e(Object.values(plan.people)[0]?.phone ?? "")}; no answer in five minutes: the next in the list.`,
        "Look whether it is ours or from outside: is there power, does the internet line work, does the carrier have an outage?",
        "Write down the time. Start the work-arounds of the critical services (chapter 4).",
        continuity.announce ? `Tell the others: ${e(continuity.announce)}.` : "Tell the others.",
        continuity.meeting_point
          ? `If the place can not be used, meet here: ${e(continuity.meeting_point)}.`
          : "",
        "Recover in the order of chapter 3. Do not repair what a stand-by carries already: first everything that is down.",
      ].filter((line) => line !== ""),
    ),
    "## 2. Whom to call",
    people(plan),
    outsideNumbers(plan),
    "## 3. In which order",
    "The most urgent first, after what it needs. Times count from the alarm and are the slow ends of our estimates; a person does one thing at a time.",
    order(plan, answers),
    "![What needs what](pictures/dependencies.svg)",
    "What may fail without anybody noticing, and what may not:",
    survivable(plan, answers),
    "## 4. Service by service",
    ...answers.recovery.map((step) => service(plan, answers, step.service)),
    "## 5. Spares and backups",
    spares.length > 0
      ? table(
          ["For", "Where the spare is"],
          spares.map(([name, each]) => [e(name), e(each.spare ?? "")]),
        )
      : "There are no spares.",
    continuity.backups
      ? `Backups: ${e(continuity.backups)}.`
      : "*The plan does not say how backups are made: put it under continuity.backups.*",
    copies(plan),
    "To restore: fit the spare, load its system image, restore the last backup, replay what was written since then where there is a log, compare the last known records, then let users in.",
    "## 6. Power",
    `A UPS must outlast the time in which written data is still in memory, and then leave time for an orderly shutdown. ${e(answers.ups.words)}${answers.ups.enough === false ? ": **not enough, buy a larger one or flush more often**" : answers.ups.enough ? ": enough" : ""}.`,
    "## 7. After it is over",
    bullets([
      "Fail back by hand, after hours, one service at a time, with the steps of chapter 4.",
      "Compare the records: what was lost, at most the times of chapter 4? Type in what was written on paper.",
      "Write down within a week: when it began, who noticed, what helped, what was missing in this paper. Change plan.yaml and print again.",
    ]),
    "## 8. Test calendar",
    continuity.tests.length > 0
      ? table(
          ["Test", "Who", "Every", "Due", "Done, and how long it took"],
          testDates(plan, written).map((test) => [
            e(test.what),
            e(test.who),
            test.every,
            test.dates.join(", "),
            "",
          ]),
        )
      : "*The plan has no tests: put some under continuity.tests. What is not tested does not work.*",
    answers.unproven.length > 0 && `**Not proven:** ${answers.unproven.map(e).join(" ")}`,
  );
}

/** One page to print: whom to call, what to do in which order. */
export function checklist(plan: Plan, answers: Answers, stamp: string): string {
  return page(
    `# When nothing works: ${e(plan.company)}`,
    "**Keep a copy off the servers.**",
    table(
      ["Call first", "Telephone"],
      [
        ...Object.values(plan.people).map((person) => [
          `${e(person.name)}${person.role ? `, ${e(person.role)}` : ""}`,
          `**${e(person.phone)}**`,
        ]),
        ...Object.entries(plan.outside).map(([name, each]) => [e(name), e(each.call ?? "–")]),
      ],
    ),
    table(
      ["", "In this order", "Until it works", "Who", "By"],
      answers.recovery.map((step) => {
        const each = plan.services[step.service];
        return [
          "☐",
          `**${e(step.service)}**: ${e(each?.recovery.steps[0] ?? "")}`,
          e(each?.workaround?.what ?? "–"),
          e(nameOf(plan, step.who)),
          step.target === undefined ? timeText(step.ends) : timeText(step.target),
        ];
      }),
    ),
    bullets(
      [
        `UPS: shut down in order when it has run for ${answers.ups.have === undefined ? "its warning time" : timeText(Math.max(0, answers.ups.have - answers.ups.needed))}.`,
        plan.continuity.meeting_point && `Meet: ${e(plan.continuity.meeting_point)}.`,
        plan.continuity.announce && `Tell everybody: ${e(plan.continuity.announce)}.`,
        plan.continuity.backups && `Backups: ${e(plan.continuity.backups)}.`,
        "Time it began: ____________   Time it was over: ____________   Who noticed: ____________",
      ].filter((item) => typeof item === "string"),
    ),
    `*${e(stamp)}*`,
  );
}
