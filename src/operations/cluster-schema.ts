import { z } from "zod";

/** What the API tells of the cluster itself: GET /v1/cluster. Times are wall clock of the node that is asked, RFC 3339. */

const moment = z.iso.datetime({ offset: true });
const colour = z.enum(["green", "amber", "red"]);

const reasonSchema = z.object({
  code: z.string().describe("stable, for programs"),
  text: z.string(),
  callers: z.string().describe("what callers would notice if the other node had to take over now"),
  advice: z.string(),
  since: moment.nullable(),
});

export const problemSchema = z.object({
  host: z.string(),
  code: z.string().describe("stable, for programs: a part, or a word"),
  severity: z.enum(["down", "risk", "note"]).describe("down: callers notice it now; risk: at the next fault"),
  what: z.string(),
  callers: z.string(),
  advice: z.string(),
  since: moment.nullable(),
});

export const partSchema = z.object({
  name: z.string(),
  ok: z.boolean(),
  phase: z.string(),
  detail: z.string().describe("why it is not as it should be; empty when it is"),
  restarts: z.int(),
  since: moment,
});

export const hostSchema = z.object({
  name: z.string(),
  role: z.string().describe("node, witness, edge"),
  address: z.string(),
  heard: z.boolean().describe("its agent is heard now; else the rest is what it said last"),
  heard_at: moment.nullable().describe("null: never, or now"),
  stands: z
    .enum(["holder", "standby", "unfit", "out-of-service", "votes", "passes-on", "silent"])
    .describe("holder: it has the service address; standby: it may take it"),
  health: colour.nullable(),
  why: z.array(z.string()).describe("why it is not green"),
  release: z.string().nullable(),
  config: z.string().nullable(),
  started_at: moment.nullable().describe("of its agent"),
  out_of_service: z.object({ by: z.string(), why: z.string(), since: moment }).nullable(),
  parts: z.array(partSchema),
  database: z
    .object({ quorum: z.boolean(), state: z.string(), members: z.int(), waits: z.string().nullable() })
    .nullable(),
  disk_free_percent: z.int().nullable(),
});

const loadSchema = z.object({
  conversations: z.int().nullable().describe("with audio by way of the media relay, at the holder"),
  contacts: z.int().nullable().describe("registered telephones"),
  refused_per_second: z.number().describe("calls and registrations refused, because they are too many"),
  refused_total: z.int().describe("since the SIP server was started"),
  limit_per_second: z.number().nullable().describe("new calls that the node takes while it refuses some"),
});

const orderSchema = z.object({
  id: z.string(),
  host: z.string(),
  kind: z.string(),
  who: z.string(),
  state: z.enum(["waiting", "running", "done", "failed"]),
  text: z.string(),
  at: moment.nullable(),
});
export type OrderShown = z.infer<typeof orderSchema>;

export const clusterSchema = z.object({
  cluster: z.string(),
  asked: z.string().describe("the node that answers"),
  agent: z
    .object({ ok: z.boolean(), problem: z.string().nullable() })
    .describe("the agent of the node that answers"),
  database: z
    .object({ ok: z.boolean(), problem: z.string().nullable() })
    .describe("as the app of that node finds it"),
  state: z.enum(["ok", "risk", "down"]),
  headline: z.string().describe("for callers, in one sentence"),
  light: z
    .object({ colour, reasons: z.array(reasonSchema) })
    .describe("is it safe to lose a node? green: yes"),
  problems: z.array(problemSchema).describe("the worst first"),
  address: z.object({
    service: z.array(z.string()),
    holder: z.string().nullable(),
    holders: z.array(z.string()).describe("as many as say so: normally one"),
    handover_to: z.string().nullable(),
    ready: z.array(z.string()).describe("hosts that could take it now"),
  }),
  hosts: z.array(hostSchema),
  freeswitch: z.array(z.object({ host: z.string(), answers: z.boolean(), since: moment })),
  carriers: z.array(
    z.object({ carrier: z.string(), state: z.enum(["registered", "unregistered", "silent"]), since: moment }),
  ),
  guards: z.array(z.object({ guard: z.string(), subject: z.string(), why: z.string(), since: moment })),
  drills: z.array(
    z.object({
      kind: z.string(),
      finished_at: moment,
      release: z.string(),
      config: z.string(),
      passed: z.boolean(),
      summary: z.string(),
      current: z.boolean().describe("of the release and configuration that run now"),
    }),
  ),
  drilling: z
    .object({ host: z.string(), name: z.string(), by: z.string(), since: moment, said: z.string() })
    .nullable(),
  orders: z.array(orderSchema).describe("the last ones, newest first"),
  load: loadSchema,
});
export type ClusterShown = z.infer<typeof clusterSchema>;

/** What the stream of GET /v1/cluster/events tells: event `cluster` the whole, event `load` its figures alone. */
export const clusterNewsSchema = z.union([clusterSchema, loadSchema]);
