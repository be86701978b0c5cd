import { z } from "zod";

/** What an app says of itself. */

/** A program's token that ends soon, or ended of late. */
export const endingTokenSchema = z.object({
  name: z.string(),
  owner: z.string().nullable().describe("whose it is; null: it was made on a host"),
  expires_at: z.string(),
});
export type EndingToken = z.infer<typeof endingTokenSchema>;

export const healthSchema = z.object({
  ok: z.boolean().describe("calls can be decided and events can be taken on this node"),
  host: z.string(),
  problems: z.array(z.string()).describe("what is not as it should be; calls may go on nevertheless"),
  rules: z.object({
    version: z.int(),
    users: z.int(),
    numbers: z.int(),
    rules: z.int(),
    confirmed_ms_ago: z.int().nullable(),
    source: z.enum(["empty", "disk", "database"]),
  }),
  database: z.object({
    ok: z.boolean(),
    schema_ready: z.boolean(),
    servers: z.array(
      z.object({
        name: z.string(),
        state: z.enum(["ok", "avoided", "unknown"]),
        error: z.string().nullable(),
      }),
    ),
  }),
  journal: z.object({ ok: z.boolean(), detail: z.string() }),
  shipper: z.object({
    pending_bytes: z.int(),
    waiting_ms: z.int(),
    shipped: z.int(),
    quarantined: z.int(),
    error: z.string().nullable(),
  }),
  tokens_ending: z
    .array(endingTokenSchema)
    .optional()
    .describe("tokens of programs that end within 14 days, or ended within the last 7"),
  records: z.object({ missing: z.int(), checked_ms_ago: z.int().nullable() }),
  event_loop: z
    .object({ p99_ms: z.int(), max_ms: z.int() })
    .describe("how late this process was in the last 10 to 20 s"),
});

export type AppHealth = z.infer<typeof healthSchema>;
