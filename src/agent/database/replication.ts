import type { ReplicationFacts } from "../../report/database.ts";
import type { PeerNews } from "../../report/host-report.ts";
import { databaseNews } from "./start.ts";

/** Two databases that follow each other (database.replication: asynchronous): what is to be done about the own one. Pure. */

/** The other node's database, by its agent's report. */
export interface Partner {
  name: string;
  /** Does its disk have data? undefined: it can not say yet. */
  initialised: boolean | undefined;
  /** It answers and has the data. */
  works: boolean;
  readOnly: boolean;
  /** Number of its last own transaction. */
  own: number;
  /** Of its data; undefined: it can not be asked. */
  id: string | undefined;
}

export function partnerFrom(name: string, news: PeerNews | undefined): Partner | undefined {
  const database = databaseNews(news);
  if (!database) return undefined;
  const { facts, phase, settled, disk } = database;
  return {
    name,
    initialised: settled || phase !== "down" ? disk.initialised : undefined,
    works: facts?.primary === true,
    readOnly: facts?.replication?.readOnly ?? true,
    own: facts?.replication?.own ?? 0,
    id: facts?.replication?.id,
  };
}

export type ReplicaStart = { go: true; empty: boolean } | { go: false; why: string };

/** An empty disk beside a full one is filled from it; two empty ones are a new cluster. */
export function decideReplicaStart(
  initialised: boolean,
  name: string,
  partner: Partner | undefined,
): ReplicaStart {
  if (initialised) return { go: true, empty: false };
  if (partner?.initialised === undefined)
    return { go: false, why: `there are no data here, and ${name} (not heard) may have them` };
  if (!partner.initialised) return { go: true, empty: true };
  return partner.works
    ? { go: true, empty: false }
    : { go: false, why: `${name} has the data, and its database does not answer (yet)` };
}

/**
 * `follow`: tell the server whom to follow; `start`: let it try again; `copy`: fill it with the other's data; `open`: let
 * it take writes; `reconcile`: let the app compare journals, events and records, now that both sites' have come together.
 */
export type ReplicationAction =
  | { do: "follow" | "start" | "copy" | "reconcile" }
  | { do: "open"; why: string };

export interface ReplicationSituation {
  facts: ReplicationFacts;
  /** Which of the two comes first in cluster.yaml. */
  first: boolean;
  /** undefined: not heard. */
  partner: Partner | undefined;
  /** How long the other's database has not answered, as far as is known; 0: it does. */
  partnerAwayMs: number;
  /** Which data of the other the server was last told to follow; undefined: not known. */
  followedId: string | undefined;
  /** It has not followed at some time since the last `reconcile` that was done. */
  parted: boolean;
  /** It has answered since this agent started. */
  partnerKnown: boolean;
  /** Since the last action of each kind, ms; missing: there was none. */
  sinceMs: Partial<Record<ReplicationAction["do"], number>>;
}

/** A database whose partner has died opens for writes after so long: the journals wait for that. */
const aloneMs = 3000;
/** The other host may still be starting, after a power cut at both sites, and may have what is not here. */
const startingMs = 20_000;
const retryMs = 5000;
const reconcileRetryMs = 10_000;
/** Faults that go away: deadlock, lock wait, full disk or table, memory. https://mariadb.com/kb/en/mariadb-error-codes/ */
const passing = new Set([1205, 1213, 1021, 1030, 1037, 1041, 1114]);
/** The other's log does not begin where we ended: it was made from scratch and will have it, or it was away for too long. */
const notInLog = 1236;

/** Why the server may take writes now; undefined: it may not. */
function whyOpen(s: ReplicationSituation): string | undefined {
  const { facts, first, partner } = s;
  if (s.partnerAwayMs > (s.partnerKnown ? aloneMs : startingMs))
    return `${facts.from}'s database does not answer`;
  if (!partner?.works) return undefined;
  if (facts.state === "following")
    return facts.applied >= partner.own ? `it has everything that ${facts.from} has` : undefined;
  // Two that can not follow each other: one must take the records.
  return first && partner.readOnly && partner.initialised
    ? `${facts.from}'s is read-only too, and this is the first node`
    : undefined;
}

/**
 * Does the server need another START SLAVE? Nobody tells it to stop: without a fault it has just not been started. What
 * stopped it may be gone with the other's data of then (database renew).
 */
function startable({ facts: { state, errno = 0 }, partner, followedId }: ReplicationSituation): boolean {
  if (state === "interrupted") return errno === 0;
  if (state !== "stopped") return false;
  return errno === notInLog || passing.has(errno) || (partner?.works === true && partner.id !== followedId);
}

export function decideReplication(s: ReplicationSituation): ReplicationAction | undefined {
  const { facts, partner } = s;
  const due = (kind: ReplicationAction["do"], ms = retryMs) => (s.sinceMs[kind] ?? ms) >= ms;
  if (facts.state === "copying") return partner?.works && due("copy") ? { do: "copy" } : undefined;
  if (facts.state === "new") return due("follow") ? { do: "follow" } : undefined;
  if (startable(s) && due("start")) return { do: "start" };
  if (facts.readOnly) {
    const why = due("open") ? whyOpen(s) : undefined;
    return why === undefined ? undefined : { do: "open", why };
  }
  const together = facts.state === "following" && partner?.works === true && facts.applied >= partner.own;
  return s.parted && together && due("reconcile", reconcileRetryMs) ? { do: "reconcile" } : undefined;
}
