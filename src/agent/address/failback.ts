import { hostNotGreen } from "../../explain/green.ts";
import { standbyParts } from "../../explain/light.ts";
import type { Observation } from "../../report/observation.ts";
import { functionalFreshMs } from "./judge.ts";
import { successorReport } from "./successor.ts";

/**
 * With `failback.mode: automatic` the service address goes back to the node that stands first in cluster.yaml, by plan
 * and only when that one has been well for long: a node that comes and goes must not take the calls with it. Pure.
 */

/** To whom, and why; undefined: it stays. */
export function failbackTo(o: Observation): { to: string; why: string } | undefined {
  const { failbackAfterMs: afterMs } = o;
  if (afterMs === undefined || !o.holds || o.stopping || o.heldMs < afterMs || !o.primary) return undefined;
  const preferred = o.nodeOrder.slice(0, o.nodeOrder.indexOf(o.host));
  const to = preferred.find((name) => wellSince(o, name, afterMs));
  return to === undefined
    ? undefined
    : { to, why: `failback: ${to} stands before ${o.host}, and has been well for ${afterMs / 1000} s` };
}

function wellSince(o: Observation, name: string, ms: number): boolean {
  const report = successorReport(o, name, standbyParts);
  if (!report) return false;
  const testAgeMs = (report.functional?.ageMs ?? 0) + (o.peers[name]?.ageMs ?? 0);
  return (
    report.drained === undefined &&
    hostNotGreen(report).length === 0 &&
    report.agentUptimeMs >= ms &&
    report.database?.facts?.primary === true &&
    (report.functional === undefined || testAgeMs <= functionalFreshMs) &&
    standbyParts.every((part) => (report.parts[part]?.sinceMs ?? 0) >= ms)
  );
}
