import { z } from "zod";

/** What was changed through the API, by whom: docs/access.md. */

export const auditEntrySchema = z.object({
  id: z.string().describe("grows with time"),
  at: z.string(),
  who: z.string().describe("the person, or who a program or a command said it is"),
  how: z
    .enum(["session", "token", "api", "socket", "open"])
    .describe("open: nobody was logged in, as before a login"),
  source: z.string().describe("address it came from"),
  node: z.string(),
  method: z.string(),
  route: z.string(),
  path: z.string(),
  status: z.int(),
  version: z.int().nullable().describe("of what decides calls: GET /v1/versions/:version tells all of it"),
  before: z.unknown().describe("without secrets; null: there was none, or the route does not say"),
  after: z.unknown().describe("without secrets: what is now, or what was sent"),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

const filters = {
  who: z.string().max(64).optional(),
  route: z.string().max(128).optional().describe("as `route` of an entry: PUT /v1/users/:name"),
  source: z.string().max(64).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
};

export const auditQuerySchema = z.object({
  ...filters,
  after: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "must be `next` of an earlier answer")
    .optional()
    .describe("`next` of the page before"),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export type AuditQuery = z.infer<typeof auditQuerySchema>;

export const auditExportSchema = z.object({
  ...filters,
  format: z.enum(["ndjson", "csv"]).default("ndjson"),
});
