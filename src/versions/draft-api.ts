import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { conflictsOf, rowsOf } from "../entities/commit.ts";
import { reasonIn } from "../entities/reason.ts";
import { registry } from "../routing/registry.ts";
import { changeShown } from "./api.ts";
import { withEdits } from "./documents.ts";
import { brought, type Publishing, publishDraft } from "./publish.ts";
import { whole } from "./scope.ts";
import {
  draftChangesSchema,
  draftName,
  draftSchema,
  editsSchema,
  findingsSchema,
  maxShown,
  newDraftSchema,
  publishedSchema,
  publishSchema,
} from "./version-schema.ts";

const params = z.object({ name: draftName });

/** /v1/drafts: changes that nobody decides by yet. */
export const draftRoutes =
  (parts: Publishing): FastifyPluginAsyncZod =>
  async (app) => {
    const { database, drafts, live } = parts;
    const tags = ["versions"];
    app.get(
      "/v1/drafts",
      {
        schema: {
          summary: "All drafts",
          tags,
          response: { 200: z.object({ drafts: z.array(draftSchema) }) },
        },
      },
      async () => ({ drafts: await drafts.list() }),
    );
    app.post(
      "/v1/drafts",
      { schema: { summary: "A new draft", tags, body: newDraftSchema, response: { 201: draftSchema } } },
      async ({ body: { name, why }, headers }, reply) => {
        const { who } = reasonIn(headers);
        return reply.code(201).send(await drafts.create(name, { who, why }));
      },
    );
    app.get(
      "/v1/drafts/:name",
      {
        schema: {
          summary: "One draft: what it changes, and what others changed meanwhile",
          tags,
          params,
          response: { 200: draftChangesSchema },
        },
      },
      async ({ params: { name } }) => {
        const { edits } = await drafts.edits(name);
        const some = edits.slice(0, maxShown);
        const { present, conflicts } = await database.transact(async (trx) => ({
          present: await rowsOf(registry, trx, some),
          conflicts: await conflictsOf(registry, trx, some),
        }));
        const changes = some.map(({ part, key, row }) => ({
          ...changeShown({ part, key, before: present.get(part)?.get(key), after: row, known: true }),
          changed_in: conflicts.find((one) => one.part === part && one.key === key)?.version ?? null,
        }));
        return { draft: await drafts.get(name), changes, more: edits.length - changes.length };
      },
    );
    app.post(
      "/v1/drafts/:name/changes",
      {
        schema: {
          summary: "Put changes into a draft: all or none",
          description:
            "A document is the whole of it, as in an export; secrets may be given, or be marked as kept.",
          tags,
          params,
          body: editsSchema,
          response: { 200: draftSchema },
        },
        bodyLimit: 12_000_000,
      },
      ({ params: { name }, body: { base, changes, revision } }) =>
        drafts.set(
          name,
          changes.map(({ part, key, document }) => ({ part, key, document })),
          base,
          revision,
        ),
    );
    app.get(
      "/v1/drafts/:name/validate",
      {
        schema: {
          summary: "What would be wrong with the rules as a whole that is not so now",
          tags,
          params,
          response: { 200: findingsSchema },
        },
      },
      async ({ params: { name } }) => {
        await live.refresh();
        const { snapshot } = live;
        const { edits } = await drafts.edits(name);
        const found = await brought(parts, snapshot, await withEdits(registry, snapshot, edits), whole);
        return { version: snapshot.version, findings: found };
      },
    );
    app.post(
      "/v1/drafts/:name/publish",
      {
        schema: {
          summary: "Make a draft the version that decides: at once on all nodes, or not at all",
          tags,
          params,
          body: publishSchema,
          response: { 200: publishedSchema },
        },
      },
      async ({ params: { name }, body, headers }) => {
        const { who } = reasonIn(headers);
        const { how, why = "", dry_run, revision } = body;
        const done = await publishDraft(parts, name, { how, who, why }, dry_run, revision);
        return { rules_version: done.version, changes: done.changes, findings: done.findings };
      },
    );
    app.delete(
      "/v1/drafts/:name",
      {
        schema: {
          summary: "Forget a draft",
          tags,
          params,
          response: { 200: z.object({ name: z.string() }) },
        },
      },
      async ({ params: { name } }) => {
        await drafts.discard(name);
        return { name };
      },
    );
  };
