import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { goodTry, noTry, takeTry } from "./attempts.ts";
import { useChallenge } from "./challenges.ts";
import type { Factors } from "./factors.ts";
import type { Arrival, Change, Identities } from "./identities.ts";
import { assertNoPause } from "./logins.ts";
import { claimedBy } from "./provider-claims.ts";
import { Disbelieved, type ProviderClient } from "./provider-client.ts";
import { awayMs, codeMs, openedLogin, sealedLogin } from "./provider-seal.ts";
import type { Providers } from "./providers.ts";

/** Logins by an identity provider, from the button to who it is. */

/** The page of the console that a provider sends browsers back to. */
export const returnPath = "/console/login/return";

interface Parts {
  database: Database;
  providers: Providers;
  identities: Identities;
  factors: Factors;
  client: ProviderClient;
  /** A secret of the cluster. */
  root: string;
  /** Where browsers may come back to; the first where they are at none of them. */
  origins: readonly string[];
}

interface Begun {
  provider: string;
  window: boolean;
  /** Of who proves again who it is; undefined: it is a new login. */
  session: Buffer | undefined;
  /** Where the browser is: `Host`. */
  host: string | undefined;
}

/** It is proven who it is. */
export interface ProvenBy {
  person: string;
  provider: string;
  strong: boolean;
  /** When who it is was proven; undefined: the provider does not say. */
  provenAt: Date | undefined;
  session: Buffer | undefined;
  window: boolean;
  changes: Change[];
}

/** A code of the second factor is missing: `cookie` remembers the rest. */
export interface CodeMissing {
  cookie: string;
  changes: Change[];
}

const tooLate = (): Problem =>
  new Disbelieved("this login was begun elsewhere, took too long, or was used already: begin anew");

const inHex = (session: string | null): Buffer | undefined =>
  session === null ? undefined : Buffer.from(session, "hex");

export class ProviderLogins {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** To be registered at the provider. */
  get redirectUris(): string[] {
    return this.parts.origins.map((origin) => `${origin}${returnPath}`);
  }

  /** Where a browser has to be that is at this host, so that it comes back with what it remembers. Pure. */
  originFor(host: string | undefined): string {
    const { origins } = this.parts;
    return origins.find((one) => one === `https://${host?.toLowerCase()}`) ?? origins[0] ?? "";
  }

  /** Sends a browser to its provider. @throws Problem `not-found`, `provider-unavailable` */
  async begin(
    { provider, window, session, host }: Begun,
    now: Date,
  ): Promise<{ url: string; cookie: string }> {
    const { providers, client, root } = this.parts;
    const opened = await providers.open(provider);
    const secrets = await client.secrets();
    const redirect = this.originFor(host) + returnPath;
    const url = await client.url(opened, secrets, redirect, session !== undefined);
    const cookie = sealedLogin(root, {
      stage: "away",
      id: secrets.state,
      until: now.getTime() + awayMs,
      began: now.getTime(),
      session: session?.toString("hex") ?? null,
      ...{ provider, window, secrets, redirect },
    });
    return { url, cookie };
  }

  /**
   * The browser came back. What can not be believed counts as a wrong password of its source does.
   * @param session of whoever is logged in there
   * @throws Problem `provider-refused`, `provider-stranger`, `provider-unavailable`, `too-many-tries`, `database-unavailable`
   */
  async take(
    cookie: string | undefined,
    query: string,
    session: Buffer | undefined,
    source: string,
    now: Date,
  ): Promise<ProvenBy | CodeMissing> {
    const { database } = this.parts;
    assertNoPause(await takeTry(database, undefined, source, now));
    try {
      const found = await this.takeCounted(cookie, query, session, now);
      await noTry(database, undefined, source);
      return found;
    } catch (error) {
      if (!(error instanceof Disbelieved)) await noTry(database, undefined, source);
      throw error;
    }
  }

  private async takeCounted(
    cookie: string | undefined,
    query: string,
    session: Buffer | undefined,
    now: Date,
  ): Promise<ProvenBy | CodeMissing> {
    const { providers, client, root, factors } = this.parts;
    const seal = openedLogin(root, cookie, "away", now);
    if (!seal) throw tooLate();
    assertSameLogin(seal, session);
    const returned = new URL(seal.redirect);
    returned.search = query;
    // Before anything else is done with it: one that came back is good no more, whatever comes of it.
    if (returned.searchParams.get("state") !== seal.secrets.state || !(await this.use(seal.id, now)))
      throw tooLate();
    const opened = await providers.open(seal.provider);
    // The provider looks at its clock, and has the time since then.
    const maxAge = seal.session === null ? undefined : Math.ceil((now.getTime() - seal.began) / 1000) + 30;
    const { issuer, subject, claims } = await client.claims(opened, returned, seal.secrets, maxAge);
    const claimed = claimedBy(claims, opened.provider, now);
    const { person, changes } = await this.whose(
      seal.session,
      { issuer, subject, claimed, newPeople: opened.provider.new_people },
      now,
    );
    if (!claimed.strong && (await factors.has(person))) {
      const rest = { stage: "code", person, authAt: claimed.authAt?.getTime() ?? null } as const;
      const { provider, window } = seal;
      const id = randomBytes(32).toString("base64url");
      const until = now.getTime() + codeMs;
      const next = sealedLogin(root, { ...rest, id, until, provider, window, session: seal.session });
      return { cookie: next, changes };
    }
    return {
      ...{ person, changes, strong: claimed.strong, provenAt: claimed.authAt },
      ...{ provider: seal.provider, session: inHex(seal.session), window: seal.window },
    };
  }

  private async whose(
    session: string | null,
    arrival: Arrival,
    now: Date,
  ): Promise<{ person: string; changes: Change[] }> {
    const { identities } = this.parts;
    if (session === null) return await identities.arrive(arrival, now);
    const person = await identities.personOf(arrival.issuer, arrival.subject);
    if (person === undefined) throw new Problem("provider-refused", "this is nobody's login here");
    return { person, changes: [] };
  }

  /** The code that was missing. @throws Problem `code-refused`, `provider-refused`, `too-many-tries` */
  async takeCode(
    cookie: string | undefined,
    code: string,
    session: Buffer | undefined,
    source: string,
    now: Date,
  ): Promise<ProvenBy> {
    const { database, root, factors } = this.parts;
    const seal = openedLogin(root, cookie, "code", now);
    if (!seal) throw tooLate();
    assertSameLogin(seal, session);
    const { person } = seal;
    assertNoPause(await takeTry(database, person, source, now));
    if ((await factors.use(person, code, now)) === undefined)
      throw new Problem("code-refused", "the code is wrong, or was used already", [
        { path: "/code", message: "is wrong, or was used already" },
      ]);
    if (!(await this.use(seal.id, now))) throw tooLate();
    await goodTry(database, person, source);
    return {
      ...{ person, changes: [], strong: true, provider: seal.provider, window: seal.window },
      provenAt: seal.authAt === null ? undefined : new Date(seal.authAt),
      session: inHex(seal.session),
    };
  }

  /** @returns false: it was used before, at whichever node */
  private async use(id: string, now: Date): Promise<boolean> {
    return await useChallenge(this.parts.database, createHash("sha256").update(id).digest(), now);
  }
}

/** What proves again who is logged in is of that login. @throws Problem `provider-refused` */
function assertSameLogin({ session }: { session: string | null }, now: Buffer | undefined): void {
  if (session !== null && session !== now?.toString("hex")) throw tooLate();
}
