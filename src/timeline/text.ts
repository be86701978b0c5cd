import { styleText } from "node:util";
import { utcMoment, utcTime } from "../base/moment.ts";
import type { Incident } from "./incidents.ts";
import type { Entry, Source } from "./merge.ts";

/** Words for people about a timeline. Pure. */

const ms = (value: number): string => {
  if (Math.abs(value) < 10) return `${value.toFixed(1)} ms`;
  return Math.abs(value) < 2000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
};

const duration = (value: number): string =>
  value < 120_000 ? ms(value) : `${Math.round(value / 60_000)} min`;

const within = (entry: Entry): string => (entry.withinMs === null ? "±?" : `±${Math.ceil(entry.withinMs)}`);

export const entryText = (entry: Entry): string =>
  `${utcTime(entry.at)} ${within(entry).padEnd(5)}${entry.host.padEnd(6)} ${entry.kind} ${entry.subject}${
    entry.text === "" ? "" : `: ${entry.text}`
  }`;

const causeText = ({ host, kind, subject, text }: Entry): string => {
  const words = text === "" ? "" : `: ${text}`;
  if (kind.startsWith("part-")) return `${subject} on ${host} ${kind.slice(5)}${words}`;
  if (kind === "peer-silent") return `${host} does not hear ${subject} any more${words}`;
  if (kind === "switchover") return `planned switchover from ${host}${words}`;
  if (kind === "agent") return `agent of ${host} ${subject}${words}`;
  return `${host}: ${kind} ${subject}${words}`;
};

const callersText = ({ withoutHolderMs, calls }: Incident): string => {
  const facts = [
    withoutHolderMs === null
      ? "nobody holds the service address"
      : withoutHolderMs > 0
        ? `the service address had no holder for at most ${ms(withoutHolderMs)}`
        : "",
    calls.failed > 0 ? `${calls.failed} calls failed` : "",
    calls.cutOff > 0 ? `${calls.cutOff} conversations were cut off or lost their end` : "",
    calls.movedOn > 0 ? `${calls.movedOn} conversations went on at another node` : "",
  ].filter((fact) => fact !== "");
  return facts.length > 0 ? facts.join("; ") : "nothing that the records show";
};

export function incidentText(incident: Incident, number: number): string {
  const { begin, end, cause, entries, drills } = incident;
  const length = end === null ? styleText("red", "not over") : `over after ${duration(end - begin)}`;
  return [
    styleText("bold", `Incident ${number} · ${utcMoment(begin)} · ${length}`),
    `  cause    ${causeText(cause)}`,
    `  callers  ${callersText(incident)}`,
    ...drills.map(
      ({ kind, passed, started_by }) =>
        `  drill    ${kind}, by ${started_by}: ${passed ? "passed" : styleText("red", "FAILED")}`,
    ),
    ...entries.map((entry) => `  ${entryText(entry)}`),
  ].join("\n");
}

/** How the clocks stand, and whose log is a copy or missing. */
export function sourcesText(sources: readonly Source[]): string {
  const others = sources.filter(({ clock }) => clock?.offsetMs !== 0 || clock.withinMs !== 0);
  const self = sources.find((source) => !others.includes(source))?.host ?? "";
  const clocks = others.map(({ host, clock }) =>
    clock
      ? `${host} ${clock.offsetMs < 0 ? "−" : "+"}${ms(Math.abs(clock.offsetMs))} ±${ms(clock.withinMs)}`
      : `${host} unknown`,
  );
  const lines =
    clocks.length > 0 ? [`Times by the clock of ${self} (UTC); against it: ${clocks.join(", ")}`] : [];
  for (const { host, from, problem } of sources)
    if (from === "copy") lines.push(`${host} does not answer (${problem}): shown is what it had told before`);
    else if (from === "nobody")
      lines.push(`${host} does not answer (${problem}): its log is missing here until it is back`);
  return lines.join("\n");
}

/** The whole page. */
export function timelineText(
  sources: readonly Source[],
  entries: readonly Entry[],
  incidents: readonly Incident[],
  notes: readonly string[],
): string {
  const inside = new Set(incidents.flatMap((incident) => incident.entries));
  const outside = entries.filter((entry) => !inside.has(entry)).length;
  return [
    sourcesText(sources),
    ...notes,
    ...incidents.map((incident, index) => `\n${incidentText(incident, index + 1)}`),
    incidents.length === 0 ? "No incident in this time." : "",
    outside > 0 ? `${outside} entries of normal work are not shown (--all, --json)` : "",
  ]
    .filter((line) => line !== "")
    .join("\n");
}
