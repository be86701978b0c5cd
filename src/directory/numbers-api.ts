import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { pageQuery } from "../http/paging.ts";
import { assertSameName, Problem } from "../http/problems.ts";
import type { LiveSnapshot } from "../routing/live.ts";
import { dialString, entityName } from "../routing/rule.ts";
import { change } from "../routing/store.ts";
import { newNumberSchema, numberSchema, putNumberSchema } from "./directory.ts";

const numberKey = z.object({ number: dialString });
const versioned = z.object({ rules_version: z.int() });

/** /v1/numbers */
export const numberRoutes =
  ({ database, live }: { database: Database; live: LiveSnapshot }): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["numbers"];
    const show = (row: { number: string; user_name: string; description: string }) => ({
      number: row.number,
      user: row.user_name,
      description: row.description,
    });
    const put = async (
      number: string,
      user: string,
      description: string,
      mayExist: boolean,
    ): Promise<number> => {
      const version = await change(
        database,
        { kind: "number", entity: number, operation: "put" },
        async (trx) => {
          // Locked, so that the user can not be removed by another transaction meanwhile.
          const owner = await trx
            .selectFrom("users")
            .select("name")
            .where("name", "=", user)
            .forUpdate()
            .executeTakeFirst();
          if (!owner) throw new Problem("unknown-user", `there is no user ${user}`);
          if (!mayExist) {
            const old = await trx
              .selectFrom("numbers")
              .select("user_name")
              .where("number", "=", number)
              .executeTakeFirst();
            if (old) throw new Problem("exists", `number ${number} is assigned to ${old.user_name} already`);
          }
          await trx
            .insertInto("numbers")
            .values({ number, user_name: user, description })
            .onDuplicateKeyUpdate({ user_name: user, description })
            .execute();
        },
      );
      await live.catchUp();
      return version;
    };

    app.get(
      "/v1/numbers",
      {
        schema: {
          summary: "All numbers",
          tags,
          querystring: pageQuery.extend({ user: entityName.optional() }),
          response: { 200: z.object({ numbers: z.array(numberSchema), next: z.string().nullable() }) },
        },
      },
      async ({ query: { after, limit, user } }) => {
        let select = database.db.selectFrom("numbers").selectAll().where("number", ">", after);
        if (user !== undefined) select = select.where("user_name", "=", user);
        const page = select.orderBy("number").limit(limit);
        const rows = await database.read(() => page.execute());
        return {
          numbers: rows.map(show),
          next: rows.length === limit ? (rows.at(-1)?.number ?? null) : null,
        };
      },
    );
    app.get(
      "/v1/numbers/:number",
      { schema: { summary: "One number", tags, params: numberKey, response: { 200: numberSchema } } },
      async ({ params: { number } }) => {
        const row = await database.read((db) =>
          db.selectFrom("numbers").selectAll().where("number", "=", number).executeTakeFirst(),
        );
        if (!row) throw new Problem("not-found", `there is no number ${number}`);
        return show(row);
      },
    );
    app.post(
      "/v1/numbers",
      { schema: { summary: "A new number", tags, body: newNumberSchema, response: { 201: versioned } } },
      async ({ body }, reply) =>
        reply.code(201).send({ rules_version: await put(body.number, body.user, body.description, false) }),
    );
    app.put(
      "/v1/numbers/:number",
      {
        schema: {
          summary: "Create a number or assign it to another user",
          tags,
          params: numberKey,
          body: putNumberSchema,
          response: { 200: versioned },
        },
      },
      async ({ params: { number }, body }) => {
        assertSameName(number, body.number);
        return { rules_version: await put(number, body.user, body.description, true) };
      },
    );
    app.delete(
      "/v1/numbers/:number",
      { schema: { summary: "Remove a number", tags, params: numberKey, response: { 200: versioned } } },
      async ({ params: { number } }) => {
        const version = await change(
          database,
          { kind: "number", entity: number, operation: "delete" },
          async (trx) => {
            const { numDeletedRows } = await trx
              .deleteFrom("numbers")
              .where("number", "=", number)
              .executeTakeFirst();
            if (numDeletedRows === 0n) throw new Problem("not-found", `there is no number ${number}`);
          },
        );
        await live.catchUp();
        return { rules_version: version };
      },
    );
  };
