/**
 * SIPp's short message log (-trace_shortmsg) is the outside caller's own record of what happened: one line per
 * SIP message with microseconds of wall time, written as it happens. Pure: lines → messages → one timeline per call.
 */

/** One SIP message as SIPp saw it. */
export interface ShortMessage {
  /** Wall clock, milliseconds since 1970 with microseconds behind the point. */
  at: number;
  sent: boolean;
  callId: string;
  cseq: number;
  /** Method in CSeq: the transaction's, for replies too. */
  method: string;
  /** Status of a reply; undefined for a request. */
  code?: number;
  /** The first line of the message. */
  line: string;
}

/** What one caller experienced with one Call-ID. Times as in ShortMessage.at. */
export interface CallTimeline {
  callId: string;
  /** First INVITE sent. */
  started: number;
  /** INVITEs sent again because nobody answered (the repetition with credentials is none). */
  retransmissions: number;
  /** First reply of any kind: somebody took note of the call. */
  firstReply?: number;
  /** First provisional reply above 100. */
  ringing?: number;
  /** First 2xx to the INVITE. */
  answered?: number;
  /** Who answered: the remote target that the ACK was sent to. */
  answeredBy?: string;
  /** Final answer of 300 to 699, challenges that were met excepted. */
  rejected?: { at: number; code: number; reason: string };
  /** CANCEL sent. */
  cancelled?: number;
  /** First BYE sent or received, and by whom. */
  hungUp?: { at: number; by: "caller" | "callee"; code?: number };
}

const pattern =
  /^\d{4}-\d\d-\d\d\t[\d:.]+\t(\d+\.\d{6})\t([SR])\t([^\t]+)\tCSeq:\s*(\d+)\s+([A-Z]+)[^\t]*\t(.+?)\r?$/;

/** One line of the log, or undefined when it is none (headings, an unfinished last line). Pure. */
export function parseShortMessage(text: string): ShortMessage | undefined {
  const [, at, direction, callId, cseq, method, line] = pattern.exec(text) ?? [];
  if (!at || !callId || !cseq || !method || !line) return undefined;
  const code = /^SIP\/2\.0 (\d{3})(?: |$)/.exec(line)?.[1];
  return {
    at: Number(at) * 1000,
    sent: direction === "S",
    callId,
    cseq: Number(cseq),
    method,
    ...(code === undefined ? {} : { code: Number(code) }),
    line,
  };
}

/** Timelines of many calls, filled message by message: feed it from a finished or from a growing log. */
export class CallBook {
  readonly calls = new Map<string, CallTimeline>();
  /** CSeq of the initial INVITE (or its repetition with credentials) per call; a re-INVITE is later than 200. */
  private cseq = new Map<string, number>();
  /** When a 2xx came to a call that had been rejected before. */
  private late = new Map<string, number>();

  /** Takes one message into account and returns the call that it changed. */
  add(message: ShortMessage): CallTimeline | undefined {
    let call = this.calls.get(message.callId);
    const isRequest = message.code === undefined;
    if (!call) {
      if (!(isRequest && message.sent && message.method === "INVITE")) return undefined;
      call = { callId: message.callId, started: message.at, retransmissions: 0 };
      this.calls.set(message.callId, call);
      this.cseq.set(message.callId, message.cseq);
      return call;
    }
    if (isRequest) this.request(call, message);
    else this.reply(call, message);
    return call;
  }

  private request(call: CallTimeline, message: ShortMessage): void {
    switch (message.method) {
      case "INVITE":
        if (call.answered !== undefined) return;
        if (this.cseq.get(call.callId) === message.cseq) call.retransmissions++;
        else {
          this.cseq.set(call.callId, message.cseq);
          // The challenge was met: it was no rejection.
          delete call.rejected;
        }
        return;
      case "ACK":
        // An answer that crossed a rejection of one branch wins when the caller takes it.
        if (call.answered === undefined && this.late.has(call.callId)) {
          call.answered = this.late.get(call.callId) ?? message.at;
          delete call.rejected;
        }
        if (call.answered !== undefined) call.answeredBy ??= message.line.split(" ")[1] ?? "";
        return;
      case "CANCEL":
        call.cancelled ??= message.at;
        return;
      case "BYE":
        call.hungUp ??= { at: message.at, by: message.sent ? "caller" : "callee" };
        return;
    }
  }

  private reply(call: CallTimeline, message: ShortMessage): void {
    const code = message.code ?? 0;
    if (message.method === "BYE" && code >= 200 && call.hungUp) call.hungUp.code ??= code;
    if (message.sent || message.method !== "INVITE") return;
    call.firstReply ??= message.at;
    if (call.answered !== undefined) return;
    if (code > 100 && code < 200) call.ringing ??= message.at;
    else if (code >= 200 && code < 300) {
      // Whoever was rejected and does not acknowledge the answer has no call (RFC 3261, 17.1.1.2: it is absorbed).
      if (call.rejected === undefined) call.answered = message.at;
      else if (!this.late.has(call.callId)) this.late.set(call.callId, message.at);
    } else if (code >= 300 && call.rejected === undefined) {
      const reason = message.line.replace(/^SIP\/2\.0 \d{3} ?/, "");
      call.rejected = { at: message.at, code, reason };
    }
  }
}

/** Timelines of a whole log. Pure. */
export function readCalls(log: string): Map<string, CallTimeline> {
  const book = new CallBook();
  for (const line of log.split("\n")) {
    const message = parseShortMessage(line);
    if (message) book.add(message);
  }
  return book.calls;
}
