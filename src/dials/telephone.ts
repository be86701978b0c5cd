import { one, type SipMessage } from "../sip/message.ts";
import { sdp } from "../sip/sdp.ts";
import { openUdp, type Place, type SipTransport } from "../sip/transport.ts";
import type { Credentials } from "../sip/user-agent/credentials.ts";
import type { Dialog } from "../sip/user-agent/dialog.ts";
import type { OutgoingCall } from "../sip/user-agent/outgoing.ts";
import { UserAgent } from "../sip/user-agent/user-agent.ts";

/**
 * The service's own telephone: calls A without audio, and when A has answered asks it to call B (REFER, RFC 3515; RFC 5589's
 * unattended transfer). It stands at the service address, so that what A says reaches whoever holds that: the same call can be taken on by
 * the telephone of another node.
 */

/** Discard: nobody sends audio. */
const noPort = 9;

export interface CallToA {
  id: string;
  user: string;
  /** What A's telephone shows. */
  shown: string;
}

/** What becomes of a call to A. */
export interface CallNews {
  /** A answered. */
  answered(dialog: Dialog): void;
  /** A did not. */
  failed(code: number, reason: string): void;
  /** A's telephone says what became of B (RFC 3515 2.4.4). */
  told(code: number, reason: string): void;
  /** A has hung up. */
  ended(): void;
}

const reasonOf = ({ first }: SipMessage): string => first.replace(/^SIP\/2\.0 \d{3} ?/, "");

interface Known {
  call: OutgoingCall;
  news: CallNews;
  /** Another node sent the INVITE. */
  adopted: boolean;
  answered: boolean;
}

export class Telephone {
  private readonly agent: UserAgent;
  private readonly service: Place;
  private readonly realm: string;
  private readonly credentials: Credentials;
  private closed = false;
  private readonly calls = new Map<string, Known>();

  private constructor(transport: SipTransport, service: Place, realm: string, credentials: Credentials) {
    this.service = service;
    this.realm = realm;
    this.credentials = credentials;
    const { address, port } = transport.local;
    this.agent = new UserAgent({
      transport,
      contact: `<sip:_dialer@${address}:${port}>`,
      outbound: service,
      maxForwards: 20,
      stray: (message, from) => this.stray(message, from),
    });
  }

  /** @param local where it is reached: the service address @throws Error when that can not be used */
  static async open(
    local: Place,
    service: Place,
    realm: string,
    credentials: Credentials,
  ): Promise<Telephone> {
    return new Telephone(await openUdp(local), service, realm, credentials);
  }

  /** Ends without a word to anybody: the next holder of the address goes on. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.agent.close();
  }

  /** The same for every node: whoever holds the service address knows an answer to it. */
  callIdOf = (id: string): string => `dial-${id}@${this.realm}`;

  private make({ id, user, shown }: CallToA, news: CallNews, adopted: boolean): OutgoingCall {
    const target = { uri: `sip:${user}@${this.service.address}`, from: `<sip:${shown}@${this.realm}>` };
    const callId = this.callIdOf(id);
    const call = this.agent.call(target, {
      callId,
      localTag: `d${id.slice(0, 8)}`,
      credentials: this.credentials,
    });
    call.on = {
      ended: () => news.ended(),
      request: (server) => {
        const { request } = server;
        call.respond(server, request.method === "NOTIFY" ? 200 : 405);
        const [, code, reason = ""] = /^SIP\/2\.0 (\d{3}) ?([^\r\n]*)/.exec(request.body) ?? [];
        if (request.method === "NOTIFY" && code !== undefined) news.told(Number(code), reason);
      },
    };
    this.calls.set(callId, { call, news, adopted, answered: false });
    return call;
  }

  /** Calls A. */
  call(a: CallToA, news: CallNews): void {
    const call = this.make(a, news, false);
    const body = sdp(this.agent.transport.local.address, noPort, 1, "inactive");
    call.invite({ headers: [["content-type", "application/sdp"]], body }).then(
      (answer) => {
        if (answer.code < 300 && call.dialog) this.answered(call, news, call.dialog);
        else news.failed(answer.code, reasonOf(answer));
      },
      () => news.failed(408, "no answer"),
    );
  }

  private answered(call: OutgoingCall, news: CallNews, dialog: Dialog): void {
    const known = this.calls.get(call.callId);
    // It was cancelled meanwhile.
    if (!known)
      void call.bye().catch(() => {}); // it is gone
    else {
      known.answered = true;
      news.answered(dialog);
    }
  }

  /** Goes on with a call that another node made. @param dialog undefined: A had not answered yet */
  adopt(a: CallToA, dialog: Dialog | undefined, news: CallNews): void {
    const call = this.make(a, news, true);
    const known = this.calls.get(call.callId);
    if (!dialog || !known) return;
    call.resume(dialog);
    known.answered = true;
  }

  /** A answers a call that another node made. */
  private stray(message: SipMessage, from: Place): void {
    const known = this.calls.get(one(message, "call-id"));
    if (!known || !one(message, "cseq").endsWith("INVITE") || message.code < 200) return;
    const { call, news, adopted } = known;
    if (!adopted) return;
    if (message.code >= 300) news.failed(message.code, reasonOf(message));
    else {
      const first = call.dialog === undefined;
      call.adopt(message, from);
      if (first && call.dialog) this.answered(call, news, call.dialog);
    }
  }

  /** Asks A's telephone to call `to`. @returns its answer: 2xx it will */
  async refer(id: string, to: string): Promise<{ code: number; reason: string; dialog: Dialog | undefined }> {
    const call = this.calls.get(this.callIdOf(id))?.call;
    if (!call) return { code: 481, reason: "the call to A is gone", dialog: undefined };
    const { address } = this.service;
    const answer = await call.request("REFER", {
      headers: [
        ["refer-to", `<sip:${encodeURIComponent(to).replaceAll("%2B", "+")}@${address}>`],
        ["referred-by", `<sip:_dialer@${this.realm}>`],
      ],
    });
    return { code: answer.code, reason: reasonOf(answer), dialog: call.dialog };
  }

  /** Somebody else goes on with it. */
  forget(id: string): void {
    const callId = this.callIdOf(id);
    this.calls.get(callId)?.call.close();
    this.calls.delete(callId);
  }

  /** Ends the call to A, whatever became of it. */
  end(id: string): void {
    const callId = this.callIdOf(id);
    const known = this.calls.get(callId);
    this.calls.delete(callId);
    if (!known || known.call.over) return;
    if (known.answered)
      void known.call.bye().catch(() => {}); // it is gone
    else known.call.cancel();
  }
}
