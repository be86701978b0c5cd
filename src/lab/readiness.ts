import { notOneHolder } from "../explain/answering.ts";
import { notGreen } from "../explain/green.ts";
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

/** Who says that it holds the service address. */
export const activeNodes = (hosts: HostStatus[]): string[] =>
  hosts.filter((host) => host.agent?.holds === true).map((host) => host.name);

/** Why the hosts are not green (explain/green.ts), or what was done to them on purpose; empty: all is well. */
export function whyNotGreen(hosts: HostStatus[]): string[] {
  const cluster = hosts.filter((host) => host.role !== "outside");
  const hurt = cluster.filter(({ powered, paused }) => !powered || paused.length > 0);
  const asked = cluster
    .filter((host) => !hurt.includes(host))
    .map(({ name, agent, problem }) => ({ name, report: agent, problem }));
  return [
    ...hurt.map(({ name, powered, paused }) =>
      powered ? `${name}: ${paused.join(", ")} paused` : `${name} has no power`,
    ),
    ...notGreen(asked),
  ];
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
    missing: ({ hosts }) => notOneHolder(activeNodes(hosts)),
  },
  { title: "everything green", missing: ({ hosts }) => whyNotGreen(hosts) },
];
