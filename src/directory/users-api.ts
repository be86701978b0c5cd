import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { pageQuery } from "../http/paging.ts";
import { assertSameName, Problem } from "../http/problems.ts";
import type { LiveSnapshot } from "../routing/live.ts";
import { entityName } from "../routing/rule.ts";
import { change } from "../routing/store.ts";
import { ha1 } from "../sip/ha1.ts";
import { newUserSchema, putUserSchema, userSchema } from "./directory.ts";

const userKey = z.object({ name: entityName });
const versioned = z.object({ rules_version: z.int() });

/** /v1/users */
export const userRoutes =
  ({
    database,
    live,
    context,
  }: {
    database: Database;
    live: LiveSnapshot;
    context: HostContext;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { realm } = context.cluster.sip;
    const tags = ["users"];
    const show = (row: { name: string; display: string; description: string; enabled: number }) => ({
      name: row.name,
      display: row.display,
      description: row.description,
      enabled: row.enabled !== 0,
    });

    app.get(
      "/v1/users",
      {
        schema: {
          summary: "All users",
          tags,
          querystring: pageQuery,
          response: { 200: z.object({ users: z.array(userSchema), next: z.string().nullable() }) },
        },
      },
      async ({ query: { after, limit } }) => {
        const rows = await database.read((db) =>
          db
            .selectFrom("users")
            .select(["name", "display", "description", "enabled"])
            .where("name", ">", after)
            .orderBy("name")
            .limit(limit)
            .execute(),
        );
        return { users: rows.map(show), next: rows.length === limit ? (rows.at(-1)?.name ?? null) : null };
      },
    );
    app.get(
      "/v1/users/:name",
      { schema: { summary: "One user", tags, params: userKey, response: { 200: userSchema } } },
      async ({ params: { name } }) => {
        const row = await database.read((db) =>
          db.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst(),
        );
        if (!row) throw new Problem("not-found", `there is no user ${name}`);
        return show(row);
      },
    );
    app.post(
      "/v1/users",
      { schema: { summary: "A new user", tags, body: newUserSchema, response: { 201: versioned } } },
      async ({ body: { password, ...user } }, reply) => {
        const version = await change(
          database,
          { kind: "user", entity: user.name, operation: "put" },
          async (trx) => {
            if (await trx.selectFrom("users").select("name").where("name", "=", user.name).executeTakeFirst())
              throw new Problem("exists", `there is a user ${user.name} already`);
            await trx
              .insertInto("users")
              .values({ ...user, enabled: Number(user.enabled), ...ha1(user.name, realm, password) })
              .execute();
          },
        );
        await live.catchUp();
        return reply.code(201).send({ rules_version: version });
      },
    );
    app.put(
      "/v1/users/:name",
      {
        schema: {
          summary: "Create or change a user",
          tags,
          params: userKey,
          body: putUserSchema,
          response: { 200: versioned },
        },
      },
      async ({ params: { name }, body: { name: given, password, enabled, ...rest } }) => {
        assertSameName(name, given);
        const version = await change(
          database,
          { kind: "user", entity: name, operation: "put" },
          async (trx) => {
            const found = await trx
              .selectFrom("users")
              .select("name")
              .where("name", "=", name)
              .executeTakeFirst();
            const values = { ...rest, enabled: Number(enabled) };
            const secret = password === undefined ? undefined : ha1(name, realm, password);
            if (found)
              await trx
                .updateTable("users")
                .set({ ...values, ...secret })
                .where("name", "=", name)
                .execute();
            else if (secret)
              await trx
                .insertInto("users")
                .values({ name, ...values, ...secret })
                .execute();
            else
              throw new Problem("invalid-request", "a new user needs a password", [
                { path: "/password", message: "is required for a new user" },
              ]);
          },
        );
        await live.catchUp();
        return { rules_version: version };
      },
    );
    app.delete(
      "/v1/users/:name",
      { schema: { summary: "Remove a user", tags, params: userKey, response: { 200: versioned } } },
      async ({ params: { name } }) => {
        const version = await change(
          database,
          { kind: "user", entity: name, operation: "delete" },
          async (trx) => {
            const used = await trx
              .selectFrom("numbers")
              .select("number")
              .where("user_name", "=", name)
              .limit(3)
              .execute();
            if (used.length > 0)
              throw new Problem(
                "in-use",
                `numbers are assigned to ${name}: ${used.map((row) => row.number).join(", ")}`,
              );
            const { numDeletedRows } = await trx
              .deleteFrom("users")
              .where("name", "=", name)
              .executeTakeFirst();
            if (numDeletedRows === 0n) throw new Problem("not-found", `there is no user ${name}`);
          },
        );
        await live.catchUp();
        return { rules_version: version };
      },
    );
  };
