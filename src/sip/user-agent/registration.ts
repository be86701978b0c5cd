import { one, type SipMessage, token } from "../message.ts";
import { Credentials, type Secret } from "./credentials.ts";
import { outOfDialog, type UserAgent } from "./user-agent.ts";

/** A user's registration (RFC 3261 10): one Call-ID, rising numbers. When to renew it is the owner's to say. */
export class Registration {
  private readonly agent: UserAgent;
  private readonly where: { registrar: string; aor: string; contact: string };
  private readonly credentials: Credentials;
  private readonly callId = token();
  private readonly fromTag = token();
  private seq = 0;

  /**
   * @param where request URI of the registrar, address of record (both `sip:…`), value of Contact
   * @param secret or credentials that are shared with calls
   */
  constructor(
    agent: UserAgent,
    where: { registrar: string; aor: string; contact: string },
    secret: Secret | Credentials,
  ) {
    this.agent = agent;
    this.where = where;
    this.credentials = secret instanceof Credentials ? secret : new Credentials(secret);
  }

  /**
   * @param expires seconds; 0 ends the registration. The registrar's minimum is taken instead when it insists (423)
   * @returns the final response. @throws Error when `signal` aborts first
   */
  async register(expires: number, signal?: AbortSignal): Promise<SipMessage> {
    const { registrar, aor, contact } = this.where;
    const { callId, fromTag, credentials } = this;
    const ask = (seconds: number) =>
      this.agent.request(
        () => {
          this.seq++;
          const target = { uri: registrar, from: `<${aor}>`, to: `<${aor}>`, fromTag, callId, seq: this.seq };
          return outOfDialog("REGISTER", target, this.agent.maxForwards, [
            ["contact", contact],
            ["expires", String(seconds)],
          ]);
        },
        { credentials, signal },
      );
    const answer = await ask(expires);
    const least = Number(one(answer, "min-expires"));
    return answer.code === 423 && least > expires ? ask(least) : answer;
  }
}
