import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { isDecision } from "../call/answer.ts";
import type { CallStatus } from "../call/news-schema.ts";
import { canonicalNumber } from "../call/number.ts";
import { idempotencyKey } from "../http/operation.ts";
import { timePage } from "../http/paging.ts";
import { Problem } from "../http/problems.ts";
import type { LiveRouting } from "../routing/live.ts";
import {
  type Dial,
  type DialInput,
  type DialWithCalls,
  dialInputSchema,
  dialSchema,
  dialWithCallsSchema,
} from "./dial-schema.ts";
import type { DialStore, OpenDial } from "./store.ts";

const params = z.object({ id: z.uuid() });

interface Parts {
  store: DialStore;
  live: Pick<LiveRouting, "snapshot" | "consult" | "catchUp">;
  callsOf(dial: OpenDial): Promise<CallStatus[]>;
  address: string;
  realm: string;
}

/** The user whose telephones ring for `from`. @throws Problem */
function userOf(from: string, { snapshot }: Parts["live"]): string {
  const { users, numbers } = snapshot.parts;
  const name = users.get(from) ? from : numbers.get(canonicalNumber(from))?.user;
  const user = name === undefined ? undefined : users.get(name);
  if (!user)
    throw new Problem(
      "unknown-user",
      `${from} is neither a user nor the number of one: only telephones of this service can be asked to call somebody`,
    );
  if (!user.enabled) throw new Problem("unknown-user", `user ${user.name} is disabled`);
  return user.name;
}

/** A's rights decide whether B may be called. @throws Problem */
function assertAllowed(user: string, to: string, { live, address, realm }: Parts): void {
  const found = live.consult(
    {
      v: 1,
      call_id: "dial",
      from: { user, domain: realm },
      to: { user: to, domain: realm },
      request_uri: `sip:${to}@${realm}`,
      number: canonicalNumber(to),
      source: { address, port: 5060 },
      transport: "udp",
      user,
    },
    new Map(),
  );
  // Whoever is to be asked is asked when A calls.
  if (isDecision(found) && found.action === "reject")
    throw new Problem(
      "not-now",
      `${user} may not call ${to}, or nobody is there: ${found.code} ${found.reason} (${found.rule})`,
    );
}

const shown = ({ cancelled: _, dialog: __, ...dial }: OpenDial): Dial => dial;

/** What may be done with dials, by whoever may. */
export const dialWork = (parts: Parts) => {
  const { store, live, callsOf } = parts;
  return {
    /** @param key the caller's own: with the same it is the same dial. @throws Problem */
    async begin(input: DialInput, key: string | undefined): Promise<Dial> {
      const user = userOf(input.from, live);
      assertAllowed(user, input.to, parts);
      const dial = await store.create(input, user, key);
      await live.catchUp();
      return shown(dial);
    },
    async get(id: string): Promise<DialWithCalls> {
      const dial = await store.get(id);
      return { ...shown(dial), calls: await callsOf(dial) };
    },
    /** @throws Problem `not-now`: it is over already */
    async cancel(id: string): Promise<Dial> {
      if (!(await store.cancel(id))) {
        const { state } = await store.get(id);
        throw new Problem("not-now", `it is ${state}: there is nothing to cancel any more`);
      }
      await live.catchUp();
      return shown(await store.get(id));
    },
  };
};
export type DialWork = ReturnType<typeof dialWork>;

/** /v1/dials: click-to-dial. */
export const dialRoutes =
  (work: DialWork, store: Pick<DialStore, "list">): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["call status"];
    app.post(
      "/v1/dials",
      {
        schema: {
          summary: "A's telephones ring; when A answers, its telephone calls B",
          description: "A's telephone must understand REFER (RFC 3515), as nearly all do.",
          tags,
          body: dialInputSchema,
          response: { 201: dialSchema },
        },
      },
      async ({ body, headers }, reply) =>
        reply.code(201).send(await work.begin(body, idempotencyKey(headers))),
    );
    app.get(
      "/v1/dials",
      {
        schema: {
          summary: "Dials, newest first",
          tags,
          querystring: z.object(timePage),
          response: { 200: z.object({ dials: z.array(dialSchema), next: z.string().nullable() }) },
        },
      },
      async ({ query: { after, limit } }) => {
        const { dials, next } = await store.list(after, limit);
        return { dials: dials.map(shown), next };
      },
    );
    app.get(
      "/v1/dials/:id",
      {
        schema: { summary: "One dial, with its calls", tags, params, response: { 200: dialWithCallsSchema } },
      },
      ({ params: { id } }) => work.get(id),
    );
    app.delete(
      "/v1/dials/:id",
      {
        schema: {
          summary: "Cancels a dial",
          description:
            "A's telephones stop ringing. Once A's telephone calls B it is a call of A's own: A hangs up.",
          tags,
          params,
          response: { 200: dialSchema },
        },
      },
      ({ params: { id } }) => work.cancel(id),
    );
  };
