import { createHash, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A small SIP user agent over UDP for tests: it sends what it is told and hands over what comes, nothing more. */

export interface SipMessage {
  text: string;
  /** Status code, 0 for a request. */
  code: number;
  /** Method of the request, or of the CSeq of a reply. */
  method: string;
  from: { address: string; port: number };
}

export const token = (): string => randomBytes(6).toString("hex");

/** The values of a header field, by its long name; compact forms are not used here. */
export const headers = (message: SipMessage | string, name: string): string[] => {
  const text = typeof message === "string" ? message : message.text;
  const head = text.split("\r\n\r\n")[0] ?? "";
  return head
    .split("\r\n")
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim());
};
export const header = (message: SipMessage | string, name: string): string => headers(message, name)[0] ?? "";
export const tagOf = (value: string): string => /;tag=([^;>\s]+)/.exec(value)?.[1] ?? "";
export const uriIn = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value;

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
export const ha1 = (user: string, realm: string, password: string) => ({
  ha1_md5: md5(`${user}:${realm}:${password}`),
  ha1_sha256: sha256(`${user}:${realm}:${password}`),
});

/** The value of an Authorization header that answers a challenge: RFC 2617 3.2.2, RFC 8760. */
export function authorize(
  challenge: string,
  user: string,
  password: string,
  method: string,
  uri: string,
): string {
  const part = (name: string) => new RegExp(`${name}="?([^",]+)"?`).exec(challenge)?.[1] ?? "";
  const hash = part("algorithm") === "SHA-256" ? sha256 : md5;
  const cnonce = token();
  const a1 = hash(`${user}:${part("realm")}:${password}`);
  const response = hash(`${a1}:${part("nonce")}:00000001:${cnonce}:auth:${hash(`${method}:${uri}`)}`);
  return `Digest username="${user}", realm="${part("realm")}", nonce="${part("nonce")}", uri="${uri}", response="${response}", algorithm=${part("algorithm") || "MD5"}, qop=auth, nc=00000001, cnonce="${cnonce}"`;
}

export function parse(text: string, from: { address: string; port: number }): SipMessage {
  const code = /^SIP\/2\.0 (\d{3})/.exec(text)?.[1];
  const method = code ? (header(text, "CSeq").split(" ")[1] ?? "") : (text.split(" ")[0] ?? "");
  return { text, code: Number(code ?? 0), method, from };
}

export class Ua {
  readonly address: string;
  readonly port: number;
  readonly seen: SipMessage[] = [];
  /** Answers requests by itself; null: says nothing. */
  onRequest: ((request: SipMessage) => void) | null = null;
  private readonly socket: Socket;
  private waiting: (() => void)[] = [];

  private constructor(socket: Socket, address: string) {
    this.socket = socket;
    this.address = address;
    this.port = socket.address().port;
    socket.on("message", (data, from) => {
      const message = parse(data.toString("latin1"), from);
      this.seen.push(message);
      if (message.code === 0) this.onRequest?.(message);
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  static async open(address: string, port = 0): Promise<Ua> {
    const socket = createSocket("udp4");
    socket.bind(port, address);
    await once(socket, "listening");
    return new Ua(socket, address);
  }

  send(text: string | Buffer, to: { address: string; port: number }): void {
    const data = typeof text === "string" ? Buffer.from(text, "latin1") : text;
    this.socket.send(data, to.port, to.address);
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
          `${this.address}:${this.port} waited ${ms} ms for ${what}; saw ${this.seen.map((m) => m.text.split("\r\n")[0]).join(" | ") || "nothing"}`,
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

  /** A reply to a request that came in, with the header fields that RFC 3261 8.2.6 wants copied. */
  reply(
    request: SipMessage,
    code: number,
    reason: string,
    options: { tag?: string; extra?: string[] } = {},
  ): void {
    const to = header(request, "To");
    const lines = [
      `SIP/2.0 ${code} ${reason}`,
      ...headers(request, "Via").map((via) => `Via: ${via}`),
      ...headers(request, "Record-Route").map((route) => `Record-Route: ${route}`),
      `From: ${header(request, "From")}`,
      `To: ${tagOf(to) || options.tag === undefined ? to : `${to};tag=${options.tag}`}`,
      `Call-ID: ${header(request, "Call-ID")}`,
      `CSeq: ${header(request, "CSeq")}`,
      `Contact: <sip:${this.address}:${this.port}>`,
      ...(options.extra ?? []),
      "Content-Length: 0",
    ];
    this.send(`${lines.join("\r\n")}\r\n\r\n`, request.from);
  }

  close(): void {
    this.socket.close();
  }
}
