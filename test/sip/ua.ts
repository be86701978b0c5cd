import { hostIn } from "../../src/base/host-in.ts";
import { authorize as answerTo, chooseChallenges, ha1 as ha1Of } from "../../src/sip/digest.ts";
import {
  all,
  type Header,
  type SipMessage as Message,
  parseMessage,
  response,
  serialise,
} from "../../src/sip/message.ts";
import { type Flow, openTcp, openUdp, type Place, type SipTransport } from "../../src/sip/transport.ts";
import { type Browser, openWebSocket } from "./web-socket.ts";

/**
 * A telephone for scenarios, without transactions: it sends what it is told, malformed text too, and hands over what
 * comes, nothing more. Messages, digest and transport are those of src/sip.
 */

export interface SipMessage extends Message {
  text: string;
  from: Place;
}

export { ha1 } from "../../src/sip/digest.ts";
export { tagOf, token, uriOf as uriIn } from "../../src/sip/message.ts";

/** The values of a header field, by its long name. */
export const headers = (message: Message | string, name: string): string[] =>
  all(typeof message === "string" ? parseMessage(message) : message, name.toLowerCase());
export const header = (message: Message | string, name: string): string => headers(message, name)[0] ?? "";

/** The value of an Authorization header that answers a challenge. */
export function authorize(
  challenge: string,
  user: string,
  password: string,
  method: string,
  uri: string,
): string {
  const [asked] = chooseChallenges([challenge]);
  if (!asked) throw new Error(`no challenge: ${challenge}`);
  return answerTo(asked, ha1Of(user, asked.realm, password), user, { method, uri });
}

export const parse = (text: string, from: Place): SipMessage => ({ ...parseMessage(text), text, from });

export class Ua {
  readonly address: string;
  readonly port: number;
  /** `address` as URIs have it. */
  readonly host: string;
  /** As Via writes it. */
  readonly way: "UDP" | "TCP" | "WSS";
  readonly seen: SipMessage[] = [];
  /** Answers requests by itself; null: says nothing. */
  onRequest: ((request: SipMessage) => void | Promise<void>) | null = null;
  private readonly transport: SipTransport;
  private readonly flows = new WeakMap<SipMessage, Flow>();
  private waiting: (() => void)[] = [];

  private constructor(transport: SipTransport, way?: "WSS") {
    this.transport = transport;
    this.address = transport.local.address;
    this.port = transport.local.port;
    this.host = hostIn(this.address);
    this.way = way ?? (transport.name === "TCP" ? "TCP" : "UDP");
    transport.attach({
      message: (text, flow) => {
        const message = parse(text, flow.remote);
        this.flows.set(message, flow);
        this.seen.push(message);
        if (message.code === 0)
          // The scenario then misses the answer and fails; the others go on.
          Promise.resolve(this.onRequest?.(message)).catch((problem: unknown) => {
            process.stderr.write(`${this.address}:${this.port}: ${String(problem)}\n`);
          });
        for (const wake of this.waiting.splice(0)) wake();
      },
      broken: () => undefined,
    });
  }

  static async open(address: string, port = 0): Promise<Ua> {
    return new Ua(await openUdp({ address, port }, "latin1"));
  }

  /** Listens at `port`, and opens a connection from another one to whom it writes to. */
  static async openTcp(address: string, port = 0): Promise<Ua> {
    return new Ua(await openTcp({ address, port }));
  }

  /** A telephone in a browser, behind a node's HAProxy. @throws Error when it gets no WebSocket */
  static async openWeb(browser: Browser): Promise<Ua> {
    const { status, transport } = await openWebSocket(browser);
    if (!status.includes(" 101 ")) throw new Error(`no WebSocket: ${status}`);
    return new Ua(transport, "WSS");
  }

  send(text: string | Buffer, to: Place): void {
    this.transport.send(typeof text === "string" ? text : text.toString("latin1"), to);
  }

  /** The first message (also an earlier one) that fits. @throws Error that names `what` after the deadline. */
  async wait(what: string, fits: (message: SipMessage) => boolean, ms = 3000): Promise<SipMessage> {
    const deadline = performance.now() + ms;
    for (;;) {
      const found = this.seen.find(fits);
      if (found) return found;
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(
          `${this.address}:${this.port} waited ${ms} ms for ${what}; saw ${this.seen.map((m) => m.first).join(" | ") || "nothing"}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** A response, by the way its request came. @param options extra: whole header lines; contact: in place of its own */
  reply(
    request: SipMessage,
    code: number,
    reason: string,
    options: { tag?: string; extra?: string[]; contact?: string } = {},
  ): void {
    const contact: Header = ["contact", options.contact ?? `<sip:${this.host}:${this.port}>`];
    const extra = (options.extra ?? []).map((line): Header => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    const { tag } = options;
    const made = response(request, code, {
      reason,
      headers: [contact, ...extra],
      ...(tag === undefined ? {} : { tag }),
    });
    const flow = this.flows.get(request);
    if (flow) flow.send(serialise(made), request.from);
    else this.send(serialise(made), request.from);
  }

  close(): void {
    this.transport.close();
  }
}
