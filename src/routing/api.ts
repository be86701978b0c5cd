import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { decisionSchema } from "../call/contract.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { pageQuery } from "../http/paging.ts";
import { assertSameName, Problem } from "../http/problems.ts";
import { explain } from "./decide.ts";
import type { LiveSnapshot } from "./live.ts";
import { type Rule, ruleSchema } from "./rule.ts";
import { change, ruleOfRow } from "./store.ts";

const key = z.object({ name: ruleSchema.shape.name });
const versioned = z.object({ rules_version: z.int() });

const simulateQuery = z.object({
  number: z.string().min(1).max(512).describe("the dialled number"),
  from: z.string().max(512).default("anonymous").describe("the caller's number"),
  user: z.string().max(512).optional().describe("the user that authenticated"),
  source: z.string().max(64).default("0.0.0.0").describe("the address that the call comes from"),
});

export const explanationSchema = z.object({
  decision: decisionSchema,
  considered: z.array(
    z.object({
      candidate: z.string(),
      verdict: z.enum(["chosen", "passed over", "shadowed"]),
      why: z.string(),
    }),
  ),
});

/** /v1/routes: the routing rules; /v1/rules/simulate: what they do. */
export const ruleRoutes =
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
    const tags = ["rules"];
    const put = async (rule: Rule, mayExist: boolean): Promise<number> => {
      const version = await change(
        database,
        { kind: "rule", entity: rule.name, operation: "put" },
        async (trx) => {
          const body = JSON.stringify(rule);
          if (
            !mayExist &&
            (await trx.selectFrom("rules").select("name").where("name", "=", rule.name).executeTakeFirst())
          )
            throw new Problem("exists", `there is a rule ${rule.name} already`);
          await trx
            .insertInto("rules")
            .values({ name: rule.name, body })
            .onDuplicateKeyUpdate({ body })
            .execute();
        },
      );
      await live.catchUp();
      return version;
    };

    app.get(
      "/v1/routes",
      {
        schema: {
          summary: "All rules",
          tags,
          querystring: pageQuery,
          response: { 200: z.object({ routes: z.array(ruleSchema), next: z.string().nullable() }) },
        },
      },
      async ({ query: { after, limit } }) => {
        const rows = await database.read((db) =>
          db.selectFrom("rules").selectAll().where("name", ">", after).orderBy("name").limit(limit).execute(),
        );
        return {
          routes: rows.map(ruleOfRow),
          next: rows.length === limit ? (rows.at(-1)?.name ?? null) : null,
        };
      },
    );
    app.get(
      "/v1/rules/simulate",
      {
        schema: {
          summary: "What would happen to a call, and why",
          tags,
          querystring: simulateQuery,
          response: { 200: explanationSchema },
        },
      },
      async ({ query: { number, from, user, source } }) => {
        const { realm } = context.cluster.sip;
        return explain(live.snapshot, {
          v: 1,
          call_id: "simulation",
          from: { user: from, domain: realm },
          to: { user: number, domain: realm },
          request_uri: `sip:${number}@${realm}`,
          number,
          source: { address: source, port: 5060 },
          transport: "udp",
          ...(user !== undefined && { user }),
        });
      },
    );
    app.get(
      "/v1/routes/:name",
      { schema: { summary: "One rule", tags, params: key, response: { 200: ruleSchema } } },
      async ({ params: { name } }) => {
        const row = await database.read((db) =>
          db.selectFrom("rules").selectAll().where("name", "=", name).executeTakeFirst(),
        );
        if (!row) throw new Problem("not-found", `there is no rule ${name}`);
        return ruleOfRow(row);
      },
    );
    app.post(
      "/v1/routes",
      { schema: { summary: "A new rule", tags, body: ruleSchema, response: { 201: versioned } } },
      async ({ body }, reply) => reply.code(201).send({ rules_version: await put(body, false) }),
    );
    app.put(
      "/v1/routes/:name",
      {
        schema: {
          summary: "Create or replace a rule",
          tags,
          params: key,
          body: ruleSchema.partial({ name: true }),
          response: { 200: versioned },
        },
      },
      async ({ params: { name }, body }) => {
        assertSameName(name, body.name);
        return { rules_version: await put({ ...body, name }, true) };
      },
    );
    app.delete(
      "/v1/routes/:name",
      { schema: { summary: "Remove a rule", tags, params: key, response: { 200: versioned } } },
      async ({ params: { name } }) => {
        const version = await change(
          database,
          { kind: "rule", entity: name, operation: "delete" },
          async (trx) => {
            const { numDeletedRows } = await trx
              .deleteFrom("rules")
              .where("name", "=", name)
              .executeTakeFirst();
            if (numDeletedRows === 0n) throw new Problem("not-found", `there is no rule ${name}`);
          },
        );
        await live.catchUp();
        return { rules_version: version };
      },
    );
  };
