import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Role } from "../http/access.ts";
import { noteChange } from "../http/noted.ts";
import { type Principal, principalOf } from "../http/principal.ts";
import { Problem } from "../http/problems.ts";
import { personName } from "./access-schema.ts";
import {
  confirmSchema,
  factorsSchema,
  newTotpSchema,
  proofSchema,
  provenSchema,
  recoverySchema,
} from "./factor-schema.ts";
import type { Factors } from "./factors.ts";
import type { Logins } from "./logins.ts";
import type { AccessMemory } from "./memory.ts";
import { secretUri } from "./one-time.ts";
import type { Passkeys } from "./passkeys.ts";
import type { People } from "./people.ts";
import { sourceOfRequest } from "./request-source.ts";
import type { Sessions } from "./sessions.ts";

interface FactorParts {
  people: People;
  sessions: Sessions;
  logins: Logins;
  factors: Factors;
  passkeys: Passkeys;
  memory: AccessMemory;
  /** Who may do nothing without a second factor. */
  secondFactor: readonly Role[];
  /** What authenticators show the codes under. */
  issuer: string;
  events: { factorChanged(person: string, what: string, source: string): void };
}

/** Whose login asks. @throws Problem `unauthorized` */
export function sessionOf(request: FastifyRequest): Extract<Principal, { kind: "session" }> {
  const principal = principalOf(request);
  if (principal?.kind !== "session") throw new Problem("unauthorized", "nobody is logged in here");
  return principal;
}

/** One's own second factors, and that an administrator takes away somebody's. */
export const factorRoutes =
  (parts: FactorParts): FastifyPluginAsyncZod =>
  async (app) => {
    const { people, sessions, logins, factors, passkeys, memory, secondFactor, events } = parts;
    const tags = ["access"];

    app.post(
      "/v1/session/proof",
      {
        schema: {
          summary: "Prove again who is logged in here",
          description:
            "What changes who can log in asks for it when the last proof is older than ten minutes (`proof-needed`).",
          tags,
          body: proofSchema,
          response: { 200: provenSchema },
        },
      },
      async (request) => {
        const { person, session } = sessionOf(request);
        const { password, code } = request.body;
        await logins.prove(person.name, password, code, sourceOfRequest(request));
        const now = new Date();
        await sessions.prove(session, now);
        await memory.read();
        return { proven_at: now.toISOString() };
      },
    );
    app.get(
      "/v1/session/factors",
      { schema: { summary: "One's own second factors", tags, response: { 200: factorsSchema } } },
      async (request) => {
        const { person } = sessionOf(request);
        const { totpSince, recoveryCodes } = await factors.own(person.name);
        return {
          totp: totpSince ? { since: totpSince.toISOString() } : null,
          recovery_codes: recoveryCodes,
          passkeys: (await passkeys.of(person.name)).map(({ id, label, created_at, used_at }) => ({
            id: id.toString("hex"),
            name: label,
            since: created_at.toISOString(),
            used_at: used_at?.toISOString() ?? null,
          })),
          passkey_host: passkeys.host ?? null,
          required: secondFactor.includes(person.role),
        };
      },
    );
    app.post(
      "/v1/session/factors/totp",
      {
        schema: {
          summary: "A new secret for one's authenticator",
          description: "Nothing changes before a code of it is confirmed, within 15 minutes.",
          tags,
          response: { 200: newTotpSchema },
        },
      },
      async (request) => {
        const { person } = sessionOf(request);
        const secret = await factors.begin(person.name, new Date());
        return { secret, uri: secretUri(secret, parts.issuer, person.name) };
      },
    );
    app.put(
      "/v1/session/factors/totp",
      {
        schema: {
          summary: "Confirm the new secret by a code of it",
          description: "From then on logins need a code. All other logins of this person end.",
          tags,
          body: confirmSchema,
          response: { 200: recoverySchema },
        },
      },
      async (request) => {
        const { person, session } = sessionOf(request);
        const codes = await factors.confirm(person.name, request.body.code, session, new Date());
        noteChange(request, { after: { second_factor: "one-time codes" } });
        events.factorChanged(person.name, "one-time codes set up", sourceOfRequest(request));
        await memory.read();
        return { recovery_codes: codes };
      },
    );
    app.post(
      "/v1/session/factors/recovery",
      {
        schema: {
          summary: "New recovery codes; those before are good no more",
          tags,
          response: { 200: recoverySchema },
        },
      },
      async (request) => {
        const { person } = sessionOf(request);
        const codes = await factors.renewCodes(person.name);
        noteChange(request, { after: { recovery_codes: "new" } });
        events.factorChanged(person.name, "new recovery codes", sourceOfRequest(request));
        return { recovery_codes: codes };
      },
    );
    app.delete(
      "/v1/session/factors/totp",
      {
        schema: {
          summary: "No one-time codes any more",
          description: "All other logins of this person end.",
          tags,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { person, session } = sessionOf(request);
        noteChange(request, { before: { second_factor: "one-time codes" } });
        await factors.removeTotp(person.name, secondFactor.includes(person.role), session);
        events.factorChanged(person.name, "one-time codes removed", sourceOfRequest(request));
        await memory.read();
        return reply.code(204).send(null);
      },
    );

    const params = z.object({ name: personName });
    app.delete(
      "/v1/people/:name/factors",
      {
        schema: {
          summary: "Take away somebody's second factors",
          description:
            "For whoever lost them: it logs in by its password alone until it sets up new ones. All its logins end.",
          tags,
          params,
          response: { 200: params },
        },
      },
      async (request) => {
        const { name } = request.params;
        const { second_factor } = await people.shown(name);
        noteChange(request, { before: { second_factor }, after: { second_factor: false } });
        await factors.remove(name);
        events.factorChanged(name, "all taken away", sourceOfRequest(request));
        await memory.read();
        return { name };
      },
    );
  };
