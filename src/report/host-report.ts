import type { HostRole } from "../cluster/schema.ts";
import type { LoopDelay } from "../telemetry/loop-delay.ts";
import type { AlertReport } from "./alerts.ts";
import type { DatabaseFacts, DiskState } from "./database.ts";
import type { Drained } from "./drained.ts";
import type { Drift } from "./drift.ts";
import type { FencingReport } from "./fencing.ts";
import type { Order, OrderState } from "./order.ts";
import type { PartName } from "./parts.ts";

import type { Silence } from "./silence.ts";

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
  /** It takes calls at its own address; undefined: nobody asks for that here, or an older release. */
  serves?: boolean | undefined;
}

export interface Verdict {
  /** May this host have the service address? */
  mayHold: boolean;
  /** green: all well. amber: serves, but something is missing. red: can not serve. */
  light: "green" | "amber" | "red";
  /** Why, in words; empty when green. */
  reasons: string[];
  /** What is missing on each level, in the same words; a level that is not named is all right. */
  levels?: Partial<Record<Level, string[]>>;
}

/** The host below the parts. */
export interface HardwareReport {
  disks: {
    path: string;
    freeBytes: number;
    bytes: number;
    freeInodes: number;
    inodes: number;
    readOnly: boolean;
  }[];
  /** What the files of Kamailio's journal have for themselves; missing: no journal here, or an older agent. */
  journalReserved?: number;
  memory?: { availableBytes: number; totalBytes: number } | undefined;
  /** Share of the last 10 s in which somebody waited for it, % (/proc/pressure). */
  pressure?: { cpu: number | undefined; io: number | undefined };
  link?: "up" | "down";
  /** The wall clock was set, by so much, in the last 10 minutes. */
  clockStep?: { ms: number; agoMs: number };
}

/** The service address as a host sees it that does not hold it. */
export interface OutsideReport {
  /** SIP OPTIONS in a row without a good answer; 0: it answers. */
  failures: number;
  detail: string;
  /** Since the last look. */
  ageMs: number;
  /** How long it has been so. */
  sinceMs: number;
}

/** What a host's health is made of: design.md 2.4, requirement 3.1. */
export const levels = ["network", "hardware", "process", "function"] as const;
export type Level = (typeof levels)[number];

/** Registration, call and record of a test user through the whole node (functional.ts). */
export interface FunctionalReport {
  /** The last call worked. */
  ok: boolean;
  /** Calls that failed in a row. */
  failures: number;
  /** Calls in a row whose event did not reach the database. */
  storeFailures: number;
  detail: string;
  /** How long registration and call took. */
  ms: number;
  /** Since the last test ended. */
  ageMs: number;
}

/** The newest drill of one kind, as GET /v1/drills/last tells it. */
export interface LastDrill {
  kind: string;
  /** RFC 3339. */
  finished_at: string;
  release: string;
  config: string;
  passed: boolean;
  summary: string;
}

/** What two nodes must have the same of, and what waits in one of them. A figure that is missing could not be asked. */
export interface Standing {
  rulesVersion?: number;
  /** Registered contacts that Kamailio knows. */
  contacts?: number;
  /** Media sessions that rtpengine knows, its own and those it follows. */
  sessions?: number;
  /** How long the oldest call event that is not in the database has been waiting. */
  unshippedMs?: number;
  /** Call events that were shipped and are not in the database any more. */
  recordsMissing?: number;
  drills?: LastDrill[];
}

/** One reason why it is not safe to lose a node; `code` is stable, for programs (light.ts lists them). */
export interface LightReason {
  code: LightCode;
  /** What is so. */
  text: string;
  /** What callers would notice if this node had to take over now. */
  callers: string;
  /** What a person does about it. */
  advice: string;
  /** Seen so long by the host that tells it. */
  sinceMs?: number;
}
export const lightCodes = [
  "nobody-holds",
  "holder-silent",
  "no-standby",
  "not-heard",
  "not-fit",
  "stopping",
  "part-down",
  "cut-off",
  "no-quorum",
  "vote-missing",
  "database-behind",
  "replication-stopped",
  "replication-interrupted",
  "release-differs",
  "config-differs",
  "rules-behind",
  "locations-differ",
  "media-behind",
  "journal-unshipped",
  "records-missing",
  "functional-failed",
  "hardware",
  "not-drilled",
  "drill-failed",
] as const;
export type LightCode = (typeof lightCodes)[number];

/**
 * Standby: could it take over now and go on with everything? Holder and witness: is it safe to lose the holder?
 * green: yes. amber: calls would go on, but something is lost or unproven. red: no.
 */
export interface Light {
  colour: "green" | "amber" | "red";
  reasons: LightReason[];
}

export interface HostReport {
  host: string;
  role: HostRole;
  cluster: string;
  release: string;
  /** SHA-256 of cluster.yaml as checked, first 12 hex digits. */
  config: string;
  /** Wall clock of the teller, ms. */
  wallMs: number;
  agentPid: number;
  agentUptimeMs: number;
  /** Which life of the agent this is of, and when in it: pulses name it (pulse.ts). Missing: it sends none. */
  life?: { id: string; ms: number };
  stopping: boolean;
  /** To which node this host is handing the service address over, while it does. */
  handover?: string;
  holds: boolean;
  /** Grows with each takeover in the cluster; tells a newer claim to the address from an older one. */
  term: number;
  verdict: Verdict;
  /** Does this host take calls at its own address (hot-hot, DNS, edges), and if not, why? */
  serves?: { ok: boolean; why: string[] };
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
  hardware?: HardwareReport;
  /** Missing on the holder. */
  outside?: OutsideReport;
  /** Missing: not tested (yet), or an older release. */
  functional?: FunctionalReport;
  /** Missing in reports of releases before the light. */
  standing?: Standing;
  /** Safe to fail over? Not the same as `verdict.light`, which is the health of this host as it is now. */
  light?: Light;
  sees: Record<string, Sighting>;
  /** The share of each other host's pulses that arrive here, percent (line.ts). */
  heardPercent?: Record<string, number>;
  /** undefined: no fencing configured. */
  fencing?: FencingReport;
  /** A person took this node out of service. */
  drained?: Drained;
  /** What this host asks of others, until they have taken it. */
  orders?: Order[];
  /** The orders that this host took last, newest first. */
  orderResults?: OrderState[];
  /** A new release or cluster.yaml runs here that is not confirmed yet. */
  trial?: { change: string; who: string; wallMs: number };
  /** The folder of the release that runs. */
  checkout?: string;
  /** Files and releases that are not as they should be, or not as the others', by file and line. */
  drift?: Drift[];
  /** What this agent notices as a watcher (watch.ts); an older agent has none of it. */
  watch?: WatchReport;
}

export interface WatchReport {
  /** /proc/sys/kernel/random/boot_id: monotonic clocks of two boots can not be compared. */
  boot: string;
  /** CLOCK_MONOTONIC of the teller, ms, at the moment of `wallMs`. */
  monotonicMs: number;
  /** All hosts of cluster.yaml. */
  hosts: Record<string, HostRole>;
  /** `seq` of the newest entry of the incident log. */
  lastEvent: number;
  /** The other hosts' wall clocks against the own, ms. */
  clocks: Record<string, { offsetMs: number; withinMs: number }>;
  /** The hosts that this one does not hear any more, and why, as far as it is known. */
  silent: Record<string, Silence | "unknown">;
  /** How late the agent's event loop was in the last 10 to 20 s. */
  loop: LoopDelay;
  /** Space on the disk of DATA. */
  disk?: { freeBytes: number; totalBytes: number };
  /** When the cluster's certificate ends, ms since 1970. */
  certificateEnds: number;
  /** What the app of this host says is not as it should be. */
  appProblems?: string[];
  alerts: AlertReport;
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

/** A peer's report and how old it is. */
export interface PeerNews {
  ageMs: number;
  report: HostReport;
}
