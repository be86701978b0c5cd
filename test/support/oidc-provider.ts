import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import Provider, { type Configuration } from "oidc-provider";

/**
 * A certified OpenID provider (oidc-provider) in a process of its own, as a company has one: a page that asks who somebody is, HTTPS by
 * an authority of its own. Argument: ProviderWanted as JSON. Says where it is, then nothing.
 *
 * POST /test/mode makes the next ID tokens wrong, as no real one would: of another audience, signed by another key; or lets it hang.
 */

export interface ProviderWanted {
  address: string;
  certificate: string;
  key: string;
  clients: { id: string; secret: string; authTime: boolean }[];
  redirectUris: string[];
  /** Claims by the name that is typed at its page; `amr` beside: how somebody logged in there. */
  people: Record<string, { claims: Record<string, unknown>; amr?: string[] }>;
}

export interface ProviderNews {
  issuer: string;
}

export type ProviderMode = "right" | "audience" | "signature" | "hang";

// What it warns of (its rows are in memory) is no news.
console.info = console.warn = (...words) => console.error(...words);

const wanted = JSON.parse(process.argv[2] ?? "") as ProviderWanted; // of the test beside
let mode: ProviderMode = "right";

const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const key = newKey();
const server = createServer({ cert: wanted.certificate, key: wanted.key });
server.listen(0, wanted.address);
await once(server, "listening");
const bound = server.address();
const port = typeof bound === "object" ? bound?.port : undefined;
const issuer = `https://${wanted.address}:${port}`;

const configuration: Configuration = {
  clients: wanted.clients.map(({ id, secret, authTime }) => ({
    client_id: id,
    client_secret: secret,
    redirect_uris: wanted.redirectUris,
    require_auth_time: authTime,
    id_token_signed_response_alg: "ES256",
  })),
  jwks: { keys: [{ ...key.export({ format: "jwk" }), kid: "one", use: "sig", alg: "ES256" }] },
  cookies: { keys: ["of a test"] },
  claims: {
    openid: ["sub", "amr"],
    email: ["email", "email_verified"],
    profile: ["name", "groups", "preferred_username"],
  },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...wanted.people[id]?.claims }),
  }),
  // Nobody is asked what this service may know.
  loadExistingGrant: async ({ oidc }) => {
    const { client, session } = oidc;
    if (!client || !session?.accountId) return undefined;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
};
const provider: Provider = new Provider(issuer, configuration);

const page = (uid: string): string => `<!doctype html><html lang="en"><title>A provider</title><main>
<h1>A provider</h1><form method="post" action="/interaction/${uid}"><label>Who are you?
<input name="who" autofocus></label> <button>Go on</button></form></main></html>`;

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The same token, made wrong. */
function wrong(token: string): string {
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as object;
  const changed = mode === "audience" ? { ...claims, aud: "somebody-else" } : claims;
  const head = `${base64({ alg: "ES256", kid: "one" })}.${base64(changed)}`;
  const by = mode === "signature" ? newKey() : key;
  const seal = sign("sha256", Buffer.from(head), { key: by, dsaEncoding: "ieee-p1363" });
  return `${head}.${seal.toString("base64url")}`;
}

async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

provider.use(async (context, next) => {
  const { path, method, req, res } = context;
  if (path === "/test/mode") {
    mode = (await bodyOf(req)) as ProviderMode; // of the test beside
    context.body = mode;
    return;
  }
  if (path.startsWith("/interaction/")) {
    if (method === "GET") {
      context.body = page(path.split("/")[2] ?? "");
      return;
    }
    const who = new URLSearchParams(await bodyOf(req)).get("who") ?? "";
    const person = wanted.people[who];
    context.respond = false;
    const result = person
      ? { login: { accountId: who, ...(person.amr && { amr: person.amr }) } }
      : { error: "access_denied", error_description: "nobody of this name" };
    await provider.interactionFinished(req, res, result, { mergeWithLastSubmission: false });
    return;
  }
  if (mode === "hang" && path === "/token") await delay(60_000);
  await next();
  if (mode === "right" || path !== "/token" || context.status !== 200) return;
  const body = context.body as { id_token: string }; // as oidc-provider answers
  context.body = { ...body, id_token: wrong(body.id_token) };
});

const handle = provider.callback();
server.on("request", (request, response) => void handle(request, response));
const news: ProviderNews = { issuer };
process.stdout.write(`${JSON.stringify(news)}\n`);
