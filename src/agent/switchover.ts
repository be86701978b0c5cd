import type { HostReport } from "./report.ts";

/**
 * Planned handing over of the service address. The other node takes the address while this one still has it (so that
 * no packet meets a moment without a holder), says so, and this one lets go.
 */

/** News that is older does not prove a node fit. */
const freshMs = 700;

/** All that must be true before a healthy holder gives up. Pure. */
export function whyNotSwitchOver(
  self: { host: string; holds: boolean; stopping: boolean },
  peers: { ageMs: number; report: HostReport }[],
  force: boolean,
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
    const against = objections(ageMs, report, force);
    if (against.length === 0) return { to: report.host };
    reasons.push(...against.map((reason) => `${report.host}: ${reason}`));
  }
  return { reasons: reasons.length > 0 ? reasons : ["there is no other node"] };
}

function objections(ageMs: number, report: HostReport, force: boolean): string[] {
  if (ageMs > freshMs) return [`no news for ${Math.round(ageMs)} ms`];
  if (report.stopping) return ["is being stopped"];
  if (!report.verdict.mayHold) return report.verdict.reasons;
  if (force) return [];
  const reasons: string[] = [];
  if (report.verdict.light !== "green") reasons.push(...report.verdict.reasons);
  for (const part of ["kamailio", "rtpengine", "redis", "app", "mariadb", "keepalived"] as const)
    if (!report.parts[part]?.ok) reasons.push(`${part}: ${report.parts[part]?.detail ?? "does not run"}`);
  return [...new Set(reasons)];
}
