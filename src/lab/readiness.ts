import type { HostReport } from "../report/host-report.ts";
import { inOrder } from "../report/policy.ts";
import type { HostStatus, LabStatus } from "./lab.ts";

/** How far a starting lab has come. Pure. */

/** One thing that has to be true before a lab is ready. */
export interface Milestone {
  title: string;
  /** What is still missing, in words; empty when it is reached. */
  missing(status: LabStatus): string[];
}

const clusterHosts = (status: LabStatus): HostStatus[] =>
  status.hosts.filter((host) => host.role !== "outside");
const nodes = (status: LabStatus): HostStatus[] => status.hosts.filter((host) => host.role === "node");

const perHost = (hosts: HostStatus[], missing: (report: HostReport) => string | undefined): string[] =>
  hosts.flatMap((host) => {
    const why = host.agent ? missing(host.agent) : (host.problem ?? "no agent");
    return why === undefined ? [] : [`${host.name}: ${why}`];
  });

const part =
  (name: "kamailio" | "app") =>
  (report: HostReport): string | undefined => {
    const found = report.parts[name];
    return inOrder(found) ? undefined : (found?.detail ?? "not started");
  };

export const milestones: Milestone[] = [
  { title: "agents of all hosts", missing: (status) => perHost(clusterHosts(status), () => undefined) },
  {
    title: "database on all hosts",
    missing: (status) =>
      perHost(nodes(status), ({ database, parts }) => {
        const facts = database?.facts;
        if (
          facts?.primary &&
          facts.size ===
            (facts.replication ? nodes(status) : clusterHosts(status).filter((host) => host.role !== "edge"))
              .length
        )
          return undefined;
        return (
          database?.waiting ?? (facts ? `${facts.size} members` : (parts.mariadb?.detail ?? "not started"))
        );
      }),
  },
  { title: "app", missing: (status) => perHost(nodes(status), part("app")) },
  { title: "SIP server", missing: (status) => perHost(nodes(status), part("kamailio")) },
  {
    title: "service address",
    missing: (status) => {
      const holders = nodes(status).filter((host) => host.agent?.holds);
      if (holders.length === 1) return [];
      return [holders.length === 0 ? "nobody holds it yet" : `${holders.length} hosts hold it`];
    },
  },
  {
    title: "everything green",
    missing: (status) =>
      perHost(clusterHosts(status), ({ verdict }) =>
        verdict.light === "green" ? undefined : verdict.reasons.join("; ") || verdict.light,
      ),
  },
];

/** Everything that keeps a lab from being all green; empty when it is. */
export const missingForGreen = (status: LabStatus): string[] =>
  milestones.flatMap((milestone) => milestone.missing(status));
