import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { reasonIn } from "../entities/reason.ts";
import { Problem } from "../http/problems.ts";
import { registry } from "../routing/registry.ts";
import { documentOf, rowsAfter } from "./documents.ts";
import type { Changed } from "./history.ts";
import { type Publishing, rollBack } from "./publish.ts";
import { whole } from "./scope.ts";
import {
  type ChangeShown,
  comparisonSchema,
  documentsQuery,
  documentsSchema,
  findingsSchema,
  maxShown,
  partsSchema,
  publishedSchema,
  versionSchema,
  versionsQuery,
  why,
} from "./version-schema.ts";

const entities: Record<string, (typeof registry)[keyof typeof registry]> = registry;

/** As the API shows it; rows of another release that this one does not understand are not known. Pure. */
export function changeShown({ part, key, before, after, known }: Changed): ChangeShown {
  const entity = entities[part];
  const shown = (row: Changed["before"]) => (entity && known ? documentOf(entity, row) : null);
  try {
    return { part, key, before: shown(before), after: shown(after), known };
  } catch {
    return { part, key, before: null, after: null, known: false };
  }
}

const number = z.coerce.number().int().min(1);
const versionParams = z.object({ version: number });

/** /v1/rules, /v1/versions: everything that decides calls as documents, and as it was. */
export const versionRoutes =
  (parts: Publishing): FastifyPluginAsyncZod =>
  async (app) => {
    const { database, live, history, findings } = parts;
    const tags = ["versions"];
    app.get(
      "/v1/rules",
      {
        schema: {
          summary: "The version that decides, and the kinds that it has",
          tags,
          response: { 200: partsSchema },
        },
      },
      async () => {
        await live.refresh();
        const { version, parts: values } = live.snapshot;
        const kinds = Object.entries(registry).map(([part, { kind }]) => ({
          part,
          kind,
          count: values[part as keyof typeof registry].size,
        }));
        return { version, parts: kinds };
      },
    );
    app.get(
      "/v1/rules/documents",
      {
        schema: {
          summary: "Everything of one kind, as it is exported: secrets are marked as kept",
          tags,
          querystring: documentsQuery,
          response: { 200: documentsSchema },
        },
      },
      async ({ query: { part, after, limit } }) => {
        const entity = entities[part];
        if (!entity) throw new Problem("not-found", `there is no kind ${part}`);
        const { version, rows } = await rowsAfter(database, entity, after, limit);
        const documents = rows.map((row) => ({
          key: String(row[entity.key]),
          document: documentOf(entity, row),
        }));
        return { version, documents, next: rows.length === limit ? (documents.at(-1)?.key ?? null) : null };
      },
    );
    app.get(
      "/v1/rules/validate",
      {
        schema: {
          summary: "What is wrong with the rules as a whole",
          tags,
          response: { 200: findingsSchema },
        },
      },
      async () => {
        await live.refresh();
        const { snapshot } = live;
        return { version: snapshot.version, findings: await findings(snapshot, whole) };
      },
    );
    app.get(
      "/v1/versions",
      {
        schema: {
          summary: "Versions, newest first: who changed what, when and why",
          tags,
          querystring: versionsQuery,
          response: { 200: z.object({ versions: z.array(versionSchema), next: z.int().nullable() }) },
        },
      },
      async ({ query: { after, limit } }) => {
        const versions = await history.list(limit, after);
        return { versions, next: versions.length === limit ? (versions.at(-1)?.first ?? null) : null };
      },
    );
    app.get(
      "/v1/versions/:version",
      {
        schema: {
          summary: "One version, with what it changed",
          tags,
          params: versionParams,
          response: { 200: comparisonSchema.extend({ version: versionSchema }) },
        },
      },
      async ({ params: { version } }) => {
        const one = await history.one(version);
        return { version: one, ...(await compared(one.first - 1, version)) };
      },
    );
    app.get(
      "/v1/versions/:version/diff",
      {
        schema: {
          summary: "What is different from a version to a later one",
          tags,
          params: versionParams,
          querystring: z.object({ to: number.optional().describe("default: the one that decides") }),
          response: { 200: comparisonSchema },
        },
      },
      async ({ params: { version }, query: { to } }) => {
        await live.refresh();
        const end = to ?? live.snapshot.version;
        if (end > live.snapshot.version) throw new Problem("not-found", `there is no version ${end}`);
        for (const one of [version, end]) if (one > 1) await history.one(one);
        if (end < version)
          throw new Problem("invalid-request", `${end} is older than ${version}: name the older one first`);
        return compared(version, end);
      },
    );
    app.post(
      "/v1/versions/:version/roll-back",
      {
        schema: {
          summary: "Everything as it was after that version: a new version",
          description: "Passwords of what is still there stay as they are.",
          tags,
          params: versionParams,
          body: z.strictObject({ why: why.default(""), dry_run: z.boolean().default(false) }),
          response: { 200: publishedSchema },
        },
      },
      async ({ params: { version }, body, headers }) => {
        const { who } = reasonIn(headers);
        const done = await rollBack(parts, version, { who, why: body.why }, body.dry_run);
        return { rules_version: done.version, changes: done.changes, findings: done.findings };
      },
    );

    async function compared(from: number, to: number) {
      const changed = await history.between(from, to);
      const changes = changed.slice(0, maxShown).map(changeShown);
      return { from, to, changes, more: changed.length - changes.length };
    }
  };
