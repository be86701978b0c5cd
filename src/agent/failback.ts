import { canTake, contactMs, functionalFailures, type Observation } from "./judge.ts";
import { standbyParts } from "./light.ts";
import { inOrder } from "./policy.ts";

/**
 * With `failback.mode: automatic` the service address goes back to the node that stands first in cluster.yaml, by plan
 * and only when that one has been well for long: a node that comes and goes must not take the calls with it. Pure.
 */

/** An older functional test of that node proves nothing. */
const testedMs = 15_000;

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
  const news = o.peers[name];
  if (!news || news.ageMs > contactMs) return false;
  const { report } = news;
  const { functional } = report;
  return (
    canTake(report) &&
    !report.stopping &&
    report.drained === undefined &&
    report.verdict.light === "green" &&
    report.agentUptimeMs >= ms &&
    report.database?.facts?.primary === true &&
    (functional === undefined ||
      (functional.failures < functionalFailures && functional.ageMs + news.ageMs <= testedMs)) &&
    standbyParts.every((part) => inOrder(report.parts[part]) && (report.parts[part]?.sinceMs ?? 0) >= ms)
  );
}
