import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "./client.ts";
import { useEvents } from "./live.ts";
import type { paths } from "./schema.ts";

/** GET /v1/cluster: what `dialtone status` knows. Times are RFC 3339, of the node that was asked. */
export type Cluster = paths["/v1/cluster"]["get"]["responses"][200]["content"]["application/json"];
export type ClusterProblem = Cluster["problems"][number];
export type ClusterHost = Cluster["hosts"][number];
export type ClusterLoad = Cluster["load"];

const queryKey = ["cluster"];

/** The cluster, live: as it is now, and again whenever it changes. */
export function useCluster() {
  const queries = useQueryClient();
  useEvents("/v1/cluster/events", ["cluster", "load"], (type, data) => {
    queries.setQueryData<Cluster>(queryKey, (before) =>
      // The app's own words: its schema is theirs too.
      type === "cluster" ? (data as Cluster) : before && { ...before, load: data as ClusterLoad },
    );
  });
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => answer(api.GET("/v1/cluster", { signal })),
    // The stream tells what changes; this is for a stream that does not come about.
    refetchInterval: 30_000,
  });
}
