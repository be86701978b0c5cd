import { cseqOf, type Header, one, response, type SipMessage } from "../message.ts";
import type { Server, Transactions } from "../transactions/layer.ts";
import type { Place } from "../transport.ts";
import { type Answer, type AskOptions, ask, askWithCredentials } from "./ask.ts";
import type { Credentials } from "./credentials.ts";
import {
  type Dialog,
  dialogKey,
  dialogOfResponse,
  heardRequest,
  heardResponse,
  requestIn,
} from "./dialog.ts";
import { keepRepeating } from "./repeat.ts";

/** One call after its INVITE, from either side: the dialog, requests within it, the ACKs and 2xx that it repeats. */

export interface Content {
  headers?: Header[] | undefined;
  /** SDP, unless the headers say otherwise. */
  body?: string | undefined;
}

export interface CallHandlers {
  /** A new offer, or the wish for one (no body), by re-INVITE or UPDATE. @returns what goes into the 200 */
  offered?(request: SipMessage): Content;
  /** Our 2xx is acknowledged; the ACK may carry the other side's answer. */
  acknowledged?(ack: SipMessage): void;
  /** It is over, but not by our own doing. `message`: the BYE. */
  ended?(why: "bye" | "cancelled" | "unacknowledged", message?: SipMessage): void;
  /** Another request within the dialog, such as INFO; without this it is refused. */
  request?(server: Server): void;
}

/** What a call needs of its user agent. */
export interface Core {
  readonly transactions: Transactions;
  readonly maxForwards: number;
  nextHop(request: SipMessage): Place;
  /** Requests of this dialog go to this call. */
  join(key: string, call: Call): void;
  leave(call: Call): void;
}

export interface CallSetting {
  callId: string;
  localTag: string;
  /** Value of our Contact. */
  contact: string;
  credentials?: Credentials | undefined;
  /** Where requests go first; undefined: as the user agent says. */
  place?: Place | undefined;
}

export class Call {
  readonly callId: string;
  readonly localTag: string;
  /** Who gets to know what comes from the other side. */
  on: CallHandlers = {};
  /** Where requests go first; undefined: as the user agent says. */
  place: Place | undefined;
  /** Undefined: the other side has not shown itself yet. */
  dialog: Dialog | undefined;
  over = false;
  /** Of its dialogs: more than one, where several parties rang. */
  readonly keys = new Set<string>();
  protected readonly core: Core;
  protected readonly contact: string;
  private readonly credentials: Credentials | undefined;
  /** ACKs that were sent, by the other side's tag and the number. */
  private readonly acks = new Map<string, { ack: SipMessage; to: Place }>();
  /** A 2xx of ours that waits for its ACK. */
  private unacknowledged: { seq: number; stop: () => void } | undefined;
  private inviting = false;

  constructor(core: Core, setting: CallSetting) {
    this.core = core;
    this.callId = setting.callId;
    this.localTag = setting.localTag;
    this.contact = setting.contact;
    this.credentials = setting.credentials;
    this.place = setting.place;
  }

  protected hop(request: SipMessage): Place {
    return this.place ?? this.core.nextHop(request);
  }

  protected options(more: AskOptions = {}): AskOptions {
    return { credentials: this.credentials, ...more };
  }

  protected enter(dialog: Dialog): void {
    this.dialog = dialog;
    const key = dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag);
    this.keys.add(key);
    this.core.join(key, this);
  }

  /** Goes on with a dialog that another process began. */
  resume(dialog: Dialog): void {
    this.enter(dialog);
  }

  private known(): Dialog {
    if (!this.dialog)
      throw new Error(`call ${this.callId}: there is no dialog yet; the other side has not answered`);
    return this.dialog;
  }

  private build(method: string, content: Content): SipMessage {
    const headers: Header[] = [["contact", this.contact], ...(content.headers ?? [])];
    const { maxForwards } = this.core;
    const body = content.body ?? "";
    const made = requestIn(this.known(), method, { headers, body, maxForwards });
    this.dialog = made.dialog;
    return made.request;
  }

  /** A request within the dialog, such as UPDATE, INFO or PRACK. @returns the final response */
  async request(method: string, content: Content = {}, more: AskOptions = {}): Promise<SipMessage> {
    const { message } = await askWithCredentials(
      this.core.transactions,
      () => this.build(method, content),
      (request) => this.hop(request),
      this.options(more),
    );
    if (this.dialog) this.dialog = heardResponse(this.dialog, message);
    return message;
  }

  /**
   * PRACK of a reliable provisional response (RFC 3262 4). @param provisional with RSeq, to our INVITE
   */
  prack(provisional: SipMessage): Promise<SipMessage> {
    const { number } = cseqOf(provisional);
    return this.request("PRACK", { headers: [["rack", `${one(provisional, "rseq")} ${number} INVITE`]] });
  }

  /** @param answer the body of the ACK, when the INVITE carried no offer. @returns the final response */
  async reinvite(
    content: Content = {},
    more: AskOptions & { answer?: (offer: string) => string } = {},
  ): Promise<SipMessage> {
    this.inviting = true;
    try {
      const answer = await askWithCredentials(
        this.core.transactions,
        () => this.build("INVITE", content),
        (request) => this.hop(request),
        this.options({ ...more, late: (late) => this.repeatAck(late) }),
      );
      if (this.dialog) this.dialog = heardResponse(this.dialog, answer.message);
      if (answer.message.code < 300) this.acknowledge(answer, more.answer?.(answer.message.body));
      return answer.message;
    } finally {
      this.inviting = false;
    }
  }

  /** Ends the call, whatever is answered. @returns the final response to BYE */
  async bye(content: Content = {}, more: AskOptions = {}): Promise<SipMessage> {
    this.unacknowledged?.stop();
    try {
      return await this.request("BYE", content, more);
    } finally {
      this.close();
    }
  }

  /** Forgets the call, without a word to the other side. */
  close(): void {
    this.over = true;
    this.unacknowledged?.stop();
    this.core.leave(this);
  }

  private ackKey = (answer: SipMessage): string =>
    `${cseqOf(answer).number} ${/;\s*tag=([^;\s]+)/.exec(one(answer, "to"))?.[1] ?? ""}`;

  /** The ACK of a 2xx (13.2.2.4), in the dialog that the 2xx names. */
  protected acknowledge({ message, request }: Answer, body = "", dialog = this.known()): void {
    const { maxForwards } = this.core;
    const headers: Header[] = [["contact", this.contact]];
    const made = requestIn(dialog, "ACK", { seq: cseqOf(request).number, headers, body, maxForwards });
    const proof = request.headers.filter(([name]) => name.endsWith("authorization"));
    const ack = { ...made.request, headers: [...made.request.headers, ...proof] };
    const to = this.hop(ack);
    this.acks.set(this.ackKey(message), { ack, to });
    this.core.transactions.sendAck(ack, to);
  }

  /** @returns whether it was a repetition of a 2xx whose ACK is known */
  protected repeatAck({ message }: Answer): boolean {
    const known = this.acks.get(this.ackKey(message));
    if (known) this.core.transactions.sendAck(known.ack, known.to);
    return known !== undefined;
  }

  /** A 2xx that nobody waits for any more, or of a second called party: acknowledged and hung up (13.2.2.4, 9.1). */
  protected endStranger(answer: Answer): void {
    const dialog = dialogOfResponse(answer.request, answer.message);
    this.acknowledge(answer, "", dialog);
    const { request } = requestIn(dialog, "BYE", { maxForwards: this.core.maxForwards });
    // Nobody waits for its answer.
    void ask(this.core.transactions, request, this.hop(request)).catch(() => undefined);
  }

  /** A response of ours within this call. */
  respond(server: Server, code: number, content: Content & { reason?: string } = {}): void {
    const contact: Header[] = code > 100 && code < 300 ? [["contact", this.contact]] : [];
    const { reason, body } = content;
    const headers = [...contact, ...(content.headers ?? [])];
    server.respond(
      response(server.request, code, {
        tag: this.localTag,
        headers,
        ...(reason === undefined ? {} : { reason }),
        ...(body === undefined ? {} : { body }),
      }),
    );
  }

  /** 2xx to an INVITE, again until its ACK (13.3.1.4). */
  protected acceptInvite(server: Server, send: () => void): void {
    this.unacknowledged?.stop();
    const stop = keepRepeating(send, () => {
      this.unacknowledged = undefined;
      if (this.over) return;
      this.on.ended?.("unacknowledged");
      void this.bye().catch(() => undefined);
    });
    this.unacknowledged = { seq: cseqOf(server.request).number, stop };
  }

  receiveAck(ack: SipMessage): void {
    if (this.unacknowledged?.seq !== cseqOf(ack).number) return;
    this.unacknowledged.stop();
    this.unacknowledged = undefined;
    this.on.acknowledged?.(ack);
  }

  /** A request within the dialog. */
  receive(server: Server): void {
    const { request } = server;
    const next = this.dialog && heardRequest(this.dialog, request);
    if (!next) {
      this.respond(server, 500, { reason: "Out Of Order" });
      return;
    }
    switch (request.method) {
      case "INVITE":
      case "UPDATE":
        this.receiveOffer(server, next);
        return;
      case "BYE":
        this.dialog = next;
        this.receiveBye(server);
        return;
      default:
        this.dialog = next;
        if (this.on.request) this.on.request(server);
        else this.respond(server, 405);
    }
  }

  protected receiveBye(server: Server): void {
    this.respond(server, 200);
    this.close();
    this.on.ended?.("bye", server.request);
  }

  private receiveOffer(server: Server, next: Dialog): void {
    const { request } = server;
    if (this.inviting) {
      // 14.2: both sides at once.
      this.respond(server, 491);
      return;
    }
    if (!this.on.offered) {
      this.respond(server, 488);
      return;
    }
    this.dialog = next;
    const content = this.on.offered(request);
    const send = () => this.respond(server, 200, content);
    if (request.method === "INVITE") this.acceptInvite(server, send);
    else send();
  }
}
