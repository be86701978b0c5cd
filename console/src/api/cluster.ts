import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ask } from "./client.ts";
import { useEvents } from "./live.ts";

/** GET /v1/cluster as far as the console shows it: what `dialtone status --json` says. */
export interface ClusterView {
  at?: string;
  [key: string]: unknown;
}

const queryKey = ["cluster"];

/** The cluster, live: its state now, and again whenever it changes. */
export function useCluster() {
  const queries = useQueryClient();
  useEvents("/v1/cluster/events", ["cluster", "message"], (_type, data) => {
    queries.setQueryData(queryKey, data);
  });
  return useQuery({
    queryKey,
    queryFn: async ({ signal }) => (await ask<ClusterView>("GET", "/v1/cluster", { signal })).data,
    refetchInterval: 15_000,
  });
}
