import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { roles, tokenAreas } from "../http/access.ts";
import { noteChange } from "../http/noted.ts";
import { pageQuery } from "../http/paging.ts";
import { type Person, principalOf } from "../http/principal.ts";
import { Problem } from "../http/problems.ts";
import type { AccessMemory } from "./memory.ts";
import {
  longestTokenDays,
  type NewToken,
  tokenList,
  tokenMade,
  tokenName,
  tokenRequest,
  tokenSchema,
} from "./token-schema.ts";
import type { Tokens } from "./tokens.ts";

/** Who asks; undefined: a program with the API's token, or somebody on a host, who may everything. */
function askerOf(request: FastifyRequest): Person | undefined {
  const principal = principalOf(request);
  return principal && "person" in principal ? principal.person : undefined;
}

const isAtLeast = ({ role, scope }: Person, least: Person["role"]): boolean =>
  !scope && roles.indexOf(role) >= roles.indexOf(least);

/** May this person give such a token to a program? Pure. @throws Problem */
export function assertMayMake(
  { role, areas, expires_at }: NewToken,
  maker: Person | undefined,
  now: number,
): void {
  if (maker && roles.indexOf(role) > roles.indexOf(maker.role))
    throw new Problem("invalid-request", `${maker.name} is ${maker.role}: its tokens can be no more`, [
      { path: "/role", message: `must be ${maker.role} or less` },
    ]);
  const unknown = areas?.findIndex((area) => !tokenAreas.includes(area)) ?? -1;
  if (unknown >= 0)
    throw new Problem("invalid-request", `there is no part ${areas?.[unknown]} of the API for tokens`, [
      { path: `/areas/${unknown}`, message: `must be one of ${tokenAreas.join(", ")}` },
    ]);
  const days = (Date.parse(expires_at) - now) / 86_400_000;
  if (days <= 0 || days > longestTokenDays)
    throw new Problem("invalid-request", "a token has an end", [
      { path: "/expires_at", message: `must be within the next ${longestTokenDays} days` },
    ]);
}

/** /v1/tokens: tokens of programs. */
export const tokenRoutes =
  ({ tokens, memory }: { tokens: Tokens; memory: AccessMemory }): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["access"];
    const params = z.object({ name: tokenName });

    /** One that whoever asks may see; others' do not exist for it. @throws Problem `not-found` */
    const seen = async (request: FastifyRequest, name: string, least: Person["role"]) => {
      const found = await tokens.get(name);
      const asker = askerOf(request);
      if (asker && found.owner !== asker.name && !isAtLeast(asker, least))
        throw new Problem("not-found", `there is no token ${name} of ${asker.name}`);
      return found;
    };

    app.get(
      "/v1/tokens",
      {
        schema: {
          summary: "Tokens of programs: one's own; all for auditors",
          tags,
          querystring: pageQuery,
          response: { 200: tokenList },
        },
      },
      async (request) => {
        const { after, limit } = request.query;
        const asker = askerOf(request);
        const own = asker && !isAtLeast(asker, "auditor") ? asker.name : undefined;
        const found = await tokens.list(after, limit, own);
        const next = found.length === limit ? (found.at(-1)?.name ?? null) : null;
        return { tokens: found, next, areas: [...tokenAreas] };
      },
    );
    app.get(
      "/v1/tokens/:name",
      { schema: { summary: "One token", tags, params, response: { 200: tokenSchema } } },
      (request) => seen(request, request.params.name, "auditor"),
    );
    app.post(
      "/v1/tokens",
      {
        schema: {
          summary: "A new token for a program",
          description:
            "It is shown in this answer only. It may no more than its maker, and ends with it; one that is made on a host is nobody's. " +
            "Sent as `Authorization: Bearer dt_…`.",
          tags,
          body: tokenRequest,
          response: { 201: tokenMade },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const maker = askerOf(request);
        assertMayMake(body, maker, Date.now());
        const token = await tokens.add(body, maker?.name ?? null);
        noteChange(request, { after: { ...body, owner: maker?.name ?? null } });
        await memory.read();
        return reply.code(201).send({ name: body.name, token, expires_at: body.expires_at });
      },
    );
    app.delete(
      "/v1/tokens/:name",
      {
        schema: {
          summary: "End a token",
          description: "It opens nothing any more, within a second at all nodes.",
          tags,
          params,
          response: { 200: z.object({ name: z.string() }) },
        },
      },
      async (request) => {
        const { name } = request.params;
        noteChange(request, { before: await seen(request, name, "administrator") });
        await tokens.end(name);
        await memory.read();
        return { name };
      },
    );
  };
