import type { LabStatus } from "./lab.ts";
import type { Cut } from "./state.ts";

/** Words for people about a lab. Pure. */

export function describeCut(cut: Cut): string {
  const name = (host: string) => (host === "*" ? "everyone" : host);
  const loss = cut.loss === 100 ? "" : ` (${cut.loss} % lost)`;
  return `${name(cut.from)} ${cut.oneWay ? "→" : "↔"} ${name(cut.to)}${loss}`;
}

export function describeStatus(status: LabStatus): string {
  const lines = [
    `lab '${status.lab}' ${status.running ? "running" : "left behind by a crash ('dialtone lab up' or 'down' cleans up)"}, since ${status.started}, ${status.subnet}, service address ${status.service}${status.isolated ? ", isolated" : ""}`,
  ];
  for (const host of status.hosts) {
    const state = host.powered ? "on" : "no power";
    const paused = host.paused.length > 0 ? `, paused: ${host.paused.join(", ")}` : "";
    const problem = host.problem === undefined ? "" : `, agent: ${host.problem}`;
    lines.push(
      `  ${host.name.padEnd(8)} ${host.role.padEnd(8)} ${host.address.padEnd(15)} ${state}${paused}${problem}`,
    );
  }
  if (status.cuts.length > 0) lines.push(`  cuts: ${status.cuts.map(describeCut).join("; ")}`);
  return lines.join("\n");
}
