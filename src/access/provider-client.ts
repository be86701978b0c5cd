import { LRUCache } from "lru-cache";
import type { Configuration } from "openid-client";
import { messageOf } from "../base/message.ts";
import { HttpClient } from "../http/client.ts";
import { limitedText } from "../http/limited.ts";
import { Problem } from "../http/problems.ts";
import { type Claims, claimAt } from "./provider-claims.ts";
import type { Provider } from "./provider-schema.ts";

/** Asks identity providers, by openid-client: it is loaded when the first login by a provider begins, and not before. */

/** Each question to a provider has to be answered within this. */
const answerMs = 5000;
/** No document of a provider is longer. */
const longestAnswer = 1024 * 1024;
/** Their description is asked for again after so long; one that could not be had, much sooner. */
const keptMs = 30 * 60_000;
const failedMs = 2000;
/** Its clock may differ from ours by so much, s. */
const clocks = 30;

type Library = typeof import("openid-client");
const library = (): Promise<Library> => import("openid-client");

/** A provider as it is configured now. */
export interface OpenedProvider {
  provider: Provider;
  secret: string | undefined;
  /** Changes with all that is configured of it. */
  state: string;
}

/** What goes to the provider and back, and is remembered meanwhile. */
export interface Secrets {
  state: string;
  nonce: string;
  verifier: string;
}

/** Somebody may have made this answer up: it counts as a wrong password does. */
export class Disbelieved extends Problem {
  constructor(detail: string) {
    super("provider-refused", detail);
  }
}

const unavailable = ({ label, issuer }: Provider, error: unknown): Problem =>
  new Problem("provider-unavailable", `${label} (${issuer}): ${whyOf(error)}`);

/** The library tells the kind of fault, and its cause what it was. */
function whyOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? messageOf(error.cause) : "";
  return inner === "" ? messageOf(error) : `${messageOf(error)} (${inner})`;
}

/** As `fetch`, by the one client, over HTTPS alone. */
function fetchBy(ca: string | null) {
  return async (
    asked: string,
    {
      method,
      headers,
      body,
      signal,
    }: { method: string; headers: Record<string, string>; body?: unknown; signal?: AbortSignal },
  ): Promise<Response> => {
    const url = new URL(asked);
    if (url.protocol !== "https:") throw new Error(`${url.origin} is not asked: it is no https`);
    await using client = new HttpClient({
      name: url.host,
      origin: url.origin,
      connectMs: answerMs,
      ...(ca !== null && { tls: { ca } }),
    });
    const reply = await client.open({
      method: method === "POST" ? "POST" : "GET",
      path: url.pathname + url.search,
      headers,
      deadlineMs: answerMs,
      ...(body !== undefined && body !== null && { text: String(body) }),
      ...(signal && { signal }),
    });
    const text = await limitedText(reply.body, longestAnswer);
    const given = Object.entries(reply.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    return new Response([204, 304].includes(reply.status) ? null : text, {
      status: reply.status,
      headers: given,
    });
  };
}

export class ProviderClient {
  /** What they say of themselves, by their configuration. */
  private readonly known = new LRUCache<string, Promise<Configuration>>({ max: 50, ttl: keptMs });

  /** @throws Problem `provider-unavailable` */
  private async configuration(opened: OpenedProvider): Promise<Configuration> {
    const { state } = opened;
    const kept = this.known.get(state);
    const asked = kept ?? this.discover(opened);
    if (!kept) {
      this.known.set(state, asked);
      asked.catch(() => this.known.set(state, asked, { ttl: failedMs })); // whoever waits for it tells of it
    }
    try {
      return await asked;
    } catch (error) {
      throw unavailable(opened.provider, error);
    }
  }

  /** OpenID Connect Discovery 1.0. @throws Error */
  private async discover({ provider, secret }: OpenedProvider): Promise<Configuration> {
    const client = await library();
    const { issuer, client_id, ca } = provider;
    const options = { timeout: answerMs / 1000, [client.customFetch]: fetchBy(ca) };
    const metadata = { [client.clockTolerance]: clocks };
    const first = await client.discovery(new URL(issuer), client_id, metadata, client.None(), options);
    const about = first.serverMetadata();
    // The library itself takes Entra's description of everybody's directory (its issuer is a pattern).
    if (about.issuer.replace(/\/$/, "") !== issuer.replace(/\/$/, ""))
      throw new Error(`it calls itself ${about.issuer}: give that as the issuer`);
    const ways = about.token_endpoint_auth_methods_supported;
    const basic = ways === undefined || ways.includes("client_secret_basic");
    const proof =
      secret === undefined
        ? client.None()
        : basic
          ? client.ClientSecretBasic(secret)
          : client.ClientSecretPost(secret);
    const configuration = new client.Configuration(about, client_id, metadata, proof);
    configuration.timeout = answerMs / 1000;
    configuration[client.customFetch] = fetchBy(ca);
    // The token's signature is looked at, though it comes by TLS from the provider itself.
    client.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  /** Asks the provider now what it is. @throws Problem `provider-unavailable` */
  async check(opened: OpenedProvider) {
    this.known.delete(opened.state);
    const about = (await this.configuration(opened)).serverMetadata();
    const claims = about.claims_supported;
    return {
      issuer: about.issuer,
      authorization_endpoint: about.authorization_endpoint ?? "",
      pkce: about.supportsPKCE(),
      auth_time: Array.isArray(claims) && claims.includes("auth_time"),
    };
  }

  /** New secrets for one login. */
  async secrets(): Promise<Secrets> {
    const client = await library();
    return {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
  }

  /** Where the browser goes. @param anew somebody has to prove again who it is. @throws Problem `provider-unavailable` */
  async url(
    opened: OpenedProvider,
    { state, nonce, verifier }: Secrets,
    redirectUri: string,
    anew: boolean,
  ): Promise<string> {
    const client = await library();
    const configuration = await this.configuration(opened);
    const { scopes, acr_values } = opened.provider;
    try {
      return client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: [...new Set(["openid", ...scopes])].join(" "),
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        ...(acr_values.length > 0 && { acr_values: acr_values.join(" ") }),
        ...(anew && { prompt: "login", max_age: "0" }),
      }).href;
    } catch (error) {
      throw unavailable(opened.provider, error);
    }
  }

  /**
   * Takes the code to the provider and looks at all that it says: state, issuer, signature, audience, nonce, times.
   * @param maxAge s; undefined: it does not matter when somebody logged in there
   * @returns the claims, those of the token before those of the userinfo endpoint
   * @throws Problem `provider-unavailable`, `provider-refused`
   */
  async claims(
    opened: OpenedProvider,
    returned: URL,
    { state, nonce, verifier }: Secrets,
    maxAge: number | undefined,
  ): Promise<{ issuer: string; subject: string; claims: Claims }> {
    const client = await library();
    const configuration = await this.configuration(opened);
    const { provider } = opened;
    try {
      const tokens = await client.authorizationCodeGrant(configuration, returned, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
        ...(maxAge !== undefined && { maxAge }),
      });
      const token = tokens.claims();
      if (!token) throw new Error("it gave no ID token");
      const about = configuration.serverMetadata();
      if (token.iss !== about.issuer) throw new Error(`the token is of ${token.iss}`);
      const wanted = [provider.name_claim, provider.roles_claim].filter((name) => name !== null);
      const isWhole = wanted.every((name) => claimAt(token, name) !== undefined);
      const more =
        isWhole || about.userinfo_endpoint === undefined
          ? {}
          : await client.fetchUserInfo(configuration, tokens.access_token, token.sub);
      return { issuer: token.iss, subject: token.sub, claims: { ...more, ...token } };
    } catch (error) {
      throw problemOf(client, provider, error);
    }
  }
}

/** Without an answer (no code), or with one that is none of OpenID Connect's. */
const gone: ReadonlySet<string> = new Set([
  "",
  "OAUTH_TIMEOUT",
  "OAUTH_ABORT",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_RESPONSE_IS_NOT_JSON",
]);

/** What of a login went wrong: the provider was not there, said no, or said what can not be believed. */
function problemOf(client: Library, provider: Provider, error: unknown): Problem {
  if (error instanceof client.AuthorizationResponseError) {
    const said = error.error_description ?? "";
    return new Problem(
      "provider-refused",
      `${provider.label} did not log in: ${error.error}${said === "" ? "" : ` (${said.slice(0, 200)})`}`,
    );
  }
  if (error instanceof client.ResponseBodyError)
    return new Disbelieved(`${provider.label} refused the code: ${error.error}`);
  if (error instanceof client.ClientError && gone.has(error.code ?? "")) return unavailable(provider, error);
  return new Disbelieved(`what ${provider.label} said can not be believed: ${whyOf(error)}`);
}
