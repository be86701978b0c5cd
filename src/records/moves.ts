import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { Db } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { type Interruption, type Move, moveSchema } from "./move-schema.ts";

/** Moves of the service address, as the agents that gained it saw them, and what they meant for calls. */

interface Conversation {
  answered_at: Date | null;
  ended_at: Date | null;
}

/** A gap counts when a part of it lies between answer and end. Pure. */
export const interruptionsOf = (call: Conversation, moves: readonly Move[]): Interruption[] =>
  moves
    .filter(({ at, gap_ms }) => {
      const over = Date.parse(at);
      const { answered_at, ended_at } = call;
      return (
        answered_at !== null &&
        answered_at.getTime() <= over &&
        (ended_at === null || ended_at.getTime() >= over - gap_ms)
      );
    })
    .map(({ id: _, ...rest }) => rest);

/** In words, for the record's note. Pure. */
export const interruptionText = ({ at, from, to, by_plan, gap_ms }: Interruption): string =>
  by_plan
    ? `handed over by plan from ${from} to ${to} at ${at}`
    : `service address ${from === to ? `away from ${from}` : `moved from ${from} to ${to}`} at ${at}: relayed audio silent for at most ${gap_ms} ms`;

/** The longest gap that a search looks back for: longer ones count only when they end during the call. */
const longestGapMs = 600_000;

/** All moves that can have met one of these calls. */
export async function movesDuring(db: Db, calls: readonly Conversation[]): Promise<Move[]> {
  const answered = calls.flatMap(({ answered_at }) => answered_at?.getTime() ?? []);
  if (answered.length === 0) return [];
  let select = db
    .selectFrom("moves")
    .selectAll()
    .where("at", ">=", new Date(Math.min(...answered)))
    .orderBy("at")
    .limit(1000);
  if (calls.every(({ ended_at }) => ended_at !== null)) {
    const last = Math.max(...calls.map(({ ended_at }) => ended_at?.getTime() ?? 0));
    select = select.where("at", "<=", new Date(last + longestGapMs));
  }
  return (await select.execute()).map((row) => ({
    id: row.id.toString("hex"),
    at: row.at.toISOString(),
    from: row.from_host,
    to: row.to_host,
    by_plan: row.by_plan !== 0,
    gap_ms: row.gap_ms,
  }));
}

export const moveRoutes =
  ({ database }: { database: Database }): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      "/v1/moves",
      {
        schema: {
          summary: "Keep a move of the service address",
          description:
            "Sent by the agent that gained it. Known by its `id`: sending it again changes nothing.",
          tags: ["records"],
          body: moveSchema,
          response: { 201: z.object({ id: z.uuid() }) },
        },
      },
      async ({ body: { id, at, from, to, by_plan, gap_ms } }, reply) => {
        await database.transact((trx) =>
          trx
            .insertInto("moves")
            .ignore()
            .values({
              id: uuidToBytes(id),
              at: new Date(at),
              from_host: from,
              to_host: to,
              by_plan: by_plan ? 1 : 0,
              gap_ms,
            })
            .execute(),
        );
        return reply.code(201).send({ id });
      },
    );
  };
