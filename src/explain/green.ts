import type { HostReport } from "../report/host-report.ts";
import { notOneHolder } from "./answering.ts";

/** The one definition of green: every host says that all is well with it, and exactly one holds the service address. Pure. */

/** Why this host is not green, in its own words; empty: it is. */
export const hostNotGreen = ({ verdict }: Pick<HostReport, "verdict">): string[] => {
  if (verdict.light === "green") return [];
  return verdict.reasons.length > 0 ? verdict.reasons : [`is ${verdict.light} and does not say why`];
};

/** A host that should be there: what its agent says now, or (null) why it says nothing. */
export interface Asked {
  name: string;
  report: HostReport | null;
  problem?: string | undefined;
}

/** Why the cluster is not green, one line for each reason, the host's name first; empty: it is. */
export function notGreen(hosts: readonly Asked[]): string[] {
  const reasons = hosts.flatMap(({ name, report, problem }) =>
    (report ? hostNotGreen(report) : [`its agent does not answer (${problem ?? "no reason known"})`]).map(
      (why) => `${name}: ${why}`,
    ),
  );
  return [...reasons, ...notOneHolder(hosts.flatMap(({ name, report }) => (report?.holds ? [name] : [])))];
}
