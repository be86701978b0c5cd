import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { here } from "../callers/sipp.ts";
import { askNode } from "../client/api.ts";
import { openDesk } from "../client/desk.ts";
import { allHosts, hostDirs, nodes, runFiles, serviceIp } from "../cluster/facts.ts";
import { loadCluster, loadSecrets } from "../cluster/load.ts";
import { askSocket } from "../http/socket.ts";
import type { HostStatus, Moment } from "../lab/lab.ts";
import { askEvents, askReport } from "../report/ask.ts";
import { contactMs } from "../report/news.ts";
import { partNames } from "../report/parts.ts";
import { hostOf } from "./inject.ts";
import type { Site } from "./site.ts";

/**
 * The cluster that this host belongs to as a place for drills: what happens is ordered through the host's agent
 * (`change/orders.ts`), callers and their telephone are on this host, at its own address.
 */

const deadlineMs = 5000;

/** @throws ConfigError when cluster.yaml can not be read; Error when this is not the holder of the service address. */
export async function clusterSite(where: { data: string; clusterFile: string }): Promise<Site> {
  const cluster = loadCluster(where.clusterFile);
  const secrets = loadSecrets(where.clusterFile);
  const dirs = hostDirs(where.data);
  const run = runFiles(dirs);
  const desk = openDesk({ data: where.data, config: where.clusterFile });
  const own = await askReport(run.agentSocket, { deadlineMs });
  if (!own.holds)
    throw new Error(
      `${own.host} does not hold the service address: drills on the cluster run where the calls are`,
    );
  const place = here(cluster.hosts[own.host]?.address ?? "");

  const look: Site["look"] = async () => {
    const { entries } = await desk.view();
    const hosts = allHosts(cluster).map((host): HostStatus => {
      const entry = entries.find(({ report }) => report.host === host.name);
      const heard = entry !== undefined && entry.ageMs <= contactMs;
      return {
        name: host.name,
        role: host.role === "edge" ? "outside" : host.role,
        namespace: "",
        address: host.address,
        powered: true,
        paused: [],
        ...(heard ? { agent: entry.report } : { agent: null, problem: "not heard" }),
      };
    });
    const busy = entries.flatMap(({ report }) =>
      [
        report.drained ? [`${report.host} is drained`] : [],
        report.light?.colour === "red" ? [`${report.host}: it is not safe to lose a node`] : [],
      ].flat(),
    );
    return { hosts, disorder: busy };
  };

  return {
    name: cluster.cluster,
    kind: "cluster",
    directory: dirs.data,
    service: `${serviceIp(cluster)}:${cluster.sip.port}`,
    caller: place,
    called: place,
    look,
    api: (method, path, body) =>
      askSocket(run.appSocket, method, path, { deadlineMs, ...(body === undefined ? {} : { body }) }),
    everyApi: (method, path) =>
      Promise.all(
        nodes(cluster).map(async ({ name, address: host }) => ({
          node: name,
          answer: await askNode(
            {
              name,
              connection: { host, port: cluster.api.port, ca: secrets.tls.ca, token: secrets.api_token },
            },
            z.unknown(),
            method,
            path,
          ),
        })),
      ),
    // Other hosts have clocks of their own: when they became master is not measured here.
    events: async (host) => (host === own.host ? askEvents(run.agentSocket, 0, { deadlineMs }) : []),
    // Parts are started again by their agents; there is nothing else that a drill does here.
    heal: async () => {},
    equip: async (kind) => {
      if (!kind.production)
        throw new Error(`the drill '${kind.name}' is not safe on a cluster: run it in a lab`);
      return { [Symbol.asyncDispose]: async () => {} };
    },
    inject: async (steps, roles, signal) => {
      let first: Moment | undefined;
      for (const step of steps) {
        const mono_ms = Number(process.hrtime.bigint()) / 1e6;
        const moment = { mono_ms, wall_ms: Date.now(), within_ms: 0 };
        switch (step.do) {
          case "switchover":
            await desk.order(roles.active, { kind: "switchover", force: false });
            break;
          case "kill-part": {
            const part = partNames.find((name) => name === step.part);
            if (part !== undefined) await desk.order(hostOf(roles, step.on), { kind: "kill-part", part });
            else await desk.order(hostOf(roles, step.on), { kind: "restart", parts: false, force: false });
            break;
          }
          case "wait":
            await delay(step.ms, undefined, { signal });
            continue;
          default:
            throw new Error(`'${step.do}' can not be done on a cluster`);
        }
        first ??= moment;
      }
      if (!first) throw new Error("a drill without a fault");
      return first;
    },
  };
}
