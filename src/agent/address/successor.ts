import type { HostReport } from "../../report/host-report.ts";
import { canTake, contactMs } from "../../report/news.ts";
import type { Observation } from "../../report/observation.ts";
import type { PartName } from "../../report/parts.ts";
import { inOrder } from "../../report/policy.ts";
import { functionalFailures } from "./judge.ts";

/**
 * The report of another node that could have the address by plan: heard a moment ago, fit, not on its way out, with these
 * parts in order, and calls do not fail there. undefined: it could not. Pure.
 */
export function successorReport(
  o: Observation,
  name: string,
  needed: readonly PartName[],
): HostReport | undefined {
  const news = o.peers[name];
  if (name === o.host || !news || news.ageMs > contactMs) return undefined;
  const { report } = news;
  const fit =
    canTake(report) &&
    !report.stopping &&
    needed.every((part) => inOrder(report.parts[part])) &&
    (report.functional?.failures ?? 0) < functionalFailures;
  return fit ? report : undefined;
}
