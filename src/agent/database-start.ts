import type { DiskState } from "../components/mariadb/state.ts";
import type { PeerNews } from "./judge.ts";

/** How the database of this node is to be started. Pure. Facts in shared knowledge: Galera, "Restarting the cluster". */

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
}

/** Older news says nothing about what a node is doing now. */
const freshMs = 1500;

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
 * Joins where a Primary Component exists or may come back by itself; bootstraps only when every data node is heard
 * and none of them can have newer data. Two Primary Components are worse than none.
 */
export function decideDatabaseStart(s: StartSituation): DatabaseStart {
  const others = s.nodeOrder
    .filter((name) => name !== s.host)
    .map((name) => {
      const news = s.peers[name];
      return { name, database: news && news.ageMs <= freshMs ? news.report.database : undefined };
    });
  const primary = others.find((other) => other.database?.facts?.primary);
  if (primary) return { action: "join" };
  // gvwstate.dat: the last members find each other again by pc.recovery, whoever comes first.
  if (s.disk.initialised && s.disk.view) return { action: "join" };
  const silent = others.filter((other) => other.database === undefined).map((other) => other.name);
  if (silent.length > 0)
    return {
      action: "wait",
      why: `no Primary Component is known, and ${silent.join(", ")} (not heard) may have newer data`,
    };
  const disks = [
    { name: s.host, disk: s.disk },
    ...others.flatMap((other) => (other.database ? [{ name: other.name, disk: other.database.disk }] : [])),
  ];
  const initialised = disks.filter(({ disk }) => disk.initialised);
  const first = initialised.length === 0 ? s.nodeOrder[0] : newestFirst(s.nodeOrder, initialised)[0]?.name;
  if (disks.some(({ name, disk }) => name !== s.host && disk.initialised && disk.view))
    return {
      action: "wait",
      why: "another node remembers the last Primary Component; joining when it is back",
    };
  if (first !== s.host) return { action: "wait", why: `${first} starts the database first` };
  return {
    action: "bootstrap",
    why:
      initialised.length === 0
        ? "a new cluster, and this is its first node"
        : "every data node is heard and none has newer data",
  };
}

/**
 * The way out when all data nodes run but no Primary Component forms, because a member that only votes (or nobody)
 * is missing for good: every data node is heard, so nothing newer can exist elsewhere.
 */
export function decideRescue(s: StartSituation & { startingForMs: number }): DatabaseStart {
  const patienceMs = 15_000;
  const others = s.nodeOrder.filter((name) => name !== s.host).map((name) => ({ name, news: s.peers[name] }));
  if (s.startingForMs < patienceMs)
    return { action: "wait", why: "the last members may still find each other" };
  const disks = [{ name: s.host, disk: s.disk }];
  for (const { name, news } of others) {
    const database = news && news.ageMs <= freshMs ? news.report.database : undefined;
    if (!database) return { action: "wait", why: `${name} is not heard` };
    if (database.facts?.primary) return { action: "wait", why: `${name} is in the Primary Component` };
    disks.push({ name, disk: database.disk });
  }
  const best = newestFirst(
    s.nodeOrder,
    disks.filter(({ disk }) => disk.initialised),
  )[0];
  if (best?.name !== s.host) return { action: "wait", why: `${best?.name ?? "nobody"} has the newest data` };
  return {
    action: "bootstrap",
    why: "all data nodes are heard, none is Primary, and this one has the newest data",
  };
}
