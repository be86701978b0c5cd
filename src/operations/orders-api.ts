import { randomUUID } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { foreseeDrain, foreseeSwitchover, foreseeUndrain } from "../change/foresee.ts";
import type { ClusterView } from "../change/safety.ts";
import { allHosts, type HostContext } from "../cluster/facts.ts";
import { bytesToUuid } from "../db/uuid.ts";
import { reasonIn } from "../entities/reason.ts";
import { operationOf } from "../http/operation.ts";
import { principalOf } from "../http/principal.ts";
import { Problem } from "../http/problems.ts";
import { contactMs } from "../report/news.ts";
import type { Order, Work } from "../report/order.ts";
import type { AgentDoor } from "./agent-door.ts";
import { foreseenSchema, foreseeQuery, givenSchema, orderRequest } from "./orders-schema.ts";

/** /v1/orders: maintenance of the cluster. What becomes of an order stands in /v1/cluster, `orders`. */

type Context = Pick<HostContext, "cluster" | "self">;

/** All hosts as the agents know them. @throws Problem `agent-unavailable` */
export async function viewOf({ cluster }: Context, door: AgentDoor): Promise<ClusterView> {
  const { entries, problem } = await door.cluster();
  if (problem !== null) throw new Problem("agent-unavailable", `${problem}: orders go through it`);
  return { expected: allHosts(cluster).map(({ name }) => name), entries };
}

/** @throws Problem `not-now`: nobody holds the service address */
export function holderOf({ entries }: ClusterView): string {
  const holder = entries.find(({ ageMs, report }) => ageMs <= contactMs && report.holds)?.report.host;
  if (holder === undefined) throw new Problem("not-now", "nobody holds the service address");
  return holder;
}

/** @throws Problem `unknown-name` */
export function assertHost({ expected }: ClusterView, host: string): string {
  if (expected.includes(host)) return host;
  const message = `must be one of ${expected.join(", ")}`;
  throw new Problem("unknown-name", `there is no host ${host}`, [{ path: "/host", message }]);
}

/** Gives an order by way of the own agent. @throws Problem */
export async function give(
  { self }: Context,
  door: AgentDoor,
  host: string,
  work: Work,
  { id, who }: { id: string; who: string },
): Promise<{ id: string; host: string }> {
  const order: Order = {
    id,
    change: id,
    host,
    who: `${who === "" ? "somebody" : who}, console at ${self.name}`.slice(0, 80),
    work,
  };
  await door.ask("POST", "/orders", order);
  return { id: order.id, host };
}

/** Of the order: as whoever asks says, or of the request; the same when it comes again. */
export function orderId(request: FastifyRequest<{ Body: { id?: string | undefined } }>): string {
  const operation = operationOf(request)?.id;
  return request.body.id ?? (operation ? bytesToUuid(operation) : randomUUID());
}

/** Who asks: the person who is logged in, or as programs say it. */
export function whoAsks(request: FastifyRequest): string {
  const principal = principalOf(request);
  return principal && "person" in principal ? principal.person.name : reasonIn(request.headers).who;
}

export const orderRoutes =
  (context: Context, door: AgentDoor): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["cluster"];
    app.get(
      "/v1/orders/foresee",
      {
        schema: {
          summary: "What callers would notice of an order, and why it would be refused",
          tags,
          querystring: foreseeQuery,
          response: { 200: foreseenSchema },
        },
      },
      async ({ query: { kind, host, force } }) => {
        const view = await viewOf(context, door);
        if (kind === "switchover") return foreseeSwitchover(view, force);
        const meant = assertHost(view, host ?? "");
        return kind === "drain" ? foreseeDrain(view, meant, force) : foreseeUndrain(view, meant);
      },
    );
    app.post(
      "/v1/orders",
      {
        schema: {
          summary: "Switchover; a node out of service, and back",
          description:
            "Answers at once; what becomes of it stands in /v1/cluster and its events, under `orders`.",
          tags,
          body: orderRequest,
          response: { 202: givenSchema },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const view = await viewOf(context, door);
        const by = { id: orderId(request), who: whoAsks(request) };
        if (body.kind === "switchover") {
          const work: Work = { kind: "switchover", force: body.force };
          return reply.code(202).send(await give(context, door, holderOf(view), work, by));
        }
        const host = assertHost(view, body.host);
        const work: Work =
          body.kind === "drain" ? { kind: "drain", why: body.why, force: body.force } : { kind: "undrain" };
        return reply.code(202).send(await give(context, door, host, work, by));
      },
    );
    app.post(
      "/v1/timeline/notes",
      {
        schema: {
          summary: "Write into the incident log what the agents can not know",
          tags,
          body: z.strictObject({
            subject: z.string().min(1).max(64).default("person"),
            text: z.string().min(1).max(500),
          }),
          response: { 204: z.null() },
        },
      },
      async ({ body }, reply) => {
        await door.ask("POST", "/note", body);
        return reply.code(204).send(null);
      },
    );
  };
