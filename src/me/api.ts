import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Transaction } from "kysely";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Db, Tables } from "../db/tables.ts";
import type { DialWork } from "../dials/api.ts";
import { dialInputSchema, dialSchema, dialWithCallsSchema } from "../dials/dial-schema.ts";
import { type Features, noFeatures } from "../directory/features-schema.ts";
import { featuresOf, storedFeatures, users } from "../directory/users.ts";
import { change } from "../entities/changes.ts";
import { reasonIn } from "../entities/reason.ts";
import { assertExpected, type StoredTag } from "../http/etag.ts";
import { idempotencyKey } from "../http/operation.ts";
import { pageQuery } from "../http/paging.ts";
import { Problem } from "../http/problems.ts";
import { audioFile, openAudio } from "../recordings/audio.ts";
import { deliver } from "../recordings/deliver.ts";
import type { RecordingServices } from "../recordings/orders.ts";
import { findRecording } from "../recordings/search.ts";
import type { LiveRouting } from "../routing/live.ts";
import { callRow, callsOf, ownCall } from "./calls.ts";
import {
  contactSchema,
  meSchema,
  ownCallSchema,
  ownCallsQuery,
  ownDialSchema,
  ownFeaturesSchema,
} from "./me-schema.ts";
import { meOf, numbersOf, ownOf, userOf, whoseCalls } from "./own.ts";

export interface MeParts {
  database: Database;
  live: Pick<LiveRouting, "snapshot" | "catchUp">;
  dials: DialWork;
  recordings: RecordingServices;
  tag: StoredTag;
  /** People may hear the recordings of their own calls. */
  hears: boolean;
  /** @throws Problem `unknown-name` */
  assertKnown(trx: Transaction<Tables>, entity: typeof users, input: unknown): Promise<void>;
}

const gone = (name: string) => new Problem("not-found", `there is no user ${name} any more`);

const callParams = z.object({ id: ownCallSchema.shape.id.regex(/^[0-9a-f]{32}$/) });
const dialParams = z.object({ id: z.uuid() });

/** /v1/me: one's own telephone. What belongs to somebody else is not there. */
export const meRoutes =
  (parts: MeParts): FastifyPluginAsyncZod =>
  async (app) => {
    const { database, live, dials, hears } = parts;
    const tags = ["me"];
    const self = (request: Parameters<typeof userOf>[0]) => userOf(request, live.snapshot.parts);

    app.get(
      "/v1/me",
      { schema: { summary: "One's own telephone user", tags, response: { 200: meSchema } } },
      async (request) => {
        const user = self(request);
        const numbers = (await numbersOf(database, [user.name])).get(user.name) ?? [];
        return meOf(user, { numbers, groups: live.snapshot.parts.groups.values(), recordings: hears });
      },
    );
    const ownRow = (db: Db | Transaction<Tables>, name: string) =>
      db.selectFrom("users").select("features").where("name", "=", name);
    const stored = (row: { features: string | null }): Features => featuresOf(row.features) ?? noFeatures;
    app.get(
      "/v1/me/features",
      {
        schema: {
          summary: "What one has set for one's own calls, with the tag for changing it",
          tags,
          response: { 200: ownFeaturesSchema },
        },
      },
      async (request, reply) => {
        const { name } = self(request);
        const row = await database.read((db) => ownRow(db, name).executeTakeFirst());
        if (!row) throw gone(name);
        const own = ownOf(stored(row));
        return reply.header("etag", parts.tag(own)).send(own);
      },
    );
    app.put(
      "/v1/me/features",
      {
        config: { conditional: true },
        schema: {
          summary: "What one has set for one's own calls",
          description: "Forwarding, do not disturb and the like: all of it at once. docs/people.md",
          tags,
          body: ownFeaturesSchema,
          response: { 200: z.object({ rules_version: z.int() }) },
        },
      },
      async (request, reply) => {
        const { name } = self(request);
        const what = {
          of: users,
          entity: name,
          operation: "put",
          reason: reasonIn(request.headers),
        } as const;
        const rules_version = await change(database, what, async (trx) => {
          const row = await ownRow(trx, name).forUpdate().executeTakeFirst();
          if (!row) throw gone(name);
          const before = stored(row);
          assertExpected(request.headers, "it", parts.tag(ownOf(before)));
          const features = { ...before, ...request.body };
          await setFeatures(trx, name, features);
          reply.header("etag", parts.tag(ownOf(features)));
        });
        await live.catchUp();
        return { rules_version };
      },
    );
    const setFeatures = async (trx: Transaction<Tables>, name: string, features: Features): Promise<void> => {
      await parts.assertKnown(trx, users, { name, features });
      await trx
        .updateTable("users")
        .set({ features: storedFeatures(features) })
        .where("name", "=", name)
        .execute();
    };

    app.get(
      "/v1/me/calls",
      {
        schema: {
          summary: "One's own calls, newest first",
          description:
            "Those that it made, and those to its name and its numbers; calls to a group are the group's.",
          tags,
          querystring: ownCallsQuery,
          response: { 200: z.object({ calls: z.array(ownCallSchema), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        const whose = await whoseCalls(database, self(request).name);
        const { records, next } = await callsOf(database, whose, request.query);
        return { calls: records.map((record) => ownCall(record, whose, hears)), next };
      },
    );
    app.get(
      "/v1/me/calls/:id/audio",
      {
        schema: {
          summary: "The recording of one of one's own calls: caller left, called right",
          tags,
          params: callParams,
          querystring: z.object({ format: z.enum(["wav", "opus"]).default("opus") }),
        },
      },
      async (request, reply) => {
        if (!hears)
          throw new Problem("forbidden", "people may not hear recordings here (cluster.yaml, recording.own)");
        const { id } = request.params;
        await callRow(database, await whoseCalls(database, self(request).name), id);
        const row = await findRecording(database, id);
        const file = audioFile(row, request.query.format);
        const shown = { name: `${id}.${request.query.format}`, size: file.plain, etag: file.sha256 };
        return deliver(request, reply, shown, (start, end) =>
          openAudio(parts.recordings, row, file, start, end),
        );
      },
    );
    app.get(
      "/v1/me/contacts",
      {
        schema: {
          summary: "The people here, with their numbers",
          tags,
          querystring: pageQuery,
          response: { 200: z.object({ contacts: z.array(contactSchema), next: z.string().nullable() }) },
        },
      },
      async (request) => {
        self(request);
        const { after, limit } = request.query;
        const found = await database.read((db) =>
          db
            .selectFrom("users")
            .select(["name", "display"])
            .where("enabled", "=", 1)
            .where("name", ">", after)
            .orderBy("name")
            .limit(limit)
            .execute(),
        );
        const names = found.map(({ name }) => name);
        const numbers = await numbersOf(database, names);
        return {
          contacts: found.map((one) => ({ ...one, numbers: numbers.get(one.name) ?? [] })),
          next: found.length === limit ? (names.at(-1) ?? null) : null,
        };
      },
    );

    app.post(
      "/v1/me/dials",
      {
        schema: {
          summary: "One's own telephone rings; when it is answered, it calls",
          tags,
          body: ownDialSchema,
          response: { 201: dialSchema },
        },
      },
      async (request, reply) => {
        const { name } = self(request);
        const key = idempotencyKey(request.headers);
        const input = dialInputSchema.parse({ from: name, to: request.body.to });
        // What somebody else called his key has nothing to do with it.
        const dial = await dials.begin(input, key === undefined ? undefined : `${name} ${key}`.slice(0, 128));
        return reply.code(201).send(dial);
      },
    );
    /** @throws Problem `not-found`: there is none, or it is somebody else's */
    const ownDial = async (request: Parameters<typeof userOf>[0], id: string) => {
      const { name } = self(request);
      const dial = await dials.get(id);
      if (dial.user !== name) throw new Problem("not-found", `there is no dial ${id} of ${name}`);
      return dial;
    };
    app.get(
      "/v1/me/dials/:id",
      {
        schema: {
          summary: "One of one's own dials",
          tags,
          params: dialParams,
          response: { 200: dialWithCallsSchema },
        },
      },
      (request) => ownDial(request, request.params.id),
    );
    app.delete(
      "/v1/me/dials/:id",
      { schema: { summary: "Cancels it", tags, params: dialParams, response: { 200: dialSchema } } },
      async (request) => {
        const { id } = await ownDial(request, request.params.id);
        return await dials.cancel(id);
      },
    );
  };
