import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../base/message.ts";
import type { Desk } from "../change/desk.ts";
import { allHosts, hostDirs, runFiles } from "../cluster/facts.ts";
import { findClusterFile, loadCluster } from "../cluster/load.ts";
import { NoAnswer } from "../http/client.ts";
import { askSocket } from "../http/socket.ts";
import { agentSocketOf } from "../lab/agents.ts";
import { openLab } from "../lab/lab.ts";
import { type HostReport, readCluster } from "../report/host-report.ts";
import type { OrderState, Work } from "../report/order.ts";

/** Finds the desk: this host's agent, or one of a lab's. */

/**
 * Opens the desk at this host's agent, or at one of a lab's. All orders of one desk belong to one change.
 * @throws ConfigError when cluster.yaml can not be read.
 */
export function openDesk(where: { lab?: string; data: string; config?: string }): Desk {
  const place =
    where.lab === undefined
      ? {
          socket: runFiles(hostDirs(resolve(where.data))).agentSocket,
          clusterFile: findClusterFile(where.config),
          host: "",
        }
      : labDesk(where.lab);
  const expected = allHosts(loadCluster(place.clusterFile)).map((host) => host.name);
  const change = randomUUID();
  const who = whoAmI();

  let answered = false;
  const ask = async (method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> => {
    const until = performance.now() + (answered ? absentMs : firstMs);
    for (;;)
      try {
        const answer = await askSocket(place.socket, method, path, {
          deadlineMs: 6000,
          ...(body === undefined ? {} : { body }),
        });
        answered = true;
        return answer;
      } catch (error) {
        const code = error instanceof NoAnswer ? error.code : "";
        const absent = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "UND_ERR_SOCKET"].includes(code);
        if (!absent || performance.now() > until)
          throw new Error(
            `the agent at ${place.socket} does not answer (${messageOf(error)}); is 'dialtone up' running, and are you root?`,
          );
        await delay(pollMs);
      }
  };
  const entries = async () => readCluster(await ask("GET", "/cluster"));

  return {
    clusterFile: place.clusterFile,
    ...(where.lab === undefined ? {} : { lab: where.lab }),
    host: place.host,
    view: async () => ({ expected, entries: await entries() }),
    configurations: async () =>
      (await ask("GET", "/configurations")) as Awaited<ReturnType<Desk["configurations"]>>,
    order: async (host, work, options = {}) => {
      if (!expected.includes(host))
        throw new Error(`no host '${host}' in ${place.clusterFile}; it has ${expected.join(", ")}`);
      const id = randomUUID();
      await ask("POST", "/orders", { id, change: options.change ?? change, host, who, work });
      const until = performance.now() + (options.deadlineMs ?? orderDeadlineMs);
      for (;;) {
        const report = (await entries()).find((entry) => entry.report.host === host)?.report;
        const result = report?.orderResults?.find((candidate) => candidate.id === id);
        if (result?.state === "failed") throw new Error(`${host}: ${result.text}`);
        if (result?.state === "done") return result;
        if (performance.now() > until) throw new Error(noAnswer(host, work, report, result));
        await delay(pollMs);
      }
    },
  };
}

/** A host of a lab whose agent can be asked. @throws Error when the lab is not up. */
export function labDesk(name: string): { socket: string; clusterFile: string; host: string } {
  const lab = openLab(name);
  const [host, found] =
    Object.entries(lab.state().hosts).find(([, candidate]) => candidate.data !== null && candidate.powered) ??
    [];
  if (host === undefined || !found?.data) throw new Error(`no host of lab '${name}' has power`);
  return { socket: agentSocketOf(found.data), clusterFile: lab.paths.cluster, host };
}

export function noAnswer(
  host: string,
  work: Work,
  report: HostReport | undefined,
  result: OrderState | undefined,
): string {
  if (result) return `${host}: '${work.kind}' has not come to an end (${result.text || "it was begun"})`;
  if (!report) return `${host}: its agent is not heard`;
  if (report.orderResults === undefined)
    return `${host}: its agent (release ${report.release}) does not know orders: do it on that host by hand`;
  return `${host}: has not taken the order '${work.kind}' in time`;
}

/** Who gives the orders, for logs and refusals. */
export const whoAmI = (): string =>
  `${process.env.SUDO_USER ?? userInfo().username}@${hostname()}`.slice(0, 80);

export const orderDeadlineMs = 20_000;

export const pollMs = 100;

/** The agent that is asked may itself be between two lives; one that never answered is not waited for. */
export const absentMs = 120_000;

export const firstMs = 3000;
