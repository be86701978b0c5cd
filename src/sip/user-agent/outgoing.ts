import { cseqOf, type Header, one, request, type SipMessage, tagOf } from "../message.ts";
import type { Client } from "../transactions/layer.ts";
import type { Place } from "../transport.ts";
import { type AskOptions, askWithCredentials } from "./ask.ts";
import { Call, type CallSetting, type Content, type Core } from "./call.ts";
import { dialogOfResponse } from "./dialog.ts";

/** A call that we make: INVITE to its final response, and CANCEL (RFC 3261 13.2, 9.1). */

export interface Target {
  /** Request URI. */
  uri: string;
  /** Value of From, without its tag. */
  from: string;
  /** Value of To; default: the request URI. */
  to?: string;
}

export class OutgoingCall extends Call {
  private readonly target: Target;
  private client: Client | undefined;
  private seq: number;
  private given = false;

  /** @param seq number of the INVITE */
  constructor(core: Core, setting: CallSetting, target: Target, seq = 1) {
    super(core, setting);
    this.target = target;
    this.seq = seq - 1;
  }

  /**
   * Calls. A 2xx is acknowledged before this returns.
   * @param more `answer`: the body of the ACK, when the INVITE carries no offer
   * @returns the final response. @throws Error when `signal` aborts first; the call is cancelled then
   */
  async invite(
    content: Content = {},
    more: AskOptions & { answer?: (offer: string) => string } = {},
  ): Promise<SipMessage> {
    const build = (): SipMessage => {
      this.seq++;
      return this.invitation(content);
    };
    const answer = await askWithCredentials(
      this.core.transactions,
      build,
      (message) => this.hop(message),
      this.options({
        ...more,
        begun: (client) => {
          this.client = client;
          if (this.given) client.cancel();
          more.begun?.(client);
        },
        provisional: (message, invite, from) => {
          this.early(message, invite);
          more.provisional?.(message, invite, from);
        },
        late: (late) => {
          if (!this.repeatAck(late)) this.endStranger(late);
          more.late?.(late);
        },
      }),
    ).catch((error: unknown) => {
      this.close();
      throw error;
    });
    const { message } = answer;
    if (message.code >= 300) {
      this.close();
      return message;
    }
    const known = this.dialog?.remoteTag === tagOf(one(message, "to")) ? this.dialog : undefined;
    const dialog = dialogOfResponse(answer.request, message);
    this.enter({
      ...dialog,
      localSeq: Math.max(dialog.localSeq, this.dialog?.localSeq ?? 0),
      remoteSeq: known?.remoteSeq,
    });
    this.acknowledge(answer, more.answer?.(message.body));
    return message;
  }

  /** Takes a 2xx to the INVITE that another process sent for this call, each time that it comes: the call goes on here. */
  adopt(message: SipMessage, from: Place): void {
    const answer = { message, request: message, from };
    if (this.repeatAck(answer)) return;
    this.enter(dialogOfResponse(message, message));
    this.acknowledge(answer);
  }

  /** CANCEL, as soon as the other side has shown that it got the INVITE. The INVITE's final response comes to `invite`. */
  cancel(): void {
    this.given = true;
    this.client?.cancel();
  }

  /** The INVITE is not repeated any more: another server is tried. Late answers still come. */
  hush(): void {
    this.client?.hush();
  }

  private invitation(content: Content): SipMessage {
    const { uri, from, to } = this.target;
    const headers: Header[] = [
      ["max-forwards", String(this.core.maxForwards)],
      ["from", `${from};tag=${this.localTag}`],
      ["to", to ?? `<${uri}>`],
      ["call-id", this.callId],
      ["cseq", `${this.seq} INVITE`],
      ["contact", this.contact],
      ...(content.headers ?? []),
    ];
    return request("INVITE", uri, headers, content.body);
  }

  /** A provisional response with a tag begins an early dialog; the last one that showed itself counts. */
  private early(message: SipMessage, invite: SipMessage): void {
    const tag = tagOf(one(message, "to"));
    if (tag === "" || message.code === 100 || this.dialog?.remoteTag === tag) return;
    const localSeq = Math.max(cseqOf(invite).number, this.dialog?.localSeq ?? 0);
    this.enter({ ...dialogOfResponse(invite, message), localSeq });
  }
}
