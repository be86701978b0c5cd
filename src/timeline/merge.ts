import { z } from "zod";
import { type AgentEvent, eventsSchema, momentSchema } from "../report/watch.ts";

/** The incident logs of all hosts in one order. Pure. */

/** What one host gives to the timeline. */
const sourceSchema = z.object({
  host: z.string(),
  /** Who told it: the host itself, another agent that keeps a copy, or nobody. */
  from: z.enum(["itself", "copy", "nobody"]),
  /** Why it is not from itself. */
  problem: z.string().optional(),
  /** Its clocks at the moment when it was asked; absent in a copy. */
  now: momentSchema.optional(),
  /** Its wall clock against that of the host that was asked; null: unknown. */
  clock: z.object({ offsetMs: z.number(), withinMs: z.number() }).nullable(),
  events: eventsSchema,
});
export type Source = z.infer<typeof sourceSchema>;

/** An agent's answer to GET /timeline. @throws ZodError when it is none. */
export const readSources = (given: unknown): Source[] => z.array(sourceSchema).parse(given);

/** An entry with its place on the clock of the host that was asked. */
export interface Entry extends AgentEvent {
  /** ms since 1970 on that clock: when what is told began. */
  at: number;
  /** How far `at` may be off; null: this host's clock could not be compared. */
  withinMs: number | null;
}

/**
 * When each event of a source happened. Within the host's present uptime its monotonic clock says it, also when somebody
 * set the wall clock meanwhile; for what is older there is only the wall clock of that time.
 */
function place({ now, clock, events }: Source): Entry[] {
  const offset = clock?.offsetMs ?? 0;
  const ordered = [...events].sort((one, other) => one.seq - other.seq);
  let later = Number.POSITIVE_INFINITY;
  return ordered
    .reverse()
    .map((event) => {
      const sameBoot = now !== undefined && event.boot === now.boot;
      const own = sameBoot ? now.wallMs - (now.monotonicMs - event.monotonicMs) : event.wallMs;
      // A host's own order is certain; its clock of another day is not.
      const at = Math.min(own - offset, later);
      later = at;
      return { ...event, at: at - (event.beganMsAgo ?? 0), withinMs: clock?.withinMs ?? null };
    })
    .reverse();
}

/** All entries of all hosts, the earliest first. */
export const mergeTimeline = (sources: readonly Source[]): Entry[] =>
  sources
    .flatMap(place)
    .sort((one, other) => one.at - other.at || one.host.localeCompare(other.host) || one.seq - other.seq);
