import type { OrderState, Work } from "../report/order.ts";
import type { HostConfiguration } from "./configuration.ts";
import type { ClusterView } from "./safety.ts";

/** Where a person stands who changes a cluster: one host's agent, which hears the others and passes orders on. */

export interface Desk {
  /** The file that describes the cluster as the commands know it. */
  clusterFile: string;
  /** Files of a lab's hosts: a lab has all of them here. */
  lab?: string;
  /** The host that is asked. */
  host: string;
  view(): Promise<ClusterView>;
  /** What all hosts were started with; those that do not answer say why. */
  configurations(): Promise<{ hosts: HostConfiguration[]; silent: { host: string; why: string }[] }>;
  /** Gives an order and waits for what becomes of it. @throws Error with the host's own words when it fails. */
  order(host: string, work: Work, options?: { deadlineMs?: number; change?: string }): Promise<OrderState>;
}
