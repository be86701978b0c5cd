import { addresses, all, one, type SipMessage, sdp, token, uriOf, write } from "../../sip/message.ts";
import type { CallTimeline } from "../shortmsg.ts";
import type { Place } from "./targets.ts";

/** One short call (INVITE, 200, ACK, BYE) that tries one place after the other, as RFC 3263 4.3 says. */

export interface CallPlan {
  local: Place;
  from: string;
  /** User and domain of the request URI. */
  to: string;
  domain: string;
  /** A place that says nothing for so long is left for the next one. */
  failoverMs: number;
  /** Without an answer for so long the caller gives up. */
  patienceMs: number;
  send: (text: string, place: Place) => void;
}

/** RFC 3261 timer A for INVITE, doubled each time. */
const t1 = 500;
const byeMs = 8000;

const now = (): number => performance.timeOrigin + performance.now();

export class ResolvingCall {
  readonly id = `${token()}@resolving`;
  readonly timeline: CallTimeline;
  private readonly plan: CallPlan;
  private readonly places: Place[];
  private readonly onEnd: () => void;
  private readonly tag = token();
  private readonly timers = new Set<NodeJS.Timeout>();
  private tried = -1;
  private heard = false;
  private ended = false;

  constructor(plan: CallPlan, places: Place[], onEnd: () => void) {
    this.plan = plan;
    this.places = places;
    this.onEnd = onEnd;
    this.timeline = { callId: this.id, started: now(), retransmissions: 0 };
    this.after(plan.patienceMs, () => this.giveUp());
    this.tryNext();
  }

  private after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms);
    this.timers.add(timer);
  }

  private get uri(): string {
    return `sip:${this.plan.to}@${this.plan.domain}`;
  }

  private lines(
    method: string,
    uri: string,
    branch: string,
    cseq: number,
    extra: string[],
    to = "",
  ): string[] {
    const { local, from } = this.plan;
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${local.address}:${local.port};branch=z9hG4bK${branch};rport`,
      "Max-Forwards: 70",
      `From: <sip:${from}@${local.address}>;tag=${this.tag}`,
      `To: ${to || `<${this.uri}>`}`,
      `Call-ID: ${this.id}`,
      `CSeq: ${cseq} ${method}`,
      ...extra,
    ];
  }

  private branch(index: number): string {
    return `${this.tag}-${index}`;
  }

  private tryNext(): void {
    this.tried++;
    if (this.tried > 0) this.timeline.retransmissions++;
    const place = this.places[this.tried];
    if (!place) {
      if (this.timeline.rejected || this.places.length === 0) this.end();
      return;
    }
    const { local, from } = this.plan;
    const contact = `Contact: <sip:${from}@${local.address}:${local.port}>`;
    const text = write(
      this.lines("INVITE", this.uri, this.branch(this.tried), 1, [contact]),
      sdp(local.address, 40_000, 1, "sendrecv"),
    );
    const index = this.tried;
    this.heard = false;
    const send = (wait: number) => {
      if (this.ended || this.heard || this.tried !== index) return;
      this.plan.send(text, place);
      this.after(wait, () => {
        if (this.ended || this.heard || this.tried !== index) return;
        this.timeline.retransmissions++;
        send(2 * wait);
      });
    };
    send(t1);
    // The last one gets all the patience that is left.
    if (this.tried + 1 < this.places.length)
      this.after(this.plan.failoverMs, () => {
        if (!this.ended && !this.heard && this.tried === index) this.tryNext();
      });
  }

  /** A message of this call. */
  take(message: SipMessage, from: Place): void {
    if (message.code === 0) return;
    if (message.method === "BYE") {
      if (message.code >= 200 && this.timeline.hungUp) {
        this.timeline.hungUp.code ??= message.code;
        this.end();
      }
      return;
    }
    if (message.method !== "INVITE") return;
    this.timeline.firstReply ??= now();
    const index = Number(
      /-(\d+)(?:;|$)/.exec(/branch=([^;]+)/.exec(one(message, "via"))?.[1] ?? "")?.[1] ?? -1,
    );
    if (index === this.tried) this.heard = true;
    if (message.code < 200) {
      if (message.code > 100) this.timeline.ringing ??= now();
      return;
    }
    const to = one(message, "to");
    if (message.code >= 300) {
      this.plan.send(write(this.lines("ACK", this.uri, this.branch(index), 1, [], to)), from);
      this.rejected(message, index);
      return;
    }
    const first = this.timeline.answered === undefined;
    if (first) {
      this.timeline.answered = now();
      delete this.timeline.rejected;
    }
    this.hangUp(message, from, to, first);
  }

  private rejected(message: SipMessage, index: number): void {
    if (this.ended || this.timeline.answered !== undefined || index !== this.tried) return;
    const [, code = "0", reason = ""] = /^SIP\/2\.0 (\d+) ?(.*)$/.exec(message.first) ?? [];
    if (Number(code) === 503 && this.tried + 1 < this.places.length) {
      this.tryNext();
      return;
    }
    this.timeline.rejected ??= { at: now(), code: Number(code), reason };
    this.end();
  }

  private hangUp(answer: SipMessage, from: Place, to: string, first: boolean): void {
    const contact = uriOf(one(answer, "contact"));
    const routes = addresses(all(answer, "record-route")).toReversed();
    const extra = routes.map((route) => `Route: ${route}`);
    if (first) this.timeline.answeredBy ??= contact;
    this.plan.send(write(this.lines("ACK", contact, `${this.tag}-a${token()}`, 1, extra, to)), from);
    if (!first) return;
    this.timeline.hungUp = { at: now(), by: "caller" };
    const bye = write(this.lines("BYE", contact, `${this.tag}-b`, 2, extra, to));
    const send = (wait: number) => {
      if (this.ended) return;
      this.plan.send(bye, from);
      this.after(wait, () => send(2 * wait));
    };
    send(t1);
    this.after(byeMs, () => this.end());
  }

  private giveUp(): void {
    if (this.ended || this.timeline.answered !== undefined) return;
    this.timeline.cancelled = now();
    const place = this.places[Math.min(this.tried, this.places.length - 1)];
    // Without a provisional answer there is no transaction to cancel (RFC 3261 9.1).
    if (place && this.heard)
      this.plan.send(write(this.lines("CANCEL", this.uri, this.branch(this.tried), 1, [])), place);
    this.end();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.onEnd();
  }
}
