import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { type Answer, isDecision } from "../call/answer.ts";
import type { Question } from "../call/contract.ts";
import { understood } from "../call/number.ts";
import type { World } from "../carriers/choose.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import { consult, explain } from "./decide.ts";
import { seated } from "./desks.ts";
import type { Snapshot } from "./registry.ts";
import { explanationSchema, simulateQuery } from "./simulation-schema.ts";

const wouldBeDone: Answer = { action: "reject", code: 480, reason: "Would Be Carried Out" };

/** The same with so many calls in progress. */
function withCalls(world: World, calls: number | undefined): World {
  if (calls === undefined) return world;
  const { users } = world;
  return {
    ...world,
    users: {
      callsOf: (user, callId) => users.callsOf(user, callId),
      idleMs: (user) => users.idleMs(user),
      inProgress: () => calls,
    },
  };
}

/** GET /v1/rules/simulate: what the rules would do. Scripts and web applications that rules name are really asked. */
export const simulationRoutes =
  (
    live: { snapshot: Snapshot; world: World },
    others: { answer(consultation: Consultation, question: Question): Promise<Answer> },
    realm: string,
    snapshotWith: (draft: string) => Promise<Snapshot>,
  ): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/rules/simulate",
      {
        schema: {
          summary: "What would happen to a call, and why",
          tags: ["rules"],
          querystring: simulateQuery,
          response: { 200: explanationSchema },
        },
      },
      async ({ query }) => {
        const { number, from, user, source, at, call_id, draft } = query;
        const asked = understood({
          v: 1,
          call_id,
          from: { user: from, domain: realm },
          to: { user: number, domain: realm },
          request_uri: `sip:${number}@${realm}`,
          number,
          source: { address: source, port: 5060 },
          transport: "udp",
          ...(user !== undefined && { user }),
          ...(query.method && { method: query.method }),
          registered: Object.fromEntries((query.unregistered ?? "").split(",").map((name) => [name, false])),
          ...(query.overloaded && { overloaded: true }),
        });
        const more = { world: withCalls(live.world, query.calls) };
        const answers = new Map<string, Answer>();
        const now = at === undefined ? Date.now() : Date.parse(at);
        const snapshot = draft === undefined ? live.snapshot : await snapshotWith(draft);
        const question = seated(snapshot, asked);
        for (;;) {
          const found = consult(snapshot, question, now, answers, more);
          if (isDecision(found)) return explain(snapshot, question, now, answers, more);
          // Nothing is changed by a simulation.
          const isOrder = found.action.type === "feature" || found.action.type === "desk";
          answers.set(found.rule, isOrder ? wouldBeDone : await others.answer(found, question));
        }
      },
    );
  };
