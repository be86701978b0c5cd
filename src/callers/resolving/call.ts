import { one, type SipMessage, token, uriOf } from "../../sip/message.ts";
import { sdp } from "../../sip/sdp.ts";
import type { Place } from "../../sip/transport.ts";
import type { OutgoingCall } from "../../sip/user-agent/outgoing.ts";
import type { UserAgent } from "../../sip/user-agent/user-agent.ts";
import type { CallTimeline } from "../shortmsg.ts";

/** One short call (INVITE, 200, ACK, BYE) that tries one place after the other, as RFC 3263 4.3 says. */

export interface CallPlan {
  agent: UserAgent;
  from: string;
  /** User and domain of the request URI. */
  to: string;
  domain: string;
  /** A place that says nothing for so long is left for the next one. */
  failoverMs: number;
  /** Without an answer for so long the caller gives up. */
  patienceMs: number;
}

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
  private readonly attempts: OutgoingCall[] = [];
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

  private tryNext(): void {
    this.attempts[this.tried]?.hush();
    this.tried++;
    if (this.tried > 0) this.timeline.retransmissions++;
    const index = this.tried;
    const place = this.places[index];
    if (!place) {
      if (this.timeline.rejected || this.places.length === 0) this.end();
      return;
    }
    const { agent, from, to, domain, failoverMs } = this.plan;
    const { address } = agent.transport.local;
    this.heard = false;
    // The same call in the eyes of who is called: one Call-ID, one tag, one number (RFC 3263 4.3).
    const target = { uri: `sip:${to}@${domain}`, from: `<sip:${from}@${address}>` };
    const attempt = agent.call(target, { callId: this.id, localTag: this.tag, place });
    this.attempts.push(attempt);
    const answer = attempt.invite(
      { body: sdp(address, 40_000, 1, "sendrecv") },
      {
        provisional: (message) => this.hear(message, index),
        repeated: () => {
          if (!this.ended) this.timeline.retransmissions++;
        },
      },
    );
    void answer.then((message) => this.answered(attempt, message, index));
    // The last one gets all the patience that is left.
    if (index + 1 < this.places.length)
      this.after(failoverMs, () => {
        if (!this.ended && !this.heard && this.tried === index) this.tryNext();
      });
  }

  private hear(message: SipMessage, index: number): void {
    this.timeline.firstReply ??= now();
    if (index === this.tried) this.heard = true;
    if (message.code > 100 && message.code < 200) this.timeline.ringing ??= now();
  }

  private answered(attempt: OutgoingCall, message: SipMessage, index: number): void {
    this.hear(message, index);
    if (message.code >= 300) this.rejected(message, index);
    else void this.hangUp(attempt, message);
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

  private async hangUp(attempt: OutgoingCall, answer: SipMessage): Promise<void> {
    // A second place that answers too late is hung up just so.
    if (this.timeline.answered !== undefined || this.ended) {
      await attempt.bye();
      return;
    }
    this.attempts[this.tried]?.hush();
    this.timeline.answered = now();
    delete this.timeline.rejected;
    this.timeline.answeredBy ??= uriOf(one(answer, "contact"));
    const hungUp: NonNullable<CallTimeline["hungUp"]> = { at: now(), by: "caller" };
    this.timeline.hungUp = hungUp;
    this.after(byeMs, () => this.end());
    const { code } = await attempt.bye();
    if (this.ended) return;
    hungUp.code ??= code;
    this.end();
  }

  private giveUp(): void {
    if (this.ended || this.timeline.answered !== undefined) return;
    this.timeline.cancelled = now();
    const attempt = this.attempts.at(-1);
    // Without a provisional answer there is no transaction to cancel (RFC 3261 9.1).
    if (this.heard) attempt?.cancel();
    else attempt?.hush();
    this.end();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.onEnd();
  }
}
