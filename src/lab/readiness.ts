import { notGreen } from "../explain/green.ts";
import type { HostReport } from "../report/host-report.ts";
import { inOrder } from "../report/policy.ts";
import type { HostStatus, LabStatus } from "./lab.ts";
import { isManned } from "./names.ts";

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

const isHurt = (host: HostStatus): boolean => isManned(host) && (!host.powered || host.paused.length > 0);

/** What was done to the hosts on purpose, which does not mend itself; empty: nothing. */
export const doneOnPurpose = (hosts: HostStatus[]): string[] =>
  hosts
    .filter(isHurt)
    .map(({ name, powered, paused }) =>
      powered ? `${name}: ${paused.join(", ")} paused` : `${name} has no power`,
    );

/** Why the hosts are not green (explain/green.ts), or what was done to them on purpose; empty: all is well. */
export function whyNotGreen(hosts: HostStatus[]): string[] {
  const asked = hosts
    .filter((host) => isManned(host) && !isHurt(host))
    .map(({ name, agent, problem }) => ({ name, report: agent, problem }));
  return [...doneOnPurpose(hosts), ...notGreen(asked)];
}

const clusterHosts = (status: LabStatus): HostStatus[] => status.hosts.filter(isManned);
const nodes = (status: LabStatus): HostStatus[] => status.hosts.filter((host) => host.role === "node");

const perHost = (hosts: HostStatus[], missing: (report: HostReport) => string | undefined): string[] =>
  hosts.flatMap((host) => {
    const why = host.agent ? missing(host.agent) : (host.problem ?? "no agent");
    return why === undefined ? [] : [`${host.name}: ${why}`];
  });

/** A node that takes calls: it holds the service address, and what a call needs works on it. */
function missingToServe({ holds, parts, database }: HostReport): string[] {
  const broken = (["app", "kamailio"] as const).flatMap((name) =>
    inOrder(parts[name]) ? [] : [`${name}: ${parts[name]?.detail ?? "not started"}`],
  );
  if (database && !database.facts?.primary)
    broken.push(database.waiting ?? `database: ${parts.mariadb?.detail ?? "not started"}`);
  return broken.length === 0 && !holds ? ["does not hold the service address yet"] : broken;
}

/** What the first call needs. */
export const milestonesToServe: Milestone[] = [
  { title: "agents of all hosts", missing: (status) => perHost(clusterHosts(status), () => undefined) },
  {
    title: "a node that takes calls",
    missing: (status) => {
      const missing = nodes(status).map(({ name, agent, problem }) => ({
        name,
        what: agent ? missingToServe(agent) : [problem ?? "no agent"],
      }));
      return missing.some(({ what }) => what.length === 0)
        ? []
        : missing.map(({ name, what }) => `${name}: ${what.join("; ")}`);
    },
  },
];

/** From nothing to a cluster that can lose any of its hosts. */
export const milestones: Milestone[] = [
  ...milestonesToServe,
  { title: "the other node and the witness: everything green", missing: ({ hosts }) => whyNotGreen(hosts) },
];
