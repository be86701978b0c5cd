import { Readable } from "node:stream";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { csvLine } from "../base/csv.ts";
import type { AuditLog } from "./audit.ts";
import { auditColumns } from "./audit-entry.ts";
import { auditEntrySchema, auditExportSchema, auditQuerySchema } from "./audit-schema.ts";

/** /v1/audit: who changed what. */
export const auditRoutes =
  (audit: AuditLog): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["access"];
    app.get(
      "/v1/audit",
      {
        schema: {
          summary: "Changes made through the API, the newest first",
          tags,
          querystring: auditQuerySchema,
          response: { 200: z.object({ entries: z.array(auditEntrySchema), next: z.string().nullable() }) },
        },
      },
      async ({ query }) => {
        const entries = await audit.find(query);
        return { entries, next: entries.length === query.limit ? (entries.at(-1)?.id ?? null) : null };
      },
    );
    app.get(
      "/v1/audit/export",
      {
        schema: {
          summary: "All of them as a file",
          description: "NDJSON: an entry a line. CSV: `before` and `after` are JSON.",
          tags,
          querystring: auditExportSchema,
        },
      },
      async ({ query: { format, ...query } }, reply) => {
        const lines = async function* () {
          if (format === "csv") yield csvLine(auditColumns);
          for await (const entry of audit.all(query))
            yield format === "csv"
              ? csvLine(auditColumns.map((column) => entry[column]))
              : `${JSON.stringify(entry)}\n`;
        };
        return reply
          .type(format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson")
          .header("content-disposition", `attachment; filename="dialtone-audit.${format}"`)
          .send(Readable.from(lines()));
      },
    );
  };
