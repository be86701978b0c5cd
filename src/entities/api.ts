import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { assertExpected, storedTag } from "../http/etag.ts";
import { noteChange } from "../http/noted.ts";
import { operationOf } from "../http/operation.ts";
import { nextAfter, pageQuery, seenPage } from "../http/paging.ts";
import { assertSameName, Problem } from "../http/problems.ts";
import { type Narrowing, narrowingOf } from "../http/scope.ts";
import { change } from "./changes.ts";
import type { Entity, Setting } from "./entity.ts";
import type { Changed, Row } from "./history.ts";
import { reasonIn } from "./reason.ts";

const versioned = z.object({ rules_version: z.int() });

/** So many at once are looked at for somebody who sees few of them. */
const lookedAtOnce = 1000;

/** What the routes of an entity work with. */
export interface EntityServices {
  database: Database;
  /** Decides by a change at once. */
  live: { catchUp(): Promise<void> };
  setting: Setting;
  /** Is everything there that a document names? @throws Problem `unknown-name` */
  assertKnown?(trx: Transaction<Tables>, entity: Entity, input: unknown): Promise<void>;
  /** Does nothing name it? Before the transaction, in what this app knows. @throws Problem `in-use` */
  assertUnnamed?(entity: Entity, name: string): Promise<void>;
}

/** A request that changes something, and its answer. */
interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Changes and finds one kind of entity. */
function storeOf(entity: Entity, { database, live, setting, assertKnown, assertUnnamed }: EntityServices) {
  const { kind, table, key, api } = entity;
  const shownRow = (row: Row | undefined): unknown => (row === undefined ? undefined : api.show(row));
  const tag = storedTag(setting.secret);
  const tagOf = (row: Row | undefined) => (row === undefined ? undefined : tag(row));
  /** What the headers ask is looked at, and what became of it is told in them. */
  const watched = (name: string, { request, reply }: Exchange) => ({
    reason: reasonIn(request.headers),
    id: operationOf(request)?.id,
    check: (before: Row | undefined) => {
      assertSeen(narrowingOf(request), name, before);
      assertExpected(request.headers, `${kind} ${name}`, tagOf(before));
    },
    seen: ({ before, after }: Changed): void => {
      const narrowing = narrowingOf(request);
      // In the transaction: what is refused is undone.
      if (narrowing) api.scope?.assertMay?.(narrowing, before, after);
      noteChange(request, { before: shownRow(before), after: shownRow(after) });
      const now = tagOf(after);
      if (now !== undefined) reply.header("etag", now);
    },
  });
  const missing = (name: string) => new Problem("not-found", `there is no ${kind} ${name}`);
  /** What somebody may not see is not there for it. @throws Problem `not-found` */
  const assertSeen = (narrowing: Narrowing | undefined, name: string, row: Row | undefined): void => {
    if (narrowing && row !== undefined && api.scope?.sees(narrowing, row) !== true) throw missing(name);
  };
  const named = (name: string) => sql<Row>`SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(key)} = ${name}`;
  return {
    async put(name: string, body: unknown, mayExist: boolean, exchange: Exchange): Promise<number> {
      const input = api.prepare ? await api.prepare(body) : body;
      const what = { of: entity, entity: name, operation: "put", ...watched(name, exchange) } as const;
      const version = await change(database, what, async (trx) => {
        await api.put(trx, input, { ...setting, mayExist });
        await assertKnown?.(trx, entity, input);
      });
      noteChange(exchange.request, { version });
      await live.catchUp();
      return version;
    },
    async remove(name: string, exchange: Exchange): Promise<number> {
      // Before it is said who names it.
      if (narrowingOf(exchange.request)) await this.get(name, exchange.request);
      await assertUnnamed?.(entity, name);
      const version = await change(
        database,
        { of: entity, entity: name, operation: "delete", ...watched(name, exchange) },
        async (trx) => {
          await api.assertUnused?.(trx, name);
          const { rows } = await named(name).execute(trx);
          if (rows.length === 0) throw missing(name);
          await sql`DELETE FROM ${sql.table(table)} WHERE ${sql.ref(key)} = ${name}`.execute(trx);
        },
      );
      noteChange(exchange.request, { version });
      await live.catchUp();
      return version;
    },
    async get(name: string, request: FastifyRequest): Promise<{ shown: unknown; tag: string }> {
      const { rows } = await database.read((db) => named(name).execute(db));
      const [row] = rows;
      if (row === undefined) throw missing(name);
      assertSeen(narrowingOf(request), name, row);
      return { shown: api.show(row), tag: tag(row) };
    },
    async list(after: string, limit: number, where: Row, request: FastifyRequest) {
      const conditions = Object.entries(api.filters ?? {}).flatMap(([parameter, { column }]) =>
        where[parameter] === undefined ? [] : [sql`AND ${sql.ref(column)} = ${where[parameter]}`],
      );
      const keyIn = (row: Row): string => String(row[key]);
      const page = async (after: string, limit: number) => {
        const { rows } = await database.read((db) =>
          sql<Row>`SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(key)} > ${after}
            ${sql.join(conditions, sql` `)} ORDER BY ${sql.ref(key)} LIMIT ${sql.lit(limit)}`.execute(db),
        );
        return { rows, next: nextAfter(rows, limit, keyIn) };
      };
      const narrowing = narrowingOf(request);
      const seen = {
        page: (after = "") => page(after, lookedAtOnce),
        placeOf: keyIn,
        sees: (row: Row): boolean => narrowing === undefined || api.scope?.sees(narrowing, row) === true,
      };
      const { rows, next } = narrowing ? await seenPage(seen, after, limit) : await page(after, limit);
      return { [api.path]: rows.map((row) => api.show(row)), next };
    },
  };
}

/** /v1/PATH and /v1/PATH/:KEY of one entity: list, show, make, replace, remove. */
export const entityRoutes =
  (entity: Entity, services: EntityServices): FastifyPluginAsyncZod =>
  async (app) => {
    const { kind, key, api } = entity;
    const store = storeOf(entity, services);
    const tags = [api.tag];
    const limit = api.bodyLimit === undefined ? {} : { bodyLimit: api.bodyLimit };
    const params = z.object({ [key]: api.key });
    const one = `/v1/${api.path}/:${key}`;
    const nameIn = (named: unknown): string => String((named as Row)[key]);
    const filters = Object.entries(api.filters ?? {}).map(
      ([parameter, { schema }]) => [parameter, schema.optional()] as const,
    );

    app.get(
      `/v1/${api.path}`,
      {
        schema: {
          summary: `All ${api.path}`,
          tags,
          querystring: pageQuery.extend(Object.fromEntries(filters)),
          response: { 200: z.object({ [api.path]: z.array(api.shown), next: z.string().nullable() }) },
        },
      },
      (request) => {
        const { after, limit, ...where } = request.query as Row & z.infer<typeof pageQuery>;
        return store.list(after, limit, where, request);
      },
    );
    app.get(
      one,
      { schema: { summary: `One ${kind}`, tags, params, response: { 200: api.shown } } },
      async (request, reply) => {
        const { shown, tag } = await store.get(nameIn(request.params), request);
        return reply.header("etag", tag).send(shown as never); // checked against its schema when it is sent
      },
    );
    app.post(
      `/v1/${api.path}`,
      {
        ...limit,
        schema: { summary: `A new ${kind}`, tags, body: api.create, response: { 201: versioned } },
      },
      async (request, reply) => {
        const { body } = request;
        const rules_version = await store.put(nameIn(body), body, false, { request, reply });
        return reply.code(201).send({ rules_version });
      },
    );
    app.put(
      one,
      {
        ...limit,
        config: { conditional: true },
        schema: {
          summary: `Create or replace a ${kind}`,
          tags,
          params,
          body: api.replace,
          response: { 200: versioned },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const name = nameIn(request.params);
        assertSameName(name, (body as Row)[key] as string | undefined);
        const whole = { ...(body as Row), [key]: name };
        return { rules_version: await store.put(name, whole, true, { request, reply }) };
      },
    );
    app.delete(
      one,
      {
        config: { conditional: true },
        schema: { summary: `Remove a ${kind}`, tags, params, response: { 200: versioned } },
      },
      async (request, reply) => ({
        rules_version: await store.remove(nameIn(request.params), { request, reply }),
      }),
    );
  };
