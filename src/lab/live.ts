import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import logUpdate from "log-update";
import { utcTime } from "../base/moment.ts";
import { askEvents } from "../report/ask.ts";
import type { AgentEvent } from "../report/watch.ts";
import { agentSocketOf } from "./agents.ts";
import type { Lab, LabStatus } from "./lab.ts";
import { describeCut, describeEvent, describeStatus, holderText } from "./text.ts";
import { type CallTraffic, readTraffic, trafficText } from "./traffic.ts";

/** The live view of a lab: a picture on a terminal, one line for each change elsewhere. */

const shownEvents = 8;
const everyMs = 500;

/** Reads what the agents' incident logs have had to say since the last time. */
class EventReader {
  private readonly seen = new Map<string, number>();
  private readonly lab: Lab;
  private readonly since: number;

  /** Only entries after `since` (ms since 1970). */
  constructor(lab: Lab, since: number) {
    this.lab = lab;
    this.since = since;
  }

  async news(): Promise<AgentEvent[]> {
    const hosts = Object.entries(this.lab.state().hosts);
    const lists = await Promise.all(
      hosts.map(async ([name, host]): Promise<AgentEvent[]> => {
        if (!host.powered || host.data === null) return [];
        // An agent that does not answer now is asked again next time; nothing is lost by that.
        const events = await askEvents(agentSocketOf(host.data), this.seen.get(name)).catch(() => []);
        const last = events.at(-1);
        if (last) this.seen.set(name, last.seq);
        return events.filter((event) => event.wallMs >= this.since);
      }),
    );
    return lists.flat().sort((one, other) => one.wallMs - other.wallMs);
  }
}

interface Frame {
  status: LabStatus;
  events: AgentEvent[];
  traffic: CallTraffic | undefined;
  hints: string[];
}

/** The picture. Pure. */
function renderFrame({ status, events, traffic, hints }: Frame): string {
  return [
    describeStatus(status),
    "",
    `calls: ${trafficText(traffic)}`,
    ...(events.length > 0 ? ["", "last events"] : []),
    ...events.slice(-shownEvents).map((event) => `  ${describeEvent(event)}`),
    "",
    ...hints,
  ].join("\n");
}

/** What changed between two states that no agent reports itself: power, cuts, pauses, the holder. Pure. */
export function changesBetween(before: LabStatus | undefined, after: LabStatus): string[] {
  const facts = (status: LabStatus): string[] => [
    stripVTControlCharacters(holderText(status)),
    ...status.hosts.flatMap((host) => [
      `${host.name} ${host.powered ? "has power" : "has no power"}`,
      ...(host.agent ? [`${host.name} is ${host.agent.verdict.light}`] : []),
      ...host.paused.map((part) => `${part} on ${host.name} is paused`),
    ]),
    ...status.cuts.map((cut) => `cut: ${describeCut(cut)}`),
  ];
  const known = before ? facts(before) : [];
  const now = facts(after);
  const ended = known
    .filter((fact) => !now.includes(fact) && /paused$|^cut:/.test(fact))
    .map((fact) => `no longer: ${fact}`);
  return [...now.filter((fact) => !known.includes(fact)), ...ended];
}

/**
 * Shows a lab until the signal aborts or the lab is gone.
 * Returns false when somebody else took it down.
 */
export async function showLive(lab: Lab, hints: string[], signal: AbortSignal): Promise<boolean> {
  const reader = new EventReader(lab, Date.now());
  const picture = process.stdout.isTTY;
  const started = lab.state().started;
  let events: AgentEvent[] = [];
  let before: LabStatus | undefined;
  if (!picture) for (const hint of hints) process.stdout.write(`${stripVTControlCharacters(hint)}\n`);
  try {
    while (!signal.aborted) {
      let status: LabStatus;
      try {
        status = await lab.status();
      } catch (error) {
        // 'lab down' from another terminal.
        if (!lab.isUp()) return false;
        throw error;
      }
      // Taken down and up again by somebody else.
      if (status.started !== started) return false;
      const news = await reader.news();
      if (picture) {
        events = [...events, ...news].slice(-shownEvents);
        logUpdate(renderFrame({ status, events, traffic: await readTraffic(lab), hints }));
      } else {
        const changes = changesBetween(before, status);
        const time = utcTime(Date.now());
        const lines = [...news.map(describeEvent), ...changes.map((change) => `${time} lab ${change}`)];
        for (const line of lines) process.stdout.write(`${line}\n`);
      }
      before = status;
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
    return true;
  } finally {
    if (picture) logUpdate.done();
  }
}
