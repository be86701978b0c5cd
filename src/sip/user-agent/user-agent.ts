import { one, request, requestUri, response, type SipMessage, tagOf, token, uriOf } from "../message.ts";
import { type Server, Transactions } from "../transactions/layer.ts";
import type { Place, SipTransport } from "../transport.ts";
import { type AskOptions, askWithCredentials } from "./ask.ts";
import type { Call, Core } from "./call.ts";
import type { Credentials } from "./credentials.ts";
import { dialogKey } from "./dialog.ts";
import { IncomingCall } from "./incoming.ts";
import { OutgoingCall, type Target } from "./outgoing.ts";

/** A SIP user agent over one transport: makes and takes calls, registers, sends requests outside of calls. */

export interface UserAgentOptions {
  transport: SipTransport;
  /** Value of Contact in dialogs. */
  contact: string;
  /** All requests go there first; without it to the address in the first Route or the request URI, if it is an address. */
  outbound?: Place;
  maxForwards?: number;
  /** A call comes in. Without this it is refused. */
  invited?: (call: IncomingCall) => void;
  /** Any other request outside of dialogs; OPTIONS are answered without this too. @returns whether it is answered */
  requested?: (server: Server) => boolean;
  /** A response to what another process asked in this one's name. Without this it is dropped. */
  stray?: (message: SipMessage, from: Place) => void;
}

const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, MESSAGE";
/** For so long a repeated INVITE of a call that is over is known: 64*T1. */
const rememberMs = 32_000;

export class UserAgent implements Core {
  readonly transactions: Transactions;
  readonly maxForwards: number;
  readonly transport: SipTransport;
  private readonly options: UserAgentOptions;
  private readonly dialogs = new Map<string, Call>();
  private readonly incoming = new Map<string, IncomingCall>();
  private readonly forgetting = new Set<NodeJS.Timeout>();

  constructor(options: UserAgentOptions) {
    this.options = options;
    this.transport = options.transport;
    this.maxForwards = options.maxForwards ?? 70;
    this.transactions = new Transactions(options.transport, {
      request: (server) => this.receive(server),
      ack: (ack) => this.dialogOf(ack)?.receiveAck(ack),
      stray: (message, from) => options.stray?.(message, from),
      cancelled: (server) => this.incoming.get(IncomingCall.keyOf(server.request))?.cancelled(),
    });
  }

  /** Ends without a word to anybody: calls, transactions, transport. */
  close(): void {
    for (const call of new Set(this.dialogs.values())) call.close();
    for (const timer of this.forgetting) clearTimeout(timer);
    this.transactions.close();
    this.transport.close();
  }

  /** A call to be made by its `invite`. */
  call(
    target: Target,
    more: { callId?: string; localTag?: string; place?: Place; credentials?: Credentials; seq?: number } = {},
  ): OutgoingCall {
    const { callId = token(), localTag = token(), place, credentials, seq } = more;
    const { contact } = this.options;
    return new OutgoingCall(this, { callId, localTag, contact, place, credentials }, target, seq);
  }

  /**
   * A request outside of calls, such as MESSAGE or OPTIONS. @param build with a new CSeq for each attempt
   * @returns the final response. @throws Error when `signal` aborts first
   */
  async request(build: () => SipMessage, more: AskOptions & { place?: Place } = {}): Promise<SipMessage> {
    const to = (message: SipMessage) => more.place ?? this.nextHop(message);
    return (await askWithCredentials(this.transactions, build, to, more)).message;
  }

  nextHop(message: SipMessage): Place {
    return this.options.outbound ?? placeOf(uriOf(one(message, "route") || requestUri(message)));
  }

  join(key: string, call: Call): void {
    this.dialogs.set(key, call);
  }

  leave(call: Call): void {
    for (const key of call.keys) this.dialogs.delete(key);
    if (!(call instanceof IncomingCall)) return;
    const key = IncomingCall.keyOf(call.invite);
    const timer = setTimeout(() => {
      this.forgetting.delete(timer);
      if (this.incoming.get(key) === call) this.incoming.delete(key);
    }, rememberMs);
    this.forgetting.add(timer);
  }

  private dialogOf(message: SipMessage): Call | undefined {
    const [to, from] = [tagOf(one(message, "to")), tagOf(one(message, "from"))];
    return this.dialogs.get(dialogKey(one(message, "call-id"), to, from));
  }

  private receive(server: Server): void {
    const { request: message } = server;
    const call = this.dialogOf(message);
    if (call) call.receive(server);
    else if (tagOf(one(message, "to")) !== "") server.respond(response(message, 481));
    else if (message.method === "INVITE") this.invited(server);
    else this.receiveOther(server);
  }

  private invited(server: Server): void {
    const { invited, contact } = this.options;
    const key = IncomingCall.keyOf(server.request);
    const known = this.incoming.get(key);
    if (known) known.again(server);
    else if (!invited) server.respond(response(server.request, 480, { tag: token() }));
    else {
      const callId = one(server.request, "call-id");
      const call = new IncomingCall(this, { callId, localTag: token(), contact }, server);
      this.incoming.set(key, call);
      invited(call);
    }
  }

  private receiveOther(server: Server): void {
    const { request: message } = server;
    if (this.options.requested?.(server)) return;
    const tag = token();
    // Calls that nobody knows any more end here too.
    const code =
      message.method === "OPTIONS" ? 200 : ["BYE", "PRACK", "UPDATE"].includes(message.method) ? 481 : 405;
    server.respond(response(message, code, { tag, headers: [["allow", allow]] }));
  }
}

/** The address in a SIP URI. @throws Error when it is a name: looking names up is the caller's (RFC 3263) */
function placeOf(uri: string): Place {
  const match = /^sips?:(?:[^@]*@)?(\d+\.\d+\.\d+\.\d+)(?::(\d+))?(?=[;?]|$)/i.exec(uri);
  if (!match)
    throw new Error(`${uri.slice(0, 100)} is no address to send to: say where by outbound or place`);
  return { address: match[1] ?? "", port: Number(match[2] ?? 5060) };
}

/** A request outside of dialogs. @param from,to values of the header fields, without tags */
export function outOfDialog(
  method: string,
  target: { uri: string; from: string; to: string; fromTag: string; callId: string; seq: number },
  maxForwards: number,
  headers: [string, string][] = [],
  body = "",
): SipMessage {
  return request(
    method,
    target.uri,
    [
      ["max-forwards", String(maxForwards)],
      ["from", `${target.from};tag=${target.fromTag}`],
      ["to", target.to],
      ["call-id", target.callId],
      ["cseq", `${target.seq} ${method}`],
      ...headers,
    ],
    body,
  );
}
