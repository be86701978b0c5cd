import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";

/** What of a service that can be called is there, as the API tells it. */

export const steps = ["site", "numbers", "people", "carrier", "call"] as const;
export type Step = (typeof steps)[number];

/** More of each than the first steps show. */
const limit = 50;
const few = { params: { query: { limit } } };

async function load() {
  const [sites, numbers, ranges, users, carriers, records] = await Promise.all([
    answer(api.GET("/v1/sites", few)),
    answer(api.GET("/v1/numbers", few)),
    answer(api.GET("/v1/ranges", few)),
    answer(api.GET("/v1/users", few)),
    answer(api.GET("/v1/carriers", few)),
    answer(api.GET("/v1/records", { params: { query: { limit: 1 } } })),
  ]);
  return {
    sites: sites.sites,
    numbers: numbers.numbers,
    ranges: ranges.ranges,
    users: users.users,
    carriers: carriers.carriers,
    called: records.records.length > 0,
  };
}
export type Made = Awaited<ReturnType<typeof load>>;

const queryKey = ["begin"];

export const useMade = () => useQuery({ queryKey, queryFn: load });

/** After something was made: pages that show it ask anew too. */
export function useMadeMore(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    for (const kind of ["sites", "numbers", "ranges", "users", "carriers", "guards", "people"])
      void queries.invalidateQueries({ queryKey: [kind] });
    await queries.invalidateQueries({ queryKey });
  };
}

/** Which steps are done. Pure. */
export const doneOf = (made: Made, me: string | undefined): Record<Step, boolean> => ({
  site: made.sites.length > 0,
  numbers: made.numbers.length + made.ranges.length > 0,
  people: made.users.length > 0 && me !== undefined,
  carrier: made.carriers.length > 0,
  call: made.called,
});

/** Which steps are missing; undefined: nobody asks, it is not known, or not for whoever is logged in to make. */
export function useMissing(asked: boolean): Step[] | undefined {
  const { may, person } = useSession();
  const enabled = asked && may("operator");
  const missing = (made: Made) => {
    const done = doneOf(made, person.user);
    return steps.filter((step) => !done[step]);
  };
  const { data } = useQuery({
    queryKey,
    queryFn: load,
    enabled,
    retry: false,
    // Each look at the overview would ask six questions, for as long as the service lives: once all is there, none.
    staleTime: ({ state }) =>
      state.data && missing(state.data as Made).length === 0 ? Number.POSITIVE_INFINITY : 5000,
  });
  return enabled && data ? missing(data) : undefined;
}
