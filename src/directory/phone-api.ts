import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { phoneLoginFor } from "../call/phone-login.ts";
import { serviceIp } from "../cluster/facts.ts";
import type { Cluster } from "../cluster/schema.ts";
import { type Principal, principalOf } from "../http/principal.ts";
import { Problem } from "../http/problems.ts";
import type { UserEntry } from "./user-schema.ts";

const credentialSchema = z.object({
  user: z.string(),
  display: z.string(),
  login: z.string().describe("name in the digest; From, To and Contact have `user`"),
  password: z.string(),
  realm: z.string(),
  domain: z.string().describe("what stands behind the @"),
  path: z.string().describe("of the WebSocket (RFC 7118), at the same server"),
  until: z.int().describe("Unix time in seconds; ask for the next one before"),
});

interface Parts {
  cluster: Cluster;
  secret: string;
  user(name: string): Pick<UserEntry, "name" | "display" | "enabled"> | undefined;
}

/** Whose telephone it is to be. @throws Problem */
function userAsked(principal: Principal | undefined, wanted: string | undefined): string {
  const person = principal && "person" in principal ? principal.person : undefined;
  const own = person?.user;
  const name = wanted ?? own;
  if (name === undefined)
    throw new Problem(
      "unknown-user",
      person
        ? `${person.name} is no telephone user: an administrator can say which one it is (people)`
        : "say whose telephone it is: ?user=NAME",
    );
  if (person && name !== own && (person.scope || !["operator", "administrator"].includes(person.role)))
    throw new Problem(
      "forbidden",
      `${person.name} may have a telephone of its own user only, not of ${name}`,
    );
  return name;
}

/**
 * GET /v1/phone/credential: what a telephone in a browser registers with. Nothing is changed by it, so that it is there without
 * a database too.
 */
export const phoneRoutes =
  ({ cluster, secret, user }: Parts): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/phone/credential",
      {
        schema: {
          summary: "A login for a telephone in a browser, good for an hour",
          tags: ["telephones in browsers"],
          querystring: z.strictObject({
            user: z.string().optional().describe("whose telephone; missing: of whoever is logged in"),
          }),
          response: { 200: credentialSchema },
        },
      },
      (request, reply) => {
        const name = userAsked(principalOf(request), request.query.user);
        const found = user(name);
        if (!found) throw new Problem("unknown-user", `there is no user ${name}`);
        if (!found.enabled) throw new Problem("unknown-user", `user ${name} is disabled`);
        void reply.header("cache-control", "no-store");
        return {
          user: found.name,
          display: found.display,
          ...phoneLoginFor(secret, found.name, Date.now()),
          realm: cluster.sip.realm,
          domain: serviceIp(cluster),
          path: "/ws",
        };
      },
    );
  };
