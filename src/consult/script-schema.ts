import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";

/** Scripts: TypeScript of the customer's own, which decides calls. */

const host = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:\d{1,5})?$/,
    "must be a host name or address, perhaps with a port",
  );

export const scriptSchema = z.strictObject({
  name: entityName,
  source: z
    .string()
    .min(1)
    .max(64 * 1024)
    .describe("TypeScript that exports decide(call, helpers); its types are checked when it is saved"),
  description: z.string().max(256).default(""),
  enabled: z.boolean().default(true),
  cpu_ms: z.int().min(1).max(100).default(50).describe("processor time without a pause that a call may take"),
  deadline_ms: z
    .int()
    .min(10)
    .max(3000)
    .default(200)
    .describe("for a call in all, with what it waits for; after that the next rule decides"),
  memory_mb: z.int().min(8).max(64).default(16).describe("memory of the script in each app"),
  hosts: z.array(host).max(16).default([]).describe("hosts that it may ask by helpers.fetch"),
});
export type Script = z.infer<typeof scriptSchema>;
