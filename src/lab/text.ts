import { styleText } from "node:util";
import { utcTime } from "../base/moment.ts";
import type { HostReport } from "../report/host-report.ts";
import type { AgentEvent } from "../report/watch.ts";
import type { HostStatus, LabStatus } from "./lab.ts";
import { isManned } from "./names.ts";
import type { Cut } from "./state.ts";

/** Words for people about a lab. Pure. */

export function describeCut(cut: Cut): string {
  const name = (host: string) => (host === "*" ? "everyone" : host);
  const loss = cut.loss === 100 ? "" : ` (${cut.loss} % lost)`;
  return `${name(cut.from)} ${cut.oneWay ? "→" : "↔"} ${name(cut.to)}${loss}`;
}

const colours = { green: "green", amber: "yellow", red: "red", off: "gray" } as const;

function lightOf(host: HostStatus): keyof typeof colours {
  if (!host.powered) return "off";
  return host.agent?.verdict.light ?? "red";
}

function partsText(report: HostReport): string {
  return Object.entries(report.parts)
    .map(([name, part]) => {
      const restarts = part.restarts > 0 ? ` ↻${part.restarts}` : "";
      return part.ok
        ? `${name}${restarts}`
        : styleText("red", `${name} ${part.phase === "running" ? "sick" : part.phase}${restarts}`);
    })
    .join(", ");
}

function databaseText(report: HostReport): string {
  const { database } = report;
  if (!database) return "";
  const { facts } = database;
  if (!facts) return database.waiting ?? database.phase;
  if (facts.replication) return `${facts.replication.state} (${facts.replication.from})`;
  return `${facts.primary ? "quorum" : styleText("red", "no quorum")}, ${facts.size} members`;
}

/** A host without an agent, as far as others know of it. */
function bareText({ name, role }: HostStatus, { hosts }: LabStatus): string {
  if (role === "outside") return "callers and telephones";
  const seen = hosts
    .flatMap(({ agent }) => (agent?.holds ? (agent.freeswitch ?? []) : []))
    .find(({ host }) => host === name);
  if (!seen) return "not asked yet";
  return seen.answers ? "answers" : styleText("red", "is silent");
}

function hostLine(host: HostStatus, status: LabStatus): string {
  const light = lightOf(host);
  const name = `  ${host.name.padEnd(8)}${host.role.padEnd(11)}${host.address.padEnd(15)}`;
  if (!isManned(host))
    return `${name}${host.powered ? bareText(host, status) : styleText("gray", "no power")}`;
  const shown = styleText(colours[light], `● ${(light === "off" ? "no power" : light).padEnd(9)}`);
  const { agent } = host;
  const words = agent
    ? [
        ...(agent.holds ? [styleText("bold", "holds the service address")] : []),
        databaseText(agent),
        partsText(agent),
        ...(host.paused.length > 0 ? [styleText("red", `paused: ${host.paused.join(", ")}`)] : []),
      ]
    : [host.problem ?? ""];
  return `${name}${shown} ${words.filter((word) => word !== "").join(" · ")}`;
}

/** The service address and its holder in one line. */
export function holderText(status: LabStatus): string {
  const holders = status.hosts.filter((host) => host.agent?.holds).map((host) => host.name);
  if (holders.length === 1) return `${status.service} is served by ${styleText("bold", holders[0] ?? "")}`;
  return styleText(
    "red",
    holders.length === 0
      ? `nobody serves ${status.service}`
      : `${holders.join(" and ")} serve ${status.service}`,
  );
}

/** What is wrong, host by host; the hosts that are all right say nothing. */
function reasonLines(status: LabStatus): string[] {
  return status.hosts.flatMap((host) =>
    (host.agent?.verdict.reasons ?? []).map((reason) => `  ${host.name}: ${reason}`),
  );
}

/** Several lines: the whole state of a lab. */
export const describeStatus = (status: LabStatus): string =>
  [describeHosts(status), ...reasonLines(status)].join("\n");

/** The same without what is wrong. */
export function describeHosts(status: LabStatus): string {
  const running = status.running ? "" : " (left by a crash: 'dialtone lab up' or 'down' cleans up)";
  return [
    `lab '${status.lab}'${running} · ${holderText(status)}${status.isolated ? " · isolated" : ""}`,
    ...status.hosts.map((host) => hostLine(host, status)),
    ...(status.cuts.length > 0 ? [`  cut: ${status.cuts.map(describeCut).join("; ")}`] : []),
  ].join("\n");
}

/** One line about one entry of an agent's incident log. */
export function describeEvent(event: AgentEvent): string {
  return `${utcTime(event.wallMs)} ${event.host} ${event.kind} ${event.subject}${event.text === "" ? "" : `: ${event.text}`}`;
}
