import type { Maintenance } from "../../change/maintenance.ts";
import type { Contact, LocationSnapshot } from "../../components/kamailio/locations.ts";
import type { HostReport } from "../../report/host-report.ts";
import type { AgentEvent } from "../../report/watch.ts";
import type { Watch } from "../observe/watch.ts";

/** What the agent's HTTP servers can ask of it. */
export interface AgentControl {
  report(): HostReport;
  /** Reports of all hosts as known here, the own one included, with their age in ms. */
  cluster(): { ageMs: number; report: HostReport }[];
  events(since: number): AgentEvent[];
  /** The latest list of registrations; undefined: none (yet), or the policy needs none. */
  registrations(): LocationSnapshot | undefined;
  watch: Watch;
  /** A person says that a host is switched off. @returns why that is refused */
  confirmFenced(host: string): string | undefined;
  /** Stops this host's parts in order, then the agent. Returns at once. */
  stop(): void;
  /** Hands the service address over, or says why not. Returns at once. */
  switchOver(force: boolean, accept: string[]): { to: string } | { reasons: string[] };
  maintenance: Maintenance;
  /** The registrations of these users, as this host's SIP server knows them. @throws Error when it can not be asked */
  contactsOf(users: readonly string[]): Promise<Contact[]>;
}
