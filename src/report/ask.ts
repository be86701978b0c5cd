import { askSocket } from "../http/socket.ts";
import { type HostReport, type PeerNews, readCluster, readReport } from "./host-report.ts";
import { type AgentEvent, readEvents } from "./watch.ts";

/** Questions to the agent of this host (its unix socket), answered in the words of this release. */

interface Options {
  /** Default: 1 s. */
  deadlineMs?: number;
}

/** @throws Error when it does not answer in time, or not with a report. */
export const askReport = async (socket: string, options: Options = {}): Promise<HostReport> =>
  readReport(await askSocket(socket, "GET", "/status", options));

/** The reports of all hosts that it has heard, its own first. @throws Error when it does not answer in time, or not with that. */
export const askCluster = async (socket: string, options: Options = {}): Promise<PeerNews[]> =>
  readCluster(await askSocket(socket, "GET", "/cluster", options));

/** Its incident log after the entry `since`. @throws Error when it does not answer in time, or not with a list. */
export const askEvents = async (socket: string, since = 0, options: Options = {}): Promise<AgentEvent[]> =>
  readEvents(await askSocket(socket, "GET", `/events?since=${since}`, options));
