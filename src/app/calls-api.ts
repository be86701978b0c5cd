import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { ask, type Deciding } from "../call/ask.ts";
import { decisionSchema, eventSchema, questionSchema } from "../call/contract.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import type { HttpJournal } from "../journal/http-journal.ts";
import type { Events } from "../telemetry/log.ts";

/** POST /v1/calls/decide and /v1/calls/events: what a SIP server asks and tells. */
export const callRoutes =
  ({
    deciding,
    journal,
    events,
  }: {
    deciding: Deciding<Consultation>;
    journal: HttpJournal;
    events: Events;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      "/v1/calls/decide",
      {
        schema: {
          summary: "What shall happen with this call?",
          description: "Answered from memory: works without a database.",
          tags: ["calls"],
          body: questionSchema,
          response: { 200: decisionSchema },
        },
      },
      async (request) => ask(deciding, "http", request.body),
    );
    app.post(
      "/v1/calls/events",
      {
        schema: {
          summary: "What happened to calls",
          description:
            "Acknowledged when the events are on this node's disk; they reach the records within moments. " +
            "All or none are taken. Sending an event again (same id) changes nothing.",
          tags: ["calls"],
          body: z.union([z.array(eventSchema).min(1).max(1000), eventSchema]),
          response: { 202: z.object({ accepted: z.int() }) },
        },
      },
      async (request, reply) => {
        const list = Array.isArray(request.body) ? request.body : [request.body];
        await journal.append(list);
        events.eventsTaken(list.length);
        return reply.code(202).send({ accepted: list.length });
      },
    );
  };
