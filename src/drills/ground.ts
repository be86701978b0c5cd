import { patient } from "../base/patience.ts";
import { inNamespace, type Place } from "../callers/sipp.ts";
import { loadCluster } from "../cluster/load.ts";
import { askSocket } from "../http/socket.ts";
import { agentSocketOf, appSocketOf } from "../lab/agents.ts";
import { askApp } from "../lab/app.ts";
import type { HostStatus, Lab } from "../lab/lab.ts";
import { outsideHost } from "../lab/names.ts";
import { askEvents } from "../report/ask.ts";
import type { AgentEvent } from "../report/watch.ts";

/** Where a drill takes place: a lab on this machine, or the cluster that this host belongs to. */
export interface Ground {
  readonly name: string;
  readonly kind: "lab" | "cluster";
  /** Where callers' logs and the history go. */
  readonly directory: string;
  /** host:port that callers call. */
  readonly service: string;
  /** Where callers are, and the telephone that answers them. */
  readonly caller: Place;
  readonly called: Place;
  /** Hosts as they are now, and what is out of order although no host says so, such as cut links. */
  look(): Promise<{ hosts: HostStatus[]; disorder: string[] }>;
  /** One request to the HTTP API, by any node. */
  api(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<unknown>;
  /** The same to every node whose app runs. */
  everyApi(method: "GET", path: string): Promise<{ node: string; answer: unknown }[]>;
  /** A host's incident log. */
  events(host: string): Promise<AgentEvent[]>;
  /** Undoes whatever a drill did. */
  heal(): Promise<void>;
}

const deadlineMs = patient(5000);

/** A running lab as a drill's ground. @throws Error when it is not up, or has no telephones' addresses. */
export function labGround(lab: Lab): Ground {
  const state = lab.state();
  const outside = state.hosts[outsideHost];
  const [caller, called] = (outside?.addresses ?? []).slice(-2).map((address) => address.split("/")[0]);
  if (!outside || !caller || !called)
    throw new Error(`the lab's host '${outsideHost}' has too few addresses`);
  return {
    name: lab.name,
    kind: "lab",
    directory: lab.paths.root,
    service: `${state.service}:${loadCluster(lab.paths.cluster).sip.port}`,
    caller: inNamespace(outside.namespace, caller),
    called: inNamespace(outside.namespace, called),
    look: async () => {
      const { hosts, cuts } = await lab.status();
      return { hosts, disorder: cuts.length > 0 ? ["links are cut"] : [] };
    },
    api: (method, path, body) =>
      askApp(lab.state(), method, path, { deadlineMs, ...(body === undefined ? {} : { body }) }),
    everyApi: async (method, path) => {
      const { hosts } = await lab.status();
      // A cold standby has no app to ask.
      const resting = hosts.flatMap(({ name, agent }) =>
        agent?.parts.app?.phase === "resting" ? [name] : [],
      );
      return Promise.all(
        Object.entries(lab.state().hosts).flatMap(([node, host]) =>
          host.role === "node" && host.powered && host.data !== null && !resting.includes(node)
            ? [
                askSocket(appSocketOf(host.data), method, path, { deadlineMs }).then((answer) => ({
                  node,
                  answer,
                })),
              ]
            : [],
        ),
      );
    },
    events: async (host) => {
      const data = lab.state().hosts[host]?.data;
      return data ? askEvents(agentSocketOf(data), 0, { deadlineMs: 3000 }) : [];
    },
    heal: () => lab.heal(),
  };
}
