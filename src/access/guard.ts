import type { FastifyRequest } from "fastify";
import type { Role } from "../http/access.ts";
import type { LoggedIn } from "../http/auth.ts";
import type { Principal } from "../http/principal.ts";
import { Problem } from "../http/problems.ts";
import type { Related } from "../http/scope.ts";
import type { AccessMemory, KnownSession } from "./memory.ts";
import { assertFromHere, assertOfSession, isSafe } from "./origin.ts";
import { idleMs, type Sessions, sessionId, tokenForm, touchMs } from "./sessions.ts";
import type { TokenGuard } from "./token-guard.ts";

/** The prefix binds the cookie to this very host, to TLS and to all paths (RFC 6265bis 4.1.3.2). */
export const cookieName = "__Host-dialtone";

/** For so long nobody is asked again who it is, ms. */
const freshMs = 10 * 60_000;

export interface GuardParts {
  memory: AccessMemory;
  sessions: Sessions;
  tokens: TokenGuard;
  /** Who may do nothing without a second factor. */
  secondFactor: readonly Role[];
  /** What calls are decided by now. */
  related(): Related;
  /** Can anything be changed now? */
  writable(): boolean;
}

/** Says who is logged in: from memory; the database is asked for a login that is not known here or looks idle. */
export class SessionGuard implements LoggedIn {
  private readonly parts: GuardParts;
  readonly memory: AccessMemory;

  constructor(parts: GuardParts) {
    this.parts = parts;
    this.memory = parts.memory;
  }

  /** @throws Problem `not-from-here` */
  async of(request: FastifyRequest): Promise<Principal | undefined> {
    // Whoever sends a token is that program, also where a cookie comes along.
    const id = this.parts.tokens.idIn(request);
    if (id) return await this.parts.tokens.of(request, id);
    const token = request.cookies[cookieName];
    if (token === undefined || !tokenForm.test(token)) return undefined;
    const { method, headers } = request;
    assertFromHere({ method, headers });
    const session = await this.known(sessionId(token));
    if (!session) return undefined;
    const person = this.parts.memory.person(session.person);
    if (!person) return undefined;
    assertOfSession({ method, headers }, token);
    // What is written into versions and logs is who logged in, whatever the request says.
    headers["x-dialtone-who"] = encodeURIComponent(person.name);
    const lacking = !session.strong && this.parts.secondFactor.includes(person.role);
    return { kind: "session", person, session: session.id, lacking };
  }

  /** @throws Problem `proof-needed` */
  async assertFresh(principal: Principal): Promise<void> {
    if (principal.kind !== "session") return;
    const { memory } = this.parts;
    const isFresh = () => Date.now() - (memory.session(principal.session)?.provenAt ?? 0) < freshMs;
    if (isFresh()) return;
    // It may have been proven at the other node a moment ago.
    await memory.read(250).catch(() => {});
    if (!isFresh())
      throw new Problem(
        "proof-needed",
        "for this it has to be proven again who asks: the last time was more than ten minutes ago",
      );
  }

  related(): Related {
    return this.parts.related();
  }

  /** @throws Problem `database-unavailable` */
  assertNow({ method }: Pick<FastifyRequest, "method">): void {
    if (!isSafe(method) && !this.parts.writable())
      throw new Problem(
        "database-unavailable",
        "no database has a quorum: everything that is known can be seen, nothing can be changed from here",
      );
  }

  private async known(id: Buffer): Promise<KnownSession | undefined> {
    const { memory, sessions } = this.parts;
    const now = Date.now();
    let session = memory.session(id);
    if (!session) {
      // Made at the other node a moment ago, or nobody's. Without a database it can not be told: then it is not known.
      await memory.read(250).catch(() => {});
      session = memory.session(id);
    }
    if (!session || session.expiresAt <= now) return undefined;
    if (now - session.seenAt >= idleMs && (await this.isIdle(session, now))) return undefined;
    if (now - session.seenAt >= touchMs) {
      session.seenAt = now;
      // Beside the request. A lost database is told by whoever follows it; then the time is not written.
      sessions.touch(id, new Date(now)).catch(() => {});
    }
    return session;
  }

  /** It may have been used at the other node. Without a database nobody is logged out for that. */
  private async isIdle(session: KnownSession, now: number): Promise<boolean> {
    try {
      const seen = await this.parts.sessions.seenAt(session.id);
      return seen === undefined || now - seen.getTime() >= idleMs;
    } catch {
      return false;
    }
  }
}
