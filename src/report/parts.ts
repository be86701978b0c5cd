import { z } from "zod";

/** The stock (and own) parts that an agent runs. */
export const partNames = [
  "mariadb",
  "garbd",
  "redis",
  "rtpengine",
  "kamailio",
  "haproxy",
  "keepalived",
  "app",
] as const;

export type PartName = (typeof partNames)[number];

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

const partSchema = z.object({
  /** One of PartPhase, or what another release calls it. */
  phase: z.string(),
  /** Process lives and its last functional check succeeded recently. */
  ok: z.boolean(),
  detail: z.string(),
  /** It is silent for a reason that a restart would not mend, in words. Missing: it is not, or an older release. */
  busy: z.string().exactOptional(),
  pid: z.number().optional(),
  /** How often the agent started it again after it died or hung. */
  restarts: z.number(),
  /** How long it has been in this phase. */
  sinceMs: z.number(),
});
export type PartReport = z.infer<typeof partSchema>;

const one = partSchema.exactOptional();

/** A part that this release does not know is passed over. */
export const partsSchema = z.object({
  mariadb: one,
  garbd: one,
  redis: one,
  rtpengine: one,
  kamailio: one,
  haproxy: one,
  keepalived: one,
  app: one,
} satisfies Record<PartName, typeof one>);
