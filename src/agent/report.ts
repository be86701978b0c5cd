import type { PartName } from "../components/component.ts";
import type { DatabaseFacts } from "../components/mariadb/index.ts";
import type { DiskState } from "../components/mariadb/state.ts";

/** What agents tell each other and people: GET /status. Ages in ms, measured by the teller's monotonic clock. */

export type PartPhase =
  | "stopped"
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
  /** What this agent notices as a watcher (watch.ts); an older agent has none of it. */
  watch?: WatchReport;
}

export interface WatchReport {
  /** /proc/sys/kernel/random/boot_id: monotonic clocks of two boots can not be compared. */
  boot: string;
  /** CLOCK_MONOTONIC of the teller, ms, at the moment of `wallMs`. */
  monotonicMs: number;
  /** `seq` of the newest entry of the incident log. */
  lastEvent: number;
  /** The other hosts' wall clocks against the own, ms. */
  clocks: Record<string, { offsetMs: number; withinMs: number }>;
}

/** One entry of the incident log: GET /events. */
export interface AgentEvent {
  /** Grows by one; a restarted agent continues. */
  seq: number;
  wallMs: number;
  /** CLOCK_MONOTONIC of the host, ms. */
  monotonicMs: number;
  /** Of which uptime `monotonicMs` is; older agents did not say. */
  boot?: string;
  /** What is told began so long before it was noticed. */
  beganMsAgo?: number;
  host: string;
  kind: string;
  /** What it is about: a part, a peer, the address. */
  subject: string;
  text: string;
}
