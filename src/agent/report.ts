import type { PartName } from "../components/component.ts";
import type { DatabaseFacts } from "../components/mariadb/index.ts";
import type { DiskState } from "../components/mariadb/state.ts";

/** What agents tell each other and people: GET /status. Ages in ms, measured by the teller's monotonic clock. */

export type PartPhase =
  | "stopped"
  /** Stopped on purpose until it is needed (policy cold-passive). */
  | "resting"
  | "waiting"
  | "preparing"
  | "starting"
  | "running"
  | "sick"
  | "backoff"
  | "stopping";

export interface PartReport {
  phase: PartPhase;
  /** Process lives and its last functional check succeeded recently. */
  ok: boolean;
  detail: string;
  pid?: number;
  /** How often the agent started it again after it died or hung. */
  restarts: number;
  /** How long it has been in this phase. */
  sinceMs: number;
}

/** One host as another host saw it. */
export interface Sighting {
  /** How old the news is. */
  ageMs: number;
  holds: boolean;
  term: number;
  mayHold: boolean;
  primary: boolean;
}

export interface Verdict {
  /** May this host have the service address? */
  mayHold: boolean;
  /** green: all well. amber: serves, but something is missing. red: can not serve. */
  light: "green" | "amber" | "red";
  /** Why, in words; empty when green. */
  reasons: string[];
}

export interface HostReport {
  host: string;
  role: "node" | "witness";
  cluster: string;
  release: string;
  /** SHA-256 of cluster.yaml as checked, first 12 hex digits. */
  config: string;
  /** Wall clock of the teller, ms. */
  wallMs: number;
  agentPid: number;
  agentUptimeMs: number;
  stopping: boolean;
  /** To which node this host is handing the service address over, while it does. */
  handover?: string;
  holds: boolean;
  /** Grows with each takeover in the cluster; tells a newer claim to the address from an older one. */
  term: number;
  verdict: Verdict;
  parts: Partial<Record<PartName, PartReport>>;
  database?: {
    /** starting: has not answered since it was started. running: has, even if it does not now. */
    phase: "down" | "starting" | "running";
    facts?: DatabaseFacts;
    /** As read before the last start. */
    disk: DiskState;
    /** It is down, and `disk` says where it ended. */
    settled: boolean;
    /** It runs (and is not hung) for so long without a Primary Component anywhere in sight. */
    withoutPrimaryMs?: number;
    /** Why it is not started yet. */
    waiting?: string;
  };
  /** undefined: no upstream address configured. */
  upstream?: boolean;
  sees: Record<string, Sighting>;
}

/** One entry of the incident log: GET /events. */
export interface AgentEvent {
  /** Grows by one; a restarted agent continues. */
  seq: number;
  wallMs: number;
  /** CLOCK_MONOTONIC of the host, ms. */
  monotonicMs: number;
  host: string;
  kind: string;
  /** What it is about: a part, a peer, the address. */
  subject: string;
  text: string;
}
