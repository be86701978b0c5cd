import { cseqOf, one, type SipMessage, tagOf } from "../message.ts";
import type { Server } from "../transactions/layer.ts";
import { Call, type CallSetting, type Content, type Core } from "./call.ts";
import { dialogOfRequest } from "./dialog.ts";
import { keepRepeating } from "./repeat.ts";

/** A call that comes in: from its INVITE to our final response (RFC 3261 13.3). */
export class IncomingCall extends Call {
  readonly invite: SipMessage;
  /**
   * One, or more when a server died after it had passed the INVITE on and the next one passes it on again by another
   * way. RFC 3261 8.2.2.2 would refuse the second with 482, which would end a call that is alive.
   */
  private readonly servers: Server[];
  private last: { code: number; content: Content & { reason?: string } } | undefined;
  private final = false;
  /** A reliable provisional response that waits for its PRACK. */
  private reliable: { rseq: number; stop: () => void; done: (prack: SipMessage) => void } | undefined;
  private rseq = 0;

  constructor(core: Core, setting: CallSetting, server: Server) {
    super(core, setting);
    this.invite = server.request;
    this.servers = [server];
    this.enter(dialogOfRequest(server.request, this.localTag));
  }

  /** By whom, whichever way it comes. */
  static keyOf = (invite: SipMessage): string =>
    `${one(invite, "call-id")} ${tagOf(one(invite, "from"))} ${cseqOf(invite).number}`;

  private say(code: number, content: Content & { reason?: string }): void {
    this.last = { code, content };
    for (const server of this.servers) this.respond(server, code, content);
  }

  /** The same INVITE by another way. */
  again(server: Server): void {
    if (this.over && (this.last?.code ?? 0) < 300) {
      this.respond(server, 481);
      return;
    }
    this.servers.push(server);
    if (this.last) this.respond(server, this.last.code, this.last.content);
  }

  /** A provisional response. */
  ring(code = 180, content: Content = {}): void {
    if (!this.final && !this.over) this.say(code, content);
  }

  /** The caller wants or can take reliable provisional responses. */
  get can100rel(): boolean {
    return ["supported", "require"].some((name) => /\b100rel\b/.test(one(this.invite, name)));
  }

  /**
   * A provisional response that is repeated until the caller's PRACK (RFC 3262 3). One at a time. Without PRACK for 32 s
   * the call is refused. @returns the PRACK
   */
  ringReliably(code = 183, content: Content = {}): Promise<SipMessage> {
    if (this.reliable) throw new Error(`call ${this.callId}: a reliable response still waits for its PRACK`);
    const rseq = ++this.rseq;
    const { promise, resolve } = Promise.withResolvers<SipMessage>();
    const headers: Content["headers"] = [
      ["require", "100rel"],
      ["rseq", String(rseq)],
      ...(content.headers ?? []),
    ];
    const stop = keepRepeating(
      () => this.say(code, { ...content, headers }),
      () => this.reject(500, "No PRACK"),
    );
    this.reliable = { rseq, stop, done: resolve };
    return promise;
  }

  /** 200, repeated until the ACK. */
  accept(content: Content = {}): void {
    const [server] = this.servers;
    if (this.final || this.over || !server) return;
    this.final = true;
    this.reliable?.stop();
    this.acceptInvite(server, () => this.say(200, content));
  }

  reject(code: number, reason?: string): void {
    if (this.final || this.over) return;
    this.final = true;
    this.reliable?.stop();
    this.say(code, reason === undefined ? {} : { reason });
    this.close();
  }

  /** The caller's CANCEL. A call that is answered already goes on (9.2). */
  cancelled(): void {
    if (this.final || this.over) return;
    this.reject(487);
    this.on.ended?.("cancelled");
  }

  override receive(server: Server): void {
    if (server.request.method !== "PRACK") super.receive(server);
    else if (this.reliable && one(server.request, "rack").startsWith(`${this.reliable.rseq} `)) {
      const { stop, done } = this.reliable;
      this.reliable = undefined;
      stop();
      this.respond(server, 200);
      done(server.request);
    } else this.respond(server, 481);
  }

  override close(): void {
    this.reliable?.stop();
    super.close();
  }

  /** A BYE before our answer ends the INVITE too (15.1.2). */
  protected override receiveBye(server: Server): void {
    if (!this.final) {
      this.final = true;
      this.say(487, {});
    }
    super.receiveBye(server);
  }
}
