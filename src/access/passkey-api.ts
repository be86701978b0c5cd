import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Role } from "../http/access.ts";
import { noteChange } from "../http/noted.ts";
import { Problem } from "../http/problems.ts";
import { type SessionShown, sessionSchema } from "./access-schema.ts";
import { sessionOf } from "./factor-api.ts";
import { provenSchema } from "./factor-schema.ts";
import type { AccessMemory } from "./memory.ts";
import { assertFromHere } from "./origin.ts";
import {
  newPasskeyResponse,
  optionsSchema,
  passkeyId,
  passkeyLabel,
  passkeyResponse,
} from "./passkey-schema.ts";
import type { Passkeys } from "./passkeys.ts";
import type { People } from "./people.ts";
import { sourceOfRequest } from "./request-source.ts";
import type { Sessions } from "./sessions.ts";

interface PasskeyRouteParts {
  passkeys: Passkeys;
  people: People;
  sessions: Sessions;
  memory: AccessMemory;
  /** Who may do nothing without a second factor. */
  secondFactor: readonly Role[];
  /** Logs in who has proven to be this person. */
  begin(name: string, how: string, request: FastifyRequest, reply: FastifyReply): Promise<SessionShown>;
  events: {
    factorChanged(person: string, what: string, source: string): void;
    loginRefused(person: string, source: string, why: string): void;
  };
}

/** Passkeys: one's own, and logging in by them. */
export const passkeyRoutes =
  (parts: PasskeyRouteParts): FastifyPluginAsyncZod =>
  async (app) => {
    const { passkeys, people, sessions, memory, secondFactor, events } = parts;
    const tags = ["access"];
    const none = z.null();

    /** Whose it is. @throws Problem `login-refused` */
    const proven = async (request: FastifyRequest, response: z.infer<typeof passkeyResponse>) => {
      try {
        // Optional fields are missing or texts: as browsers send them.
        return await passkeys.proven(response as AuthenticationResponseJSON, new Date());
      } catch (error) {
        if (error instanceof Problem && error.code === "login-refused")
          events.loginRefused("(a passkey)", sourceOfRequest(request), error.message);
        throw error;
      }
    };

    app.post(
      "/v1/session/passkey/options",
      {
        schema: {
          summary: "What a browser asks a passkey for, to log in",
          description: "For navigator.credentials.get; the device says itself whose passkey it is.",
          tags,
          response: { 200: optionsSchema },
        },
      },
      async () => ({ ...(await passkeys.loginOptions(new Date())) }),
    );
    app.post(
      "/v1/session/passkey",
      {
        schema: {
          summary: "Log in by a passkey",
          description: "No password and no code: a passkey is never used without its PIN, finger or face.",
          tags,
          body: passkeyResponse,
          response: { 200: sessionSchema },
        },
      },
      async (request, reply) => {
        assertFromHere(request);
        const name = await proven(request, request.body);
        return await parts.begin(name, "passkey", request, reply);
      },
    );
    app.post(
      "/v1/session/proof/passkey",
      {
        schema: {
          summary: "Prove again who is logged in here, by a passkey",
          tags,
          body: passkeyResponse,
          response: { 200: provenSchema },
        },
      },
      async (request) => {
        const { person, session } = sessionOf(request);
        if ((await proven(request, request.body)) !== person.name)
          throw new Problem("login-refused", "this is somebody else's passkey");
        const now = new Date();
        await sessions.prove(session, now);
        await memory.read();
        return { proven_at: now.toISOString() };
      },
    );
    app.post(
      "/v1/session/factors/passkeys/options",
      {
        schema: {
          summary: "What a browser asks its device for, to make a passkey",
          description:
            "For navigator.credentials.create. 409 where browsers know the service by no host name.",
          tags,
          response: { 200: optionsSchema },
        },
      },
      async (request) => {
        const { person } = sessionOf(request);
        const { id, name, display } = await people.get(person.name);
        return { ...(await passkeys.newOptions({ id, name, display }, new Date())) };
      },
    );
    app.post(
      "/v1/session/factors/passkeys",
      {
        schema: {
          summary: "A new passkey of one's own",
          description:
            "All other logins of this person end. The first second factor comes with recovery codes.",
          tags,
          body: z.strictObject({ name: passkeyLabel, response: newPasskeyResponse }),
          response: { 201: z.object({ recovery_codes: z.array(z.string()).nullable() }) },
        },
      },
      async (request, reply) => {
        const { person, session } = sessionOf(request);
        const { name, response } = request.body;
        const codes = await passkeys.add(
          person.name,
          name,
          // Optional fields are missing or texts: as browsers send them.
          response as RegistrationResponseJSON,
          session,
          new Date(),
        );
        noteChange(request, { after: { passkey: name } });
        events.factorChanged(person.name, "a new passkey", sourceOfRequest(request));
        await memory.read();
        return reply.code(201).send({ recovery_codes: codes ?? null });
      },
    );
    app.put(
      "/v1/session/factors/passkeys/:id",
      {
        schema: {
          summary: "Call a passkey of one's own otherwise",
          tags,
          params: passkeyId,
          body: z.strictObject({ name: passkeyLabel }),
          response: { 204: none },
        },
      },
      async (request, reply) => {
        const { person } = sessionOf(request);
        await passkeys.rename(person.name, Buffer.from(request.params.id, "hex"), request.body.name);
        noteChange(request, { after: { passkey: request.body.name } });
        return reply.code(204).send(null);
      },
    );
    app.delete(
      "/v1/session/factors/passkeys/:id",
      {
        schema: {
          summary: "Remove a passkey of one's own",
          description: "All other logins of this person end.",
          tags,
          params: passkeyId,
          response: { 204: none },
        },
      },
      async (request, reply) => {
        const { person, session } = sessionOf(request);
        const id = Buffer.from(request.params.id, "hex");
        await passkeys.remove(person.name, id, secondFactor.includes(person.role), session);
        noteChange(request, { before: { passkey: request.params.id } });
        events.factorChanged(person.name, "a passkey removed", sourceOfRequest(request));
        await memory.read();
        return reply.code(204).send(null);
      },
    );
  };
