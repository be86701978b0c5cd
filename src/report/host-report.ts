import { z } from "zod";
import { hostRoleSchema } from "../cluster/schema.ts";
import { databaseSchema } from "./database.ts";
import { drainedSchema } from "./drained.ts";
import { driftSchema } from "./drift.ts";
import { fencingSchema } from "./fencing.ts";
import { freeswitchSchema } from "./freeswitch.ts";
import { hardwareSchema } from "./hardware.ts";
import { lightSchema } from "./light.ts";
import { orderStateSchema, ordersSchema } from "./order.ts";
import { partsSchema } from "./parts.ts";
import { refusingSchema } from "./refusing.ts";
import { brokenCarriersSchema, guardAlarmsSchema, registrationsSchema } from "./registrations.ts";
import { functionalSchema, outsideSchema, standingSchema } from "./standing.ts";
import { sightingSchema, verdictSchema } from "./verdict.ts";
import { watchSchema } from "./watch.ts";
import { webSchema } from "./web.ts";

/**
 * What agents tell each other and people: GET /status. Ages in ms, measured by the teller's monotonic clock.
 *
 * Agents of two releases read each other during every upgrade. What only the other one knows is passed over; a word that
 * this one does not know counts as the least that it can mean; and what is told beside the address and the parts counts as
 * not told when it can not be read, so that no addition takes a node's voice away.
 */

/** What nobody's address depends on: unreadable is as if it were missing. */
const beside = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

const hostReportSchema = z.object({
  host: z.string(),
  role: hostRoleSchema,
  cluster: z.string(),
  release: z.string(),
  /** SHA-256 of cluster.yaml as checked, first 12 hex digits. */
  config: z.string(),
  /** Wall clock of the teller, ms. */
  wallMs: z.number(),
  agentPid: z.number(),
  agentUptimeMs: z.number(),
  /** Which life of the agent this is of, and when in it: pulses name it (pulse.ts). Missing: it sends none. */
  life: z.object({ id: z.string(), ms: z.number() }).optional(),
  /** Grows when something in here changes that others act on; pulses name it too. Missing: an older release. */
  version: z.number().optional(),
  stopping: z.boolean(),
  /** To which node this host is handing the service address over, while it does. */
  handover: z.string().optional(),
  holds: z.boolean(),
  /** Grows with each takeover in the cluster; tells a newer claim to the address from an older one. */
  term: z.number(),
  verdict: verdictSchema,
  /** Does this host take calls at its own address (hot-hot, DNS, edges), and if not, why? */
  serves: z.object({ ok: z.boolean(), why: z.array(z.string()) }).optional(),
  parts: partsSchema,
  database: databaseSchema.optional(),
  /** undefined: no upstream address configured. */
  upstream: z.boolean().optional(),
  hardware: beside(hardwareSchema),
  /** Missing on the holder. */
  outside: beside(outsideSchema),
  /** Missing: it takes all calls. */
  refusing: beside(refusingSchema),
  /** Missing: there are none, or another host has the address. */
  registrations: beside(registrationsSchema),
  /** Missing: none, or another host has the address. */
  brokenCarriers: beside(brokenCarriersSchema),
  guardAlarms: beside(guardAlarmsSchema),
  /** Missing: there are none, or another host has the address. */
  freeswitch: beside(freeswitchSchema),
  /** Missing: no web door here, it does not answer, or an older release. */
  web: beside(webSchema),
  /** Missing: not tested (yet), or an older release. */
  functional: beside(functionalSchema),
  /** Missing in reports of releases before the light. */
  standing: beside(standingSchema),
  /** Safe to fail over? Not the same as `verdict.light`, which is the health of this host as it is now. */
  light: beside(lightSchema),
  sees: z.record(z.string(), sightingSchema),
  /** The share of each other host's pulses that arrive here, percent (line.ts). */
  heardPercent: beside(z.record(z.string(), z.number())),
  /** undefined: no fencing configured. */
  fencing: beside(fencingSchema),
  /** A drill runs on this host: which, whose, for how long, and what it said last. */
  drilling: beside(
    z.object({ name: z.string(), by: z.string(), forMs: z.number(), said: z.string().default("") }),
  ),
  /** A person took this node out of service. */
  drained: beside(drainedSchema),
  /** What this host asks of others, until they have taken it. */
  orders: beside(ordersSchema),
  /** The orders that this host took last, newest first. */
  orderResults: beside(z.array(orderStateSchema)),
  /** A new release or cluster.yaml runs here that is not confirmed yet. */
  trial: beside(z.object({ change: z.string(), who: z.string(), wallMs: z.number() })),
  /** The folder of the release that runs. */
  checkout: beside(z.string()),
  /** Files and releases that are not as they should be, or not as the others', by file and line. */
  drift: beside(z.array(driftSchema)),
  /** What this agent notices as a watcher (watch.ts); an older agent has none of it. */
  watch: beside(watchSchema),
});
export type HostReport = z.infer<typeof hostReportSchema>;

const newsSchema = z.object({ ageMs: z.number(), report: hostReportSchema });
/** A host's report and how old it is. */
export type PeerNews = z.infer<typeof newsSchema>;

const read = <Schema extends z.ZodType>(schema: Schema, what: string, given: unknown): z.output<Schema> => {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const where = first === undefined || first.path.length === 0 ? "" : ` at ${first.path.join(".")}`;
  throw new Error(`${what} can not be read${where}: ${first?.message}; is its release much newer or older?`);
};

/** An agent's answer to GET /status. @throws Error that says where it is none. */
export const readReport = (given: unknown): HostReport => read(hostReportSchema, "the agent's report", given);

/** An agent's answer to GET /cluster. @throws Error that says where it is none. */
export const readCluster = (given: unknown): PeerNews[] =>
  read(z.array(newsSchema), "the agent's news of the cluster", given);
