import { z } from "zod";
import { safeDrills } from "../cluster/drills-schema.ts";
import { partNames } from "./parts.ts";

/**
 * What a person who changes the cluster from one host asks of another host. Orders are few and narrow: nothing in them
 * names a program to run or a file to write. They travel in the issuer's report, which the other agents read anyway
 * (HTTPS, mutual authority, peer token): docs/decisions/0019-change.md
 */

const host = z.string().min(1).max(15);
const directory = z.string().startsWith("/").max(512);

export const workSchema = z.discriminatedUnion("kind", [
  /** Take no new work: hand the service address over if it is here, and do not take it again. */
  z.strictObject({ kind: z.literal("drain"), why: z.string().max(200), force: z.boolean() }),
  z.strictObject({ kind: z.literal("undrain") }),
  /** Hand the service address over. */
  z.strictObject({ kind: z.literal("switchover"), force: z.boolean() }),
  /** For a drill: kill one part of a host that carries no calls; its agent starts it again. */
  z.strictObject({ kind: z.literal("kill-part"), part: z.enum(partNames) }),
  /** Run a drill of the catalogue where it is: it has begun when the order is done; `drilling` of the report tells the rest. */
  z.strictObject({ kind: z.literal("drill"), name: z.enum(safeDrills), runs: z.int().min(1).max(5) }),
  /** Asynchronous replication: put this host's data aside and copy those of the other node. */
  z.strictObject({ kind: z.literal("renew-database") }),
  /** Start the agent again; with `parts` all its parts too. */
  z.strictObject({ kind: z.literal("restart"), parts: z.boolean(), force: z.boolean() }),
  /** Is there a release in this directory of that host, ready to run? */
  z.strictObject({ kind: z.literal("look"), directory }),
  /** Run this release from now on. Without `confirm` the host goes back by itself. */
  z.strictObject({ kind: z.literal("release"), directory, release: z.string().max(64), force: z.boolean() }),
  /** Check this cluster.yaml and keep it aside. */
  z.strictObject({ kind: z.literal("stage"), text: z.string().max(65_536) }),
  /** Put the staged file in place and start with it. Without `confirm` the host goes back by itself. */
  z.strictObject({ kind: z.literal("activate"), digest: z.string().max(64), force: z.boolean() }),
  /** The new release, or the new file, stays. */
  z.strictObject({ kind: z.literal("confirm") }),
  /** Back to the release and the file before. */
  z.strictObject({ kind: z.literal("back") }),
]);
export type Work = z.infer<typeof workSchema>;

export const orderSchema = z.strictObject({
  id: z.string().min(1).max(64),
  /** The change that it is a step of: two changes at a time would undo each other. */
  change: z.string().min(1).max(64),
  /** Which host is to do it. */
  host,
  /** Who wants it, e.g. root@a. */
  who: z.string().min(1).max(80),
  work: workSchema,
});
export type Order = z.infer<typeof orderSchema>;

/** Orders in a report: one of another release that this one does not know is left alone; its giver says so in time. */
export const ordersSchema = z
  .array(z.unknown())
  .transform((orders) => orders.flatMap((given) => orderSchema.safeParse(given).data ?? []));

/** What became of an order; told in the report of the host that took it. */
export const orderStateSchema = z.object({
  id: z.string(),
  change: z.string(),
  /** As in Work, or what another release knows besides. */
  kind: z.string(),
  who: z.string(),
  state: z.enum(["running", "done", "failed"]),
  /** For people: what was done, or why not. */
  text: z.string(),
  /** Consequences, one line each, when the work was to look at something. */
  details: z.array(z.string()).optional(),
  /** Wall clock, ms. */
  wallMs: z.number(),
});
export type OrderState = z.infer<typeof orderStateSchema>;
