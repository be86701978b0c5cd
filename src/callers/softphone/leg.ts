import { type Header, one, type SipMessage } from "../../sip/message.ts";
import { keysType, parseSdp, sdp } from "../../sip/sdp.ts";
import type { Call, CallHandlers, Content } from "../../sip/user-agent/call.ts";
import type { IncomingCall } from "../../sip/user-agent/incoming.ts";
import type { OutgoingCall } from "../../sip/user-agent/outgoing.ts";
import type { RtpStream, StreamStats } from "./rtp.ts";
import { parseCrypto, Srtp } from "./srtp.ts";

/** One side of one call with its audio: what a test telephone says and hears, and what became of it. */

/**
 * How a call is made. `srtp`: with SDES keys; `late`: no offer in INVITEs, the answer stands in the ACK (RFC 3261 13.2.1);
 * `reliable`: the answer stands in a 183 that is acknowledged by PRACK (RFC 3262), an UPDATE follows (RFC 3311), the
 * 200 has no description; `webrtc`: ICE and DTLS-SRTP, as browsers do. The called telephone follows the caller.
 */
export type CallStyle = "plain" | "srtp" | "late" | "reliable" | "webrtc";

export type LegState = "idle" | "calling" | "ringing" | "up" | "ended" | "failed";

export interface LegReport {
  callId: string;
  side: "caller" | "callee";
  state: LegState;
  /** Why it ended or failed: `bye` of ours, `byed` by the other side, a status code. */
  why: string;
  /** ms since 1970. */
  startedAt: number;
  answeredAt: number | null;
  endedAt: number | null;
  stream: StreamStats;
}

/** A caller waits no longer for an answer, ringing or not. */
const patienceMs = 32_000;

abstract class Leg<Kind extends Call> {
  abstract readonly side: "caller" | "callee";
  state: LegState = "idle";
  readonly rtp: RtpStream;
  protected readonly call: Kind;
  protected answeredAt: number | null = null;
  private readonly startedAt = Date.now();
  private readonly address: string;
  private why = "";
  private endedAt: number | null = null;
  private version = 1;
  private direction = "sendrecv";
  private cryptoTag = "1";
  /** Payload type of keys, or that they are not wanted there. */
  private keys: string | undefined = "101";

  /** @param address where our audio is received */
  constructor(call: Kind, address: string, rtp: RtpStream) {
    this.call = call;
    this.address = address;
    this.rtp = rtp;
    call.on = {
      offered: (request) => this.offered(request),
      acknowledged: (ack) => this.hear(ack.body),
      ended: (why, message) => this.ended(why, message),
      request: (server) => call.respond(server, 200),
    } satisfies CallHandlers;
  }

  get callId(): string {
    return this.call.callId;
  }

  protected get late(): boolean {
    return false;
  }

  protected sdp(): string {
    if (this.rtp.webrtc) return this.rtp.webrtc.sdp;
    const crypto = this.rtp.srtp?.line(this.cryptoTag);
    return sdp(this.address, this.rtp.port, this.version++, this.direction, crypto, this.keys);
  }

  protected hear(body: string): void {
    const there = parseSdp(body);
    if (!there) return;
    this.rtp.webrtc?.accept(body);
    this.keys = keysType(body);
    const crypto = parseCrypto(body);
    if (crypto) {
      this.rtp.srtp ??= new Srtp();
      this.rtp.srtp.use(crypto.key);
      this.cryptoTag = crypto.tag;
    }
    this.rtp.aim(there.address, there.port);
    // Who is put on hold (sendonly, inactive) falls silent.
    this.rtp.talking = there.direction === "sendrecv" || there.direction === "recvonly";
  }

  /** What an INVITE says, and with which description its 2xx is acknowledged. */
  protected offer(): { body: string; more: { answer?: (offer: string) => string } } {
    if (!this.late) return { body: this.sdp(), more: {} };
    const answer = (offer: string) => {
      this.hear(offer);
      return this.sdp();
    };
    return { body: "", more: { answer } };
  }

  /** The other side's re-INVITE or UPDATE. */
  protected offered(request: SipMessage): Content {
    if (request.method === "INVITE") {
      const there = parseSdp(request.body)?.direction ?? "sendrecv";
      this.direction = there === "sendonly" ? "recvonly" : there === "inactive" ? "inactive" : "sendrecv";
    }
    this.hear(request.body);
    return { headers: sessionTimer(request), body: this.sdp() };
  }

  /** A re-INVITE; with `hold` this side puts the other on hold, else both talk again. @returns the answer's code */
  async reinvite(hold: boolean): Promise<number> {
    this.direction = hold ? "sendonly" : "sendrecv";
    const { body, more } = this.offer();
    const answer = await this.call.reinvite({ body }, more);
    if (answer.code < 300) {
      this.hear(answer.body);
      if (hold) this.rtp.talking = true;
    }
    return answer.code;
  }

  /** A new offer by UPDATE (RFC 3311); returns the answer's code. */
  async update(): Promise<number> {
    const answer = await this.call.request("UPDATE", { body: this.sdp() });
    if (answer.code < 300) this.hear(answer.body);
    return answer.code;
  }

  /** @returns the code of the answer */
  async bye(): Promise<number> {
    this.rtp.talking = false;
    // Without an answer yet there is no call to end.
    if (!this.call.dialog) return 481;
    const answer = await this.call.bye();
    this.finish("ended", answer.code === 200 ? "bye" : `bye ${answer.code}`);
    return answer.code;
  }

  private ended(why: "bye" | "cancelled" | "unacknowledged", message?: SipMessage): void {
    if (why === "cancelled") this.finish("failed", "cancelled");
    else if (why === "unacknowledged") this.finish("ended", why);
    else {
      const reason = message ? one(message, "reason") : "";
      this.finish("ended", reason === "" ? "byed" : `byed ${reason}`);
    }
  }

  protected finish(state: "ended" | "failed", why: string): void {
    if (this.state === "ended" || this.state === "failed") return;
    this.state = state;
    this.why = why;
    this.endedAt = Date.now();
    this.rtp.talking = false;
  }

  report(): LegReport {
    const { callId, side, state, why, startedAt, answeredAt, endedAt } = this;
    return { callId, side, state, why, startedAt, answeredAt, endedAt, stream: this.rtp.stats() };
  }

  /** Forgets the call, without a word. */
  close(): void {
    this.call.close();
    this.rtp.close();
  }
}

/** Session timers (RFC 4028) are between the two sides: the answer repeats what was asked for. */
function sessionTimer(request: SipMessage): Header[] {
  const timer = one(request, "session-expires").split(";")[0];
  return timer
    ? [
        ["session-expires", `${timer};refresher=uac`],
        ["require", "timer"],
      ]
    : [];
}

export class CallerLeg extends Leg<OutgoingCall> {
  readonly side = "caller";
  private readonly style: CallStyle;
  private agreeing: Promise<void> | undefined;

  constructor(call: OutgoingCall, address: string, rtp: RtpStream, style: CallStyle) {
    super(call, address, rtp);
    this.style = style;
    if (style === "srtp") rtp.srtp = new Srtp();
  }

  protected override get late(): boolean {
    return this.style === "late";
  }

  /** Calls. Resolves with the final answer's code; 408 of our own after 32 s. */
  async invite(extra: Header[] = []): Promise<number> {
    this.state = "calling";
    const supported: Header[] = this.style === "reliable" ? [["supported", "100rel"]] : [];
    const { body, more } = this.offer();
    const provisional = (message: SipMessage) => {
      if (message.code > 100 && this.state === "calling") this.state = "ringing";
      if (one(message, "rseq")) this.agreeing ??= this.agree(message).catch(() => undefined);
    };
    const signal = AbortSignal.timeout(patienceMs);
    const answer = await this.call
      .invite({ headers: [...supported, ...extra], body }, { ...more, provisional, signal })
      .catch(() => undefined);
    if (!answer || answer.code >= 300) {
      this.finish("failed", String(answer?.code ?? 408));
      return answer?.code ?? 408;
    }
    this.answeredAt = Date.now();
    this.state = "up";
    this.hear(answer.body);
    return answer.code;
  }

  /** PRACK for a 183 with the answer, then a new offer by UPDATE, before the call is answered. */
  private async agree(message: SipMessage): Promise<void> {
    this.hear(message.body);
    await this.call.prack(message);
    this.hear((await this.call.request("UPDATE", { body: this.sdp() })).body);
  }
}

export class CalleeLeg extends Leg<IncomingCall> {
  readonly side = "callee";
  /** All that has to be agreed before the call can be answered. */
  private agreed = true;
  private reliably = false;
  private pickUp = false;

  /** Rings: by 183 with PRACK when the caller can, else by 180. */
  ring(): void {
    if (this.call.over) {
      this.finish("failed", "cancelled");
      return;
    }
    this.state = "ringing";
    if (!this.call.can100rel) {
      this.call.ring();
      return;
    }
    this.reliably = true;
    this.agreed = false;
    this.hear(this.call.invite.body);
    void this.call.ringReliably(183, { body: this.sdp() });
  }

  protected override offered(request: SipMessage): Content {
    const content = super.offered(request);
    // The UPDATE that follows the PRACK; its answer goes out first.
    if (request.method === "UPDATE" && !this.agreed)
      queueMicrotask(() => {
        this.agreed = true;
        if (this.pickUp) this.answer();
      });
    return content;
  }

  /** Picks up. */
  answer(): void {
    if (this.state !== "ringing") return;
    if (!this.agreed) {
      this.pickUp = true;
      return;
    }
    this.answeredAt = Date.now();
    this.state = "up";
    const { invite } = this.call;
    this.hear(invite.body);
    // What was agreed by a reliable 183 is not said again.
    this.call.accept({ headers: sessionTimer(invite), body: this.reliably ? "" : this.sdp() });
  }
}
