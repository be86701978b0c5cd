import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ask } from "./client.ts";
import { useEvents } from "./live.ts";

/** GET /v1/cluster: what `dialtone status` knows. Times are RFC 3339, of the node that was asked. */

export interface ClusterProblem {
  host: string;
  code: string;
  /** down: callers notice it now. risk: at the next fault. note: nobody notices. */
  severity: "down" | "risk" | "note";
  what: string;
  callers: string;
  advice: string;
  since: string | null;
}

export interface ClusterPart {
  name: string;
  ok: boolean;
  phase: string;
  detail: string;
  restarts: number;
  since: string;
}

export interface ClusterHost {
  name: string;
  role: string;
  address: string;
  heard: boolean;
  heard_at: string | null;
  stands: "holder" | "standby" | "unfit" | "out-of-service" | "votes" | "passes-on" | "silent";
  health: "green" | "amber" | "red" | null;
  why: string[];
  release: string | null;
  out_of_service: { by: string; why: string; since: string } | null;
  parts: ClusterPart[];
  disk_free_percent: number | null;
}

export interface ClusterLoad {
  conversations: number | null;
  contacts: number | null;
  refused_per_second: number;
  refused_total: number;
  limit_per_second: number | null;
}

export interface Cluster {
  cluster: string;
  /** The node that answers. */
  asked: string;
  agent: { ok: boolean; problem: string | null };
  database: { ok: boolean; problem: string | null };
  state: "ok" | "risk" | "down";
  headline: string;
  light: {
    colour: "green" | "amber" | "red";
    reasons: { code: string; text: string; callers: string; advice: string; since: string | null }[];
  };
  problems: ClusterProblem[];
  address: { service: string[]; holder: string | null; handover_to: string | null; ready: string[] };
  hosts: ClusterHost[];
  freeswitch: { host: string; answers: boolean; since: string }[];
  carriers: { carrier: string; state: "registered" | "unregistered" | "silent"; since: string }[];
  guards: { guard: string; subject: string; why: string; since: string }[];
  drills: { kind: string; finished_at: string; passed: boolean; summary: string; current: boolean }[];
  drilling: { host: string; name: string; by: string; since: string; said: string } | null;
  orders: { id: string; host: string; kind: string; who: string; state: string; text: string }[];
  load: ClusterLoad;
}

const queryKey = ["cluster"];

type News = { type: "cluster"; cluster: Cluster } | { type: "load"; load: ClusterLoad };

/** The cluster, live: as it is now, and again whenever it changes. */
export function useCluster() {
  const queries = useQueryClient();
  useEvents("/v1/cluster/events", ["cluster", "load"], (_type, data) => {
    const news = data as News;
    if (news.type === "cluster") queries.setQueryData<Cluster>(queryKey, news.cluster);
    else
      queries.setQueryData<Cluster>(queryKey, (before) =>
        before === undefined ? undefined : { ...before, load: news.load },
      );
  });
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await ask<Cluster>("GET", "/v1/cluster", { signal })).data,
    // The stream tells what changes; this is for a stream that does not come about.
    refetchInterval: 30_000,
  });
}
