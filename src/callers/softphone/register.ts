import { createHash } from "node:crypto";
import { one, type SipMessage, token, uriOf, write } from "./message.ts";
import type { SipTransport } from "./transport.ts";

/** A test telephone's registration with digest authentication (RFC 3261 10, 22; RFC 2617; RFC 8760). */

export interface Account {
  user: string;
  password: string;
}

/** The value of an Authorization header that answers a challenge. Pure but for its nonce. */
export function authorization(challenge: string, account: Account, method: string, uri: string): string {
  const part = (name: string) => new RegExp(`${name}="?([^",]+)"?`).exec(challenge)?.[1] ?? "";
  const algorithm = part("algorithm") || "MD5";
  const hash = (text: string) =>
    createHash(algorithm === "SHA-256" ? "sha256" : "md5")
      .update(text)
      .digest("hex");
  const { user, password } = account;
  const [realm, nonce, cnonce] = [part("realm"), part("nonce"), token()];
  const response = hash(
    `${hash(`${user}:${realm}:${password}`)}:${nonce}:00000001:${cnonce}:auth:${hash(`${method}:${uri}`)}`,
  );
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}", algorithm=${algorithm}, qop=auth, nc=00000001, cnonce="${cnonce}"`;
}

const repeatMs = 1000;
const giveUpMs = 10_000;

/** One REGISTER, with credentials when challenged. */
export class Registration {
  readonly callId = token();
  private answers: ((message: SipMessage) => void) | undefined;

  /** Its answers come in here. */
  receive(message: SipMessage): void {
    if (message.code >= 200) this.answers?.(message);
  }

  /** @returns the final code; 408 of our own after 10 s. */
  async register(
    transport: SipTransport,
    local: string,
    service: string,
    account: Account,
    expires: number,
  ): Promise<number> {
    const tag = token();
    const uri = `sip:${service}`;
    const ask = async (cseq: number, extra: string[]): Promise<SipMessage> => {
      const at = `${local}:${transport.port}`;
      const text = write([
        `REGISTER ${uri} SIP/2.0`,
        `Via: SIP/2.0/${transport.name} ${at};branch=z9hG4bK${token()};rport`,
        "Max-Forwards: 70",
        `From: <sip:${account.user}@${service}>;tag=${tag}`,
        `To: <sip:${account.user}@${service}>`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${cseq} REGISTER`,
        `Contact: <sip:${account.user}@${at}>`,
        `Expires: ${expires}`,
        ...extra,
      ]);
      const { promise, resolve } = Promise.withResolvers<SipMessage | undefined>();
      this.answers = (message) => {
        if (one(message, "cseq").startsWith(`${cseq} `)) resolve(message);
      };
      transport.send(text);
      const again = setInterval(() => transport.send(text), repeatMs);
      const end = setTimeout(() => resolve(undefined), giveUpMs);
      const answer = await promise;
      clearInterval(again);
      clearTimeout(end);
      return answer ?? { first: "", code: 408, method: "REGISTER", headers: [], body: "" };
    };
    const challenge = await ask(1, []);
    if (challenge.code !== 401) return challenge.code;
    const value = authorization(one(challenge, "www-authenticate"), account, "REGISTER", uriOf(uri));
    return (await ask(2, [`Authorization: ${value}`])).code;
  }
}
