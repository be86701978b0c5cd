import { authorize, parseChallenge } from "../../sip/digest.ts";
import { ha1 } from "../../sip/ha1.ts";
import { one, type SipMessage, token, write } from "../../sip/message.ts";
import type { SipTransport } from "./transport.ts";

/** A test telephone's registration with digest authentication (RFC 3261 10, 22). */

export interface Account {
  user: string;
  password: string;
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
    const wanted = parseChallenge(one(challenge, "www-authenticate"));
    const secret = ha1(account.user, wanted.realm, account.password);
    const value = authorize(wanted, secret, account.user, "REGISTER", uri);
    return (await ask(2, [`Authorization: ${value}`])).code;
  }
}
