import {
  addresses,
  all,
  one,
  parseMessage,
  parseSdp,
  type SipMessage,
  sdp,
  tagOf,
  token,
  uriOf,
  write,
} from "../../sip/message.ts";
import { Reliable } from "./reliable.ts";
import type { RtpStream, StreamStats } from "./rtp.ts";
import { parseCrypto, Srtp } from "./srtp.ts";
import type { SipTransport } from "./transport.ts";

/** One side of one call: its dialog (RFC 3261 12), its transactions with their retransmissions, its audio. */

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

const t1 = 500;
const giveUpMs = 32_000;

interface Pending {
  answer: (message: SipMessage) => void;
  timer: NodeJS.Timeout | undefined;
  provisional: boolean;
}

export class Leg {
  readonly callId: string;
  readonly side: "caller" | "callee";
  state: LegState = "idle";
  why = "";
  startedAt = Date.now();
  answeredAt: number | null = null;
  endedAt: number | null = null;
  readonly rtp: RtpStream;
  private readonly transport: SipTransport;
  private readonly local: { address: string; uri: string; tag: string };
  private remote: { uri: string; target: string; routes: string[] };
  private cseq = 1;
  private version = 1;
  private direction = "sendrecv";
  private readonly pending = new Map<string, Pending>();
  /** The 200 of a callee, until its ACK. */
  private unacked: { text: string; timer: NodeJS.Timeout } | undefined;
  private ack = "";
  private lastInvite: { message: SipMessage; reply: (text: string) => void } | undefined;
  private readonly style: CallStyle;
  private cryptoTag = "1";
  /** Of a called telephone: the 183 that has to be acknowledged before the call can be answered. */
  private reliable: Reliable | undefined;
  private prack: Promise<unknown> | undefined;

  constructor(
    options: {
      callId: string;
      side: "caller" | "callee";
      address: string;
      uri: string;
      remoteUri: string;
      target: string;
      style?: CallStyle;
    },
    transport: SipTransport,
    rtp: RtpStream,
  ) {
    this.callId = options.callId;
    this.side = options.side;
    this.transport = transport;
    this.rtp = rtp;
    this.local = { address: options.address, uri: options.uri, tag: token() };
    this.remote = { uri: `<${options.remoteUri}>`, target: options.target, routes: [] };
    this.style = options.style ?? "plain";
    if (this.style === "srtp") this.rtp.srtp = new Srtp();
  }

  private get contact(): string {
    return `<sip:phone@${this.local.address}:${this.transport.port};transport=${this.transport.name.toLowerCase()}>`;
  }

  private sdp(): string {
    if (this.rtp.webrtc) return this.rtp.webrtc.sdp;
    const crypto = this.rtp.srtp?.line(this.cryptoTag);
    return sdp(this.local.address, this.rtp.port, this.version++, this.direction, crypto);
  }

  private request(method: string, cseq: number, body = "", extra: string[] = []): string {
    const branch = `z9hG4bK${token()}`;
    return write(
      [
        `${method} ${this.remote.target} SIP/2.0`,
        `Via: SIP/2.0/${this.transport.name} ${this.local.address}:${this.transport.port};branch=${branch};rport`,
        "Max-Forwards: 70",
        ...this.remote.routes.map((route) => `Route: ${route}`),
        `From: <${this.local.uri}>;tag=${this.local.tag}`,
        `To: ${this.remote.uri}`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: ${this.contact}`,
        ...extra,
      ],
      body,
    );
  }

  /** Sends a request until it is answered. @returns the final answer; code 408 of our own after 32 s. */
  private transact(
    method: string,
    text: string,
    cseq: number,
    onProvisional?: (m: SipMessage) => void,
  ): Promise<SipMessage> {
    const key = `${cseq} ${method}`;
    const { promise, resolve } = Promise.withResolvers<SipMessage>();
    const began = performance.now();
    const pending: Pending = {
      provisional: false,
      timer: undefined,
      answer: (message) => {
        if (message.code < 200) {
          pending.provisional = true;
          onProvisional?.(message);
          return;
        }
        clearTimeout(pending.timer);
        this.pending.delete(key);
        resolve(message);
      },
    };
    this.pending.set(key, pending);
    const again = (wait: number) => {
      this.transport.send(text);
      pending.timer = setTimeout(() => {
        if (performance.now() - began > giveUpMs) pending.answer(parseMessage("SIP/2.0 408 Nobody Answered"));
        // RFC 3261 17.1.1.2: a provisional answer ends the repetition of an INVITE.
        else if (method === "INVITE" && pending.provisional)
          pending.timer = setTimeout(() => again(wait), 1000);
        else again(Math.min(wait * 2, 4000));
      }, wait);
    };
    again(t1);
    return promise;
  }

  private hear(body: string): void {
    const there = parseSdp(body);
    if (!there) return;
    this.rtp.webrtc?.accept(body);
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

  /** Calls. Resolves with the final answer's code. `talk`: with audio. */
  async invite(extra: string[] = []): Promise<number> {
    this.state = "calling";
    const cseq = this.cseq;
    const supported = this.style === "reliable" ? ["Supported: 100rel"] : [];
    const offer = this.style === "late" ? "" : this.sdp();
    const text = this.request("INVITE", cseq, offer, [...supported, ...extra]);
    const via = /^Via:.*$/m.exec(text)?.[0] ?? "";
    const answer = await this.transact("INVITE", text, cseq, (message) => {
      if (message.code > 100 && this.state === "calling") this.state = "ringing";
      if (one(message, "rseq")) this.prack ??= this.acknowledgeReliably(message, cseq);
    });
    if (answer.code >= 300) {
      this.finish("failed", String(answer.code));
      // ACK of a refusal: hop by hop, same branch (17.1.1.3).
      const lines = [`ACK ${this.remote.target} SIP/2.0`, via.trim(), "Max-Forwards: 70"];
      lines.push(`From: <${this.local.uri}>;tag=${this.local.tag}`, `To: ${one(answer, "to")}`);
      this.transport.send(write([...lines, `Call-ID: ${this.callId}`, `CSeq: ${cseq} ACK`]));
      return answer.code;
    }
    this.learn(answer, "caller");
    this.answeredAt = Date.now();
    this.state = "up";
    this.hear(answer.body);
    this.acknowledge(cseq);
    return answer.code;
  }

  private acknowledge(cseq: number): void {
    this.ack = this.request("ACK", cseq, this.style === "late" ? this.sdp() : "");
    this.transport.send(this.ack);
  }

  /** PRACK for a 183 with the answer, then a new offer by UPDATE, before the call is answered. */
  private async acknowledgeReliably(message: SipMessage, invite: number): Promise<void> {
    this.learn(message, "caller");
    this.hear(message.body);
    const send = (method: string, body: string, extra: string[]) => {
      const cseq = ++this.cseq;
      return this.transact(method, this.request(method, cseq, body, extra), cseq);
    };
    await send("PRACK", "", [`RAck: ${one(message, "rseq")} ${invite} INVITE`]);
    this.hear((await send("UPDATE", this.sdp(), [])).body);
  }

  /** A new offer by UPDATE (RFC 3311); returns the answer's code. */
  async update(): Promise<number> {
    const cseq = ++this.cseq;
    const answer = await this.transact("UPDATE", this.request("UPDATE", cseq, this.sdp()), cseq);
    if (answer.code < 300) this.hear(answer.body);
    return answer.code;
  }

  private learn(message: SipMessage, as: "caller" | "callee"): void {
    const routes = addresses(all(message, "record-route"));
    if (this.remote.routes.length === 0) this.remote.routes = as === "caller" ? routes.reverse() : routes;
    this.remote.uri = one(message, as === "caller" ? "to" : "from");
    const contact = one(message, "contact");
    if (contact) this.remote.target = uriOf(contact);
  }

  /** A re-INVITE; with `hold` this side puts the other on hold, else both talk again. */
  async reinvite(hold: boolean, extra: string[] = []): Promise<number> {
    this.direction = hold ? "sendonly" : "sendrecv";
    const cseq = ++this.cseq;
    const offer = this.style === "late" ? "" : this.sdp();
    const answer = await this.transact("INVITE", this.request("INVITE", cseq, offer, extra), cseq);
    if (answer.code < 300) {
      this.hear(answer.body);
      if (hold) this.rtp.talking = true;
    }
    if (answer.code !== 408) this.acknowledge(cseq);
    return answer.code;
  }

  async bye(): Promise<number> {
    const cseq = ++this.cseq;
    this.rtp.talking = false;
    const answer = await this.transact("BYE", this.request("BYE", cseq), cseq);
    this.finish("ended", answer.code === 200 ? "bye" : `bye ${answer.code}`);
    return answer.code;
  }

  private finish(state: "ended" | "failed", why: string): void {
    if (this.state === "ended" || this.state === "failed") return;
    this.state = state;
    this.why = why;
    this.endedAt = Date.now();
    this.rtp.talking = false;
    if (this.unacked) clearTimeout(this.unacked.timer);
    this.reliable?.stop();
  }

  private response(request: SipMessage, status: string, body = "", extra: string[] = []): string {
    const to = one(request, "to");
    return write(
      [
        `SIP/2.0 ${status}`,
        ...all(request, "via").map((value) => `Via: ${value}`),
        ...all(request, "record-route").map((value) => `Record-Route: ${value}`),
        `From: ${one(request, "from")}`,
        `To: ${tagOf(to) ? to : `${to};tag=${this.local.tag}`}`,
        `Call-ID: ${this.callId}`,
        `CSeq: ${one(request, "cseq")}`,
        `Contact: ${this.contact}`,
        ...extra,
      ],
      body,
    );
  }

  /** The called telephone picks up. */
  answer(): void {
    const invite = this.lastInvite;
    if (!invite || this.state === "up") return;
    if (this.reliable && !this.reliable.done) {
      this.reliable.whenDone(() => this.answer());
      return;
    }
    this.answeredAt = Date.now();
    this.state = "up";
    this.hear(invite.message.body);
    this.accept(invite.message, invite.reply);
  }

  private accept(request: SipMessage, reply: (text: string) => void): void {
    // Session timers (RFC 4028) are between the two sides: the answer repeats what was asked for.
    const timer = one(request, "session-expires");
    const extra = timer ? [`Session-Expires: ${timer.split(";")[0]};refresher=uac`, "Require: timer"] : [];
    // What was agreed by a reliable 183 is not said again.
    const body = request === this.reliable?.invite ? "" : this.sdp();
    const text = this.response(request, "200 OK", body, extra);
    const again = (wait: number) => {
      reply(text);
      const timer = setTimeout(() => again(Math.min(wait * 2, 4000)), wait);
      this.unacked = { text, timer };
    };
    if (this.unacked) clearTimeout(this.unacked.timer);
    again(t1);
  }

  /** Everything that comes with this Call-ID for this side. */
  receive(message: SipMessage, reply: (text: string) => void): void {
    if (message.code > 0) {
      const cseq = one(message, "cseq");
      const pending = this.pending.get(cseq);
      if (pending) pending.answer(message);
      else if (message.code >= 200 && message.method === "INVITE" && this.ack && message.code < 300)
        // The ACK was lost.
        this.transport.send(this.ack);
      return;
    }
    switch (message.method) {
      case "INVITE":
        this.invited(message, reply);
        return;
      case "ACK":
        if (this.unacked) clearTimeout(this.unacked.timer);
        if (this.unacked) this.hear(message.body);
        this.unacked = undefined;
        return;
      case "PRACK":
        this.reliable?.stop();
        reply(this.response(message, "200 OK"));
        return;
      case "UPDATE":
        this.hear(message.body);
        reply(this.response(message, "200 OK", this.sdp()));
        this.reliable?.finish();
        return;
      case "BYE":
        reply(this.response(message, this.state === "up" ? "200 OK" : "481 Gone"));
        this.finish(
          "ended",
          /Reason:(.*)/i.exec(message.headers.map(([k, v]) => `${k}:${v}`).join("\n"))?.[1]
            ? `byed ${one(message, "reason")}`
            : "byed",
        );
        return;
      case "CANCEL":
        reply(this.response(message, "200 OK"));
        if (this.lastInvite && this.state === "ringing") {
          reply(this.response(this.lastInvite.message, "487 Request Terminated"));
          this.finish("failed", "cancelled");
        }
        return;
      default:
        reply(this.response(message, "200 OK"));
    }
  }

  private invited(message: SipMessage, reply: (text: string) => void): void {
    const again = this.lastInvite && one(this.lastInvite.message, "cseq") === one(message, "cseq");
    if (again && this.state === "ringing" && !this.reliable) reply(this.response(message, "180 Ringing"));
    if (again) return;
    this.lastInvite = { message, reply };
    this.learn(message, "callee");
    if (this.state === "idle") {
      this.state = "ringing";
      if (/100rel/.test(one(message, "supported"))) {
        this.hear(message.body);
        const extra = ["Require: 100rel", "RSeq: 1"];
        const text = this.response(message, "183 Session Progress", this.sdp(), extra);
        this.reliable = new Reliable(message, () => reply(text));
        return;
      }
      reply(this.response(message, "180 Ringing"));
      return;
    }
    const there = parseSdp(message.body)?.direction ?? "sendrecv";
    this.direction = there === "sendonly" ? "recvonly" : there === "inactive" ? "inactive" : "sendrecv";
    this.hear(message.body);
    this.accept(message, reply);
  }

  report(): LegReport {
    const { callId, side, state, why, startedAt, answeredAt, endedAt } = this;
    return { callId, side, state, why, startedAt, answeredAt, endedAt, stream: this.rtp.stats() };
  }

  close(): void {
    for (const pending of this.pending.values()) clearTimeout(pending.timer);
    if (this.unacked) clearTimeout(this.unacked.timer);
    this.reliable?.stop();
    this.rtp.close();
  }
}
