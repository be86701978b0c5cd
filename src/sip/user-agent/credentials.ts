import { authorize, type Challenge, chooseChallenges, type Ha1, ha1 } from "../digest.ts";
import { all, type Header, type SipMessage } from "../message.ts";

/** A user's secret: the password, or what is kept of one (good for one realm only). */
export type Secret = { user: string } & ({ password: string } | Ha1);

interface Known {
  challenge: Challenge;
  field: "authorization" | "proxy-authorization";
  count: number;
  /** ms, monotonic. */
  at: number;
}

/** Asked again with fresh nonces that often at most, as long as each time another realm asks or the nonce was stale. */
const mostAttempts = 4;

/**
 * Answers challenges for one user (RFC 3261 22), and uses their nonces again for later requests until they are old.
 */
export class Credentials {
  private readonly secret: Secret;
  private readonly nonceMs: number;
  private readonly known = new Map<string, Known>();

  /** @param nonceMs for how long a nonce is used again; 0: for the one request only */
  constructor(secret: Secret, nonceMs = 0) {
    this.secret = secret;
    this.nonceMs = nonceMs;
  }

  /**
   * Takes a 401 or 407. @returns whether the request is worth sending again: not when the secret itself was refused
   * @throws Error when no challenge can be answered
   */
  learn(answer: SipMessage, attempt: number, now = performance.now()): boolean {
    if (attempt >= mostAttempts) return false;
    const proxy = answer.code === 407;
    const field = proxy ? "proxy-authorization" : "authorization";
    const asked = chooseChallenges(all(answer, proxy ? "proxy-authenticate" : "www-authenticate"));
    // A first refusal can be about a nonce of an earlier request that the server has forgotten without saying so.
    const hopeful = asked.some(
      (challenge) => attempt === 0 || challenge.stale || !this.known.has(challenge.realm),
    );
    for (const challenge of asked) this.known.set(challenge.realm, { challenge, field, count: 0, at: now });
    return hopeful;
  }

  /** The header fields for a request, by what is known of earlier challenges. @param fresh learned for this request */
  headers(method: string, uri: string, body: string, fresh: boolean, now = performance.now()): Header[] {
    const lines: Header[] = [];
    for (const known of this.known.values()) {
      if (!fresh && now - known.at >= this.nonceMs) continue;
      known.count++;
      const { user } = this.secret;
      const secret =
        "password" in this.secret ? ha1(user, known.challenge.realm, this.secret.password) : this.secret;
      // A registrar asks by 401, a proxy by 407; one host that is both takes the same nonce for either.
      const unasked = method === "REGISTER" ? "authorization" : "proxy-authorization";
      const field = fresh ? known.field : unasked;
      lines.push([field, authorize(known.challenge, secret, user, { method, uri, body }, known.count)]);
    }
    return lines;
  }
}
