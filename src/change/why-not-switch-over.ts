import { hostNotGreen } from "../explain/green.ts";
import type { HostReport } from "../report/host-report.ts";
import { besideTakeover } from "../report/light.ts";
import { contactMs } from "../report/news.ts";
import { inOrder } from "../report/policy.ts";

/** May a holder hand the service address over? The agent asks before it does, the API before a person decides. Pure. */

/**
 * All that must be true before a healthy holder gives up: the successor's light is green, but for the codes in `accept`
 * (light.ts); with `force` it is enough that it can serve. Pure.
 */
export function whyNotSwitchOver(
  self: { host: string; holds: boolean; stopping: boolean },
  peers: { ageMs: number; report: HostReport }[],
  force: boolean,
  accept: readonly string[] = [],
): { to: string } | { reasons: string[] } {
  if (self.stopping) return { reasons: ["this host is being stopped"] };
  if (!self.holds) {
    const holder = peers.find(({ report }) => report.holds)?.report.host;
    return {
      reasons: [
        holder === undefined
          ? `${self.host} does not hold the service address, and no other host is known to`
          : `${holder} holds the service address: run it there`,
      ],
    };
  }
  const others = peers.filter(({ report }) => report.role === "node" && report.host !== self.host);
  const reasons: string[] = [];
  for (const { ageMs, report } of others) {
    const against = objections(ageMs, report, force, accept);
    if (against.length === 0) return { to: report.host };
    reasons.push(...against.map((reason) => `${report.host}: ${reason}`));
  }
  return { reasons: reasons.length > 0 ? reasons : ["there is no other node"] };
}

function objections(ageMs: number, report: HostReport, force: boolean, accept: readonly string[]): string[] {
  if (ageMs > contactMs) return [`no news for ${Math.round(ageMs)} ms`];
  if (report.stopping) return ["is being stopped"];
  if (!report.verdict.mayHold) return report.verdict.reasons;
  if (force) return [];
  const reasons: string[] = [];
  if (report.light)
    return report.light.reasons
      .filter(({ code }) => !accept.includes(code) && !besideTakeover.has(code))
      .map(({ code, text, callers }) => `${text} [${code}]: ${callers}`);
  // An agent of a release without the light.
  reasons.push(...hostNotGreen(report));
  for (const part of ["kamailio", "rtpengine", "redis", "app", "mariadb", "keepalived"] as const)
    if (!inOrder(report.parts[part]))
      reasons.push(`${part}: ${report.parts[part]?.detail ?? "does not run"}`);
  return [...new Set(reasons)];
}
