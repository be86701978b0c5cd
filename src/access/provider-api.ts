import { X509Certificate } from "node:crypto";
import type { FastifyRequest } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { IdentityProvidersTable } from "../db/tables.ts";
import { assertExpected, type StoredTag } from "../http/etag.ts";
import { noteChange } from "../http/noted.ts";
import { pageQuery } from "../http/paging.ts";
import { assertSameName, Problem } from "../http/problems.ts";
import { personName } from "./access-schema.ts";
import type { Identities } from "./identities.ts";
import type { People } from "./people.ts";
import type { ProviderClient } from "./provider-client.ts";
import {
  identityPath,
  identitySchema,
  type NewProvider,
  newIdentitySchema,
  newProviderSchema,
  providerChecked,
  providerList,
  providerName,
  providerSchema,
  putProviderSchema,
} from "./provider-schema.ts";
import type { Providers } from "./providers.ts";

interface Parts {
  providers: Providers;
  identities: Identities;
  client: ProviderClient;
  people: People;
  tag: StoredTag;
  redirectUris: readonly string[];
}

const certificateIn = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificates in PEM and nothing else. Pure. */
function isPem(text: string): boolean {
  const found = text.match(certificateIn) ?? [];
  try {
    for (const one of found) new X509Certificate(one);
  } catch {
    return false; // it only looks like one
  }
  return found.length > 0 && text.replace(certificateIn, "").trim() === "";
}

/** What fits its schema, and can not be all the same. Pure. @throws Problem `invalid-request` */
function assertUsable({ ca, roles, roles_claim }: NewProvider): void {
  if (ca !== null && !isPem(ca))
    throw new Problem("invalid-request", "the authorities can not be read", [
      { path: "/ca", message: "must be certificates in PEM" },
    ]);
  if (roles_claim === null && roles.length > 0)
    throw new Problem("invalid-request", "roles are read from a claim", [
      { path: "/roles_claim", message: "must name where the roles are" },
    ]);
}

/** /v1/identity-providers: who else says who somebody is; and whom at one a person is. */
export const providerRoutes =
  ({ providers, identities, client, people, tag, redirectUris }: Parts): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["access"];
    const params = z.object({ name: providerName });
    const done = z.object({ name: z.string() });
    const expected =
      ({ headers, params }: { headers: FastifyRequest["headers"]; params: { name: string } }) =>
      (before: IdentityProvidersTable | undefined): void =>
        assertExpected(headers, `identity provider ${params.name}`, before && tag(before));
    const existing = async (name: string) => {
      try {
        return await providers.get(name);
      } catch (error) {
        if (error instanceof Problem && error.code === "not-found") return undefined;
        throw error;
      }
    };

    app.get(
      "/v1/identity-providers",
      {
        schema: {
          summary: "Identity providers (OpenID Connect)",
          tags,
          querystring: pageQuery,
          response: { 200: providerList },
        },
      },
      async ({ query: { after, limit } }) => {
        const found = await providers.list(after, limit);
        const next = found.length === limit ? (found.at(-1)?.name ?? null) : null;
        return { providers: found, next, redirect_uris: [...redirectUris] };
      },
    );
    app.get(
      "/v1/identity-providers/:name",
      { schema: { summary: "One identity provider", tags, params, response: { 200: providerSchema } } },
      async ({ params: { name } }, reply) =>
        reply.header("etag", tag(await providers.row(name))).send(await providers.get(name)),
    );
    app.post(
      "/v1/identity-providers",
      {
        schema: {
          summary: "A new identity provider",
          tags,
          body: newProviderSchema,
          response: { 201: done },
        },
      },
      async (request, reply) => {
        const { body } = request;
        assertUsable(body);
        await providers.put(body, true, () => {});
        return reply.code(201).send({ name: body.name });
      },
    );
    app.put(
      "/v1/identity-providers/:name",
      {
        config: { conditional: true },
        schema: {
          summary: "Create or replace an identity provider",
          description: "A secret that is not given stays, unless the issuer is another.",
          tags,
          params,
          body: putProviderSchema,
          response: { 200: done },
        },
      },
      async (request) => {
        const { name } = request.params;
        assertSameName(name, request.body.name);
        const provider = { ...request.body, name };
        assertUsable(provider);
        const before = await existing(name);
        await providers.put(provider, false, expected(request));
        noteChange(request, { ...(before && { before }), after: provider });
        return { name };
      },
    );
    app.delete(
      "/v1/identity-providers/:name",
      {
        config: { conditional: true },
        schema: {
          summary: "Remove an identity provider",
          description: "Nobody logs in by it any more; logins that are there go on until they end.",
          tags,
          params,
          response: { 200: done },
        },
      },
      async (request) => {
        const { name } = request.params;
        noteChange(request, { before: await providers.get(name) });
        await providers.remove(name, expected(request));
        return { name };
      },
    );
    app.post(
      "/v1/identity-providers/:name/check",
      {
        schema: {
          summary: "Ask an identity provider what it is",
          description: "503 `provider-unavailable` says why nobody could log in by it now.",
          tags,
          params,
          response: { 200: providerChecked },
        },
      },
      async ({ params: { name } }) => await client.check(await providers.open(name)),
    );

    const person = z.object({ name: personName });
    app.get(
      "/v1/people/:name/identities",
      {
        schema: {
          summary: "Who at an identity provider a person is",
          tags,
          params: person,
          response: { 200: z.object({ identities: z.array(identitySchema) }) },
        },
      },
      async ({ params: { name } }) => {
        await people.get(name);
        return { identities: await identities.of(name) };
      },
    );
    app.post(
      "/v1/people/:name/identities",
      {
        schema: {
          summary: "Link a person with somebody at an identity provider",
          description:
            "Who logs in first there with this name is this person, and stays it when the name changes there.",
          tags,
          params: person,
          body: newIdentitySchema,
          response: { 201: z.object({ id: z.string() }) },
        },
      },
      async (request, reply) => {
        const { name } = request.params;
        const { provider, claimed } = request.body;
        const { issuer } = await providers.get(provider);
        const id = await identities.expect(name, issuer, claimed, new Date());
        noteChange(request, { after: { name, identity: { issuer, claimed } } });
        return reply.code(201).send({ id });
      },
    );
    app.delete(
      "/v1/people/:name/identities/:id",
      {
        schema: {
          summary: "Link a person with somebody at an identity provider no more",
          tags,
          params: identityPath,
          response: { 200: done },
        },
      },
      async (request) => {
        const { name, id } = request.params;
        const before = (await identities.of(name)).find((one) => one.id === id);
        noteChange(request, { before: { name, identity: before ?? null } });
        await identities.remove(name, Buffer.from(id, "hex"));
        return { name };
      },
    );
  };
