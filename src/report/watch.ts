import { z } from "zod";
import { hostRoleSchema } from "../cluster/schema.ts";
import { alertsSchema } from "./alerts.ts";
import { endingTokenSchema } from "./app-health.ts";
import { silenceSchema } from "./silence.ts";

/** What an agent notices as a watcher of the others, and its incident log. */

export const watchSchema = z.object({
  /** /proc/sys/kernel/random/boot_id: monotonic clocks of two boots can not be compared. */
  boot: z.string(),
  /** CLOCK_MONOTONIC of the teller, ms, at the moment of `wallMs`. */
  monotonicMs: z.number(),
  /** All hosts of cluster.yaml. */
  hosts: z.record(z.string(), hostRoleSchema),
  /** `seq` of the newest entry of the incident log. */
  lastEvent: z.number(),
  /** The other hosts' wall clocks against the own, ms. */
  clocks: z.record(z.string(), z.object({ offsetMs: z.number(), withinMs: z.number() })),
  /** The hosts that this one does not hear any more, and why, as far as it is known. */
  silent: z.record(z.string(), silenceSchema.or(z.literal("unknown")).catch("unknown")),
  /** How late the agent's event loop was in the last 10 to 20 s: 99 of 100 timers by no more than `p99Ms`. */
  loop: z.object({ p99Ms: z.number(), maxMs: z.number() }),
  /** Space on the disk of DATA. */
  disk: z.object({ freeBytes: z.number(), totalBytes: z.number() }).optional(),
  /** When the cluster's certificate ends, ms since 1970. */
  certificateEnds: z.number(),
  /** What the app of this host says is not as it should be. */
  appProblems: z.array(z.string()).optional(),
  /** Tokens of programs that end soon, as the app of this host knows them; missing: none, or it does not say. */
  endingTokens: z.array(endingTokenSchema).optional(),
  alerts: alertsSchema,
});
export type WatchReport = z.infer<typeof watchSchema>;

/** One entry of the incident log: GET /events. */
const eventSchema = z.object({
  /** Grows by one; a restarted agent continues. */
  seq: z.number(),
  wallMs: z.number(),
  /** CLOCK_MONOTONIC of the host, ms. */
  monotonicMs: z.number(),
  /** Of which uptime `monotonicMs` is; older agents did not say. */
  boot: z.string().optional(),
  /** What is told began so long before it was noticed. */
  beganMsAgo: z.number().optional(),
  host: z.string(),
  kind: z.string(),
  /** What it is about: a part, a peer, the address. */
  subject: z.string(),
  text: z.string(),
});
export type AgentEvent = z.infer<typeof eventSchema>;

/** What is no entry of an incident log is left out: a log outlives releases. */
export const eventsSchema = z
  .array(z.unknown())
  .transform((given) => given.flatMap((one) => eventSchema.safeParse(one).data ?? []));

/** Entries of an incident log. @throws ZodError when it is not even a list. */
export const readEvents = (given: unknown): AgentEvent[] => eventsSchema.parse(given);

/** A host's clocks at one moment. */
export const momentSchema = z.object({ wallMs: z.number(), monotonicMs: z.number(), boot: z.string() });

const ownTimelineSchema = momentSchema.extend({ events: eventsSchema });
/** What an agent answers about its own incident log: GET /timeline/own. */
export type OwnTimeline = z.infer<typeof ownTimelineSchema>;

/** @throws ZodError when it is none. */
export const readOwnTimeline = (given: unknown): OwnTimeline => ownTimelineSchema.parse(given);
