import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type Contact, contactSchema } from "../components/kamailio/locations.ts";
import type { Database } from "../db/database.ts";
import { pageQuery } from "../http/paging.ts";
import { narrowingOf } from "../http/scope.ts";
import type { AgentDoor } from "./agent-door.ts";
import { registrationsSchema } from "./registrations-schema.ts";

/**
 * /v1/registrations: the SIP server is asked for the users of one page, so that it costs the same however many telephones
 * are registered.
 */

/** Users that a page looks at before it is given as it is: many may not be registered. */
const mostUsers = 1000;
const portion = 100;
const deadlineMs = 3000;

const query = pageQuery.extend({
  registered: z
    .stringbool()
    .optional()
    .describe("true: only users with a telephone; false: only those without; missing: all"),
  search: z.string().max(64).optional().describe("part of a user's name or of what is displayed"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const answerSchema = z.object({ contacts: z.array(contactSchema) });

const like = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

/** The next users in the order of their names, one more than are looked at. */
const usersAfter = (database: Database, after: string, search: string | undefined) =>
  database.read((db) => {
    const all = db.selectFrom("users").select(["name", "display", "site"]).where("name", ">", after);
    const wanted =
      search === undefined
        ? all
        : all.where((where) =>
            where.or([where("name", "like", like(search)), where("display", "like", like(search))]),
          );
    return wanted
      .orderBy("name")
      .limit(mostUsers + 1)
      .execute();
  });

const shown = ({ contact, received, userAgent, expires, lastModified, socket }: Contact) => ({
  ...{ contact, received, user_agent: userAgent, socket },
  expires_at: new Date(expires * 1000).toISOString(),
  registered_at: new Date(lastModified * 1000).toISOString(),
});

export const registrationRoutes =
  (door: AgentDoor, database: Database): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      "/v1/registrations",
      {
        schema: {
          summary: "Users and the telephones that they are registered with",
          description:
            "As this node's SIP server knows them. A page may be shorter than `limit` although `next` names another one.",
          tags: ["cluster"],
          querystring: query,
          response: { 200: registrationsSchema },
        },
      },
      async (request) => {
        const { after, limit, registered, search } = request.query;
        const narrowing = narrowingOf(request);
        const sees = ({ name, site }: { name: string; site: string | null }): boolean =>
          narrowing?.user(name, site) !== false;
        const candidates = await usersAfter(database, after, search);
        const found: z.infer<typeof registrationsSchema>["users"] = [];
        let looked = 0;
        while (found.length < limit && looked < Math.min(candidates.length, mostUsers)) {
          const some = candidates.slice(looked, looked + Math.min(portion, mostUsers - looked));
          const names = some.filter(sees).map(({ name }) => name);
          const answer =
            names.length === 0
              ? { contacts: [] }
              : await door.ask("POST", "/registrations", { users: names }, deadlineMs);
          const byUser = Map.groupBy(answerSchema.parse(answer).contacts, ({ aor }) => aor);
          for (const user of some) {
            if (found.length >= limit) break;
            looked++;
            if (!sees(user)) continue;
            const { name, display } = user;
            const contacts = byUser.get(name) ?? [];
            if (registered === undefined || registered === contacts.length > 0)
              found.push({ user: name, display, contacts: contacts.map(shown) });
          }
        }
        const next = looked < candidates.length ? (candidates[looked - 1]?.name ?? null) : null;
        return { users: found, next };
      },
    );
  };
