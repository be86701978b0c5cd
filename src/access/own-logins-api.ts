import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { Problem } from "../http/problems.ts";
import { sessionOf } from "./factor-api.ts";
import type { AccessMemory } from "./memory.ts";
import { ownLoginSchema, passkeyId } from "./passkey-schema.ts";
import type { Sessions } from "./sessions.ts";

interface OwnLoginParts {
  sessions: Sessions;
  memory: AccessMemory;
}

/** Where one is logged in, and ending it there (OWASP ASVS 3.3.4). */
export const ownLoginRoutes =
  ({ sessions, memory }: OwnLoginParts): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["access"];

    app.get(
      "/v1/session/logins",
      {
        schema: {
          summary: "One's own logins that are good",
          tags,
          response: { 200: z.object({ logins: z.array(ownLoginSchema) }) },
        },
      },
      async (request) => {
        const { person, session } = sessionOf(request);
        const rows = await sessions.of(person.name, new Date());
        return {
          logins: rows.map(({ id, how, source, agent, created_at, seen_at }) => ({
            id: id.toString("hex"),
            this: id.equals(session),
            how,
            source,
            browser: agent,
            created_at: created_at.toISOString(),
            seen_at: seen_at.toISOString(),
          })),
        };
      },
    );
    app.delete(
      "/v1/session/logins/:id",
      {
        schema: {
          summary: "End one of one's own logins",
          tags,
          params: passkeyId,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { person } = sessionOf(request);
        const id = Buffer.from(request.params.id, "hex");
        const own = await sessions.of(person.name, new Date());
        if (!own.some((one) => one.id.equals(id)))
          throw new Problem("not-found", "there is no such login of yours, or it is over");
        await sessions.end(id, new Date());
        await memory.read();
        return reply.code(204).send(null);
      },
    );
    app.delete(
      "/v1/session/logins",
      {
        schema: { summary: "End all of one's own logins but this one", tags, response: { 204: z.null() } },
      },
      async (request, reply) => {
        const { person, session } = sessionOf(request);
        await sessions.endOthers(person.name, session);
        await memory.read();
        return reply.code(204).send(null);
      },
    );
  };
