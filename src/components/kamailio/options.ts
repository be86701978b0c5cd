import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { hostAndPort, hostIn } from "../../base/host-in.ts";

/** An answer to OPTIONS: the status code, all of it, and how long it took. */
export interface SipAnswer {
  code: number;
  text: string;
  ms: number;
}

interface Pending {
  started: number;
  resolve(answer: SipAnswer): void;
  reject(error: Error): void;
}

/** One socket and who waits for an answer at it. */
interface Line {
  socket: Socket;
  own: { address: string; port: number };
  pending: Map<string, Pending>;
}

/**
 * Asks one SIP server with OPTIONS over UDP (RFC 3261 11). Its socket is kept from one question to the next: to make one
 * costs three times what the question does. After a fault, or without an answer, the next question has a new one, because
 * an own address that is gone would stay the sender of the old one. An idle socket does not keep a process alive.
 */
export class SipAsker {
  private readonly address: string;
  private readonly port: number;
  private readonly from: string;
  private opening: Promise<Line> | undefined;
  private readonly run = randomBytes(6).toString("hex");
  private asked = 0;

  /** @param from the own address that asks; empty: as the way leads */
  constructor(address: string, port: number, from = "") {
    this.address = address;
    this.port = port;
    this.from = from;
  }

  /** @throws Error when no answer came before `signal` aborts, or nobody listens there */
  async ask(signal: AbortSignal): Promise<SipAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SipAnswer>();
    const unique = `${this.run}${(this.asked++).toString(16).padStart(10, "0")}`;
    const late = () =>
      reject(new Error(`no answer to SIP OPTIONS at ${hostAndPort(this.address, this.port)}`));
    // It may be over before it is waited for, while the socket is made.
    promise.catch(() => undefined);
    signal.addEventListener("abort", late, { once: true });
    this.opening ??= this.open();
    const { opening } = this;
    let line: Line | undefined;
    try {
      line = await opening;
      if (signal.aborted) late();
      line.pending.set(unique, { started: performance.now(), resolve, reject });
      line.socket.ref();
      line.socket.send(this.question(line, unique), (error) => {
        if (error) reject(this.fault(error));
      });
      return await promise;
    } catch (error) {
      if (this.opening === opening) this.opening = undefined;
      throw error;
    } finally {
      signal.removeEventListener("abort", late);
      line?.pending.delete(unique);
      if (line?.pending.size === 0)
        if (this.opening === opening) line.socket.unref();
        else line.socket.close();
    }
  }

  private question({ own }: Line, unique: string): string {
    const whom = hostAndPort(this.address, this.port);
    return [
      `OPTIONS sip:${whom} SIP/2.0`,
      `Via: SIP/2.0/UDP ${hostAndPort(own.address, own.port)};branch=z9hG4bK${unique};rport`,
      "Max-Forwards: 1",
      `From: <sip:agent@${hostIn(own.address)}>;tag=${unique}`,
      `To: <sip:${whom}>`,
      `Call-ID: ${unique}`,
      "CSeq: 1 OPTIONS",
      "Content-Length: 0",
      "\r\n",
    ].join("\r\n");
  }

  private fault(error: NodeJS.ErrnoException): Error {
    return new Error(
      error.code === "ECONNREFUSED"
        ? `nobody listens at udp ${hostAndPort(this.address, this.port)}`
        : `SIP OPTIONS to ${hostAndPort(this.address, this.port)} failed: ${error.message}`,
    );
  }

  private open(): Promise<Line> {
    const { promise, resolve, reject } = Promise.withResolvers<Line>();
    const socket = createSocket(isIPv6(this.address) ? "udp6" : "udp4");
    const pending: Line["pending"] = new Map();
    let connected = false;
    socket.on("error", (error) => {
      const fault = this.fault(error);
      for (const one of pending.values()) one.reject(fault);
      if (connected) return; // who waited closes it; with nobody waiting it is a late word of an old question
      socket.close();
      reject(fault);
    });
    socket.on("message", (data) => {
      const text = data.toString("latin1");
      const code = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
      if (code < 200) return;
      for (const [unique, { started, resolve: answer }] of pending)
        if (text.includes(unique)) answer({ code, text, ms: performance.now() - started });
    });
    // Connected, so that "port unreachable" is reported at once and nobody else's packets are heard.
    const connect = () =>
      socket.connect(this.port, this.address, () => {
        connected = true;
        resolve({ socket, own: socket.address(), pending });
      });
    if (this.from === "") connect();
    else socket.bind({ address: this.from }, connect);
    return promise;
  }

  /** The next question has a new socket. */
  close(): void {
    const opening = this.opening;
    this.opening = undefined;
    opening
      ?.then(({ socket, pending }) => {
        if (pending.size === 0) socket.close();
      })
      .catch(() => undefined); // it never came about
  }
}
