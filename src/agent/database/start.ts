import type { DiskState } from "../../report/database.ts";
import type { HostReport, PeerNews } from "../../report/host-report.ts";
import { comesBackMs } from "../address/judge.ts";

/** How the database of this node is to be started. Pure. https://galeracluster.com/library/documentation/crash-recovery.html. */

export type DatabaseStart =
  | { action: "join" }
  | { action: "bootstrap"; why: string }
  | { action: "wait"; why: string };

export interface StartSituation {
  host: string;
  /** All data nodes in the order of cluster.yaml. */
  nodeOrder: string[];
  disk: DiskState;
  peers: Record<string, PeerNews | undefined>;
  /** Hosts that vote but hold no data. */
  witnesses: string[];
}

/** Older news says nothing about what a node is doing now. */
const freshMs = 1500;

/** What another node says of its database, if that is news. */
export const databaseNews = (news: PeerNews | undefined): HostReport["database"] =>
  news && news.ageMs <= freshMs ? news.report.database : undefined;

/** Place in the history of the cluster's transactions. */
export interface Position {
  uuid: string;
  seqno: number;
}

const differ = (positions: Position[]): boolean =>
  new Set(positions.map((position) => position.uuid)).size > 1;
const twoHistories =
  "the nodes' data come from two different clusters: a person must decide which is right (docs/real-hosts.md)";

/** A state transfer that was interrupted leaves a directory with files, but without a place in the history. */
const hasData = (disk: DiskState): boolean => disk.initialised && disk.uuid !== "";

/**
 * A witness whose arbitrator runs may be a Primary Component of its own, without any data: a new one beside it would be
 * struck down when they meet ("conflicting prims: older overrides"). It abstains when it sees what we see (decideVote).
 */
function voter(s: StartSituation): string | undefined {
  return s.witnesses.find((name) => {
    const news = s.peers[name];
    const garbd = news && news.ageMs <= freshMs ? news.report.parts.garbd : undefined;
    return garbd !== undefined && garbd.pid !== undefined;
  });
}

/** Newest data first; `safe_to_bootstrap` is Galera's own word for "I left last". */
function newestFirst(order: string[], nodes: { name: string; disk: DiskState }[]) {
  return [...nodes].sort(
    (x, y) =>
      Number(y.disk.safeToBootstrap) - Number(x.disk.safeToBootstrap) ||
      y.disk.seqno - x.disk.seqno ||
      order.indexOf(x.name) - order.indexOf(y.name),
  );
}

/**
 * Joins where a Primary Component exists or may come back by itself; bootstraps only when every other data node says
 * that its database is down and where it ended, and none can have newer data. A database that runs but does not
 * answer (hung, busy as a donor) may be Primary: never bootstrap beside it. Two Primary Components are worse than none.
 */
export function decideDatabaseStart(s: StartSituation): DatabaseStart {
  const others = s.nodeOrder
    .filter((name) => name !== s.host)
    .map((name) => {
      return { name, database: databaseNews(s.peers[name]) };
    });
  if (others.some((other) => other.database?.facts?.primary)) return { action: "join" };
  // gvwstate.dat: the last members find each other again by pc.recovery, whoever comes first.
  if (s.disk.initialised && s.disk.view) return { action: "join" };
  const running = others.find((other) => other.database && other.database.phase !== "down");
  if (running)
    return hasData(s.disk)
      ? { action: "join" }
      : { action: "wait", why: `${running.name}'s database runs, but is not (yet) in a Primary Component` };
  const unknown = others.filter((other) => !other.database?.settled).map((other) => other.name);
  if (unknown.length > 0)
    return {
      action: "wait",
      why: `no Primary Component is known, and ${unknown.join(", ")} (not heard) may have newer data`,
    };
  const disks = [
    { name: s.host, disk: s.disk },
    ...others.flatMap((other) => (other.database ? [{ name: other.name, disk: other.database.disk }] : [])),
  ];
  if (disks.some(({ name, disk }) => name !== s.host && disk.initialised && disk.view))
    return {
      action: "wait",
      why: "another node remembers the last Primary Component; joining when it is back",
    };
  const filled = disks.filter(({ disk }) => hasData(disk));
  if (differ(filled.map(({ disk }) => disk))) return { action: "wait", why: twoHistories };
  const first = filled.length === 0 ? s.nodeOrder[0] : newestFirst(s.nodeOrder, filled)[0]?.name;
  if (first !== s.host) return { action: "wait", why: `${first} starts the database first` };
  const votes = voter(s);
  if (votes !== undefined) return { action: "wait", why: `${votes} must take its vote back first` };
  return {
    action: "bootstrap",
    why:
      filled.length === 0
        ? "a new cluster, and this is its first node"
        : "every data node is heard and none has newer data",
  };
}

export type Rescue =
  | { action: "wait"; why: string }
  | { action: "yield"; to: string }
  | { action: "bootstrap"; why: string };

/**
 * The way out when all data nodes run or wait but no Primary Component with data comes about: the witness is gone for
 * good, or a joiner and the witness outvoted the only node with data and now both ask for a state transfer ("No donor
 * candidates"). When every data node is heard and none can be Primary, the newest restarts, after all others have
 * taken their databases down (yield), so that no second component is left.
 */
export function decideRescue(s: StartSituation & { withoutPrimaryMs: number; position: Position }): Rescue {
  const patienceMs = 15_000;
  if (s.withoutPrimaryMs < patienceMs)
    return { action: "wait", why: "the last members may still find each other" };
  const candidates = [{ name: s.host, ...s.position }];
  const up: string[] = [];
  for (const name of s.nodeOrder.filter((other) => other !== s.host)) {
    const news = s.peers[name];
    const database = databaseNews(news);
    if (!database) return { action: "wait", why: `${name} is not heard` };
    const { phase, facts, disk, settled } = database;
    if (facts?.primary || (phase === "running" && !facts))
      return { action: "wait", why: `${name}'s database may be in a Primary Component` };
    if (phase === "down" && !settled)
      return { action: "wait", why: `${name} is still reading the position of its last transaction` };
    if (phase === "starting" && (news?.report.parts.mariadb?.sinceMs ?? 0) < patienceMs)
      return { action: "wait", why: `${name}'s database was started just now` };
    if (phase !== "down") up.push(name);
    candidates.push({ name, uuid: facts?.uuid || disk.uuid, seqno: facts?.seqno ?? disk.seqno });
  }
  const filled = candidates.filter((candidate) => candidate.uuid !== "");
  if (differ(filled)) return { action: "wait", why: twoHistories };
  const [best] = filled.sort(
    (x, y) => y.seqno - x.seqno || s.nodeOrder.indexOf(x.name) - s.nodeOrder.indexOf(y.name),
  );
  if (!best) return { action: "wait", why: "no node has data" };
  if (best.name !== s.host) return { action: "yield", to: best.name };
  if (up.length > 0) return { action: "wait", why: `${up.join(", ")} must take the database down first` };
  return {
    action: "bootstrap",
    why: "all data nodes are heard, none is Primary, and this one has the newest data",
  };
}

/** The address has gone to the node with the quorum by then, if that one can take it. */
const handedOverMs = 5000;
/** What a returning database lacks is at most its donor's gcache (64 MB): without any progress for so long it is stuck. */
const stuckMs = 60_000;

/**
 * A database that runs outside of the Primary Component while another node is in it comes back by itself within
 * seconds; one that does not (it found itself inconsistent, or its group communication stopped) must restart. So must
 * one whose donor was lost in the middle, and which waits for it: `stillMs`, since its position last moved.
 */
export const mustRejoin = (s: {
  primary: boolean;
  peerPrimary: boolean;
  state: string;
  forMs: number;
  stillMs: number;
  /**
   * This host has the service address, which may wait for the database (judge.ts): restarting it would move it.
   * Observation.quorumLostMs; missing: it does not hold the address.
   */
  holderLostMs?: number | undefined;
}): boolean =>
  !(s.holderLostMs !== undefined && s.holderLostMs < comesBackMs + handedOverMs) &&
  !s.primary &&
  s.peerPrimary &&
  (/^(Joining|Joined|Donor)/.test(s.state) ? s.stillMs > stuckMs : s.forMs > 20_000);

/**
 * Shall a witness's arbitrator run? Not while every data node is heard and none is, or can by itself become, Primary:
 * then one of them is about to start a new component, and the arbitrator's memory of the old one is in its way.
 */
export function decideVote(dataNodes: string[], peers: Record<string, PeerNews | undefined>): DatabaseStart {
  const patienceMs = 12_000;
  const vote = { action: "join" } as const;
  let up = 0;
  let remembered = false;
  for (const name of dataNodes) {
    const news = peers[name];
    const database = databaseNews(news);
    if (!database) return vote;
    const { phase, facts, settled, disk } = database;
    if (facts?.primary || (phase === "running" && !facts) || (phase === "down" && !settled)) return vote;
    if (phase !== "down") {
      up++;
      if ((database.withoutPrimaryMs ?? 0) < patienceMs) return vote;
    } else if (disk.view) remembered = true;
  }
  if (up === 0 && remembered) return vote;
  return { action: "wait", why: "no data node is Primary: one of them restarts the database" };
}
