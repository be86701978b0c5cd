import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { messageOf } from "../../base/message.ts";
import { type Bencoded, decode, encode } from "./bencode.ts";

/**
 * rtpengine's ng protocol over UDP (https://github.com/sipwise/rtpengine, "The ng control protocol"): a cookie, a space, a
 * bencoded dictionary. rtpengine answers the same cookie twice with the same answer, so a datagram may be sent again.
 */

type Dictionary = Record<string, Bencoded>;

/** rtpengine answered, and said no, e.g. "Unknown call-id". */
export class NgRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NgRefused";
  }
}

/** A question without an answer is sent again after so long: on loopback only a full buffer loses one. */
const againMs = 400;

interface Pending {
  resolve(answer: Dictionary): void;
  reject(error: Error): void;
}

/** Asks one rtpengine by one socket, made with the first question. An idle socket does not keep a process alive. */
export class NgClient implements Disposable {
  private readonly port: number;
  private opening: Promise<Socket> | undefined;
  private socket: Socket | undefined;
  private readonly pending = new Map<string, Pending>();
  private readonly run = randomBytes(6).toString("hex");
  private asked = 0;

  /** @param port on loopback */
  constructor(port: number) {
    this.port = port;
  }

  /**
   * @returns the whole answer. @throws NgRefused; Error when nobody listens, or nobody has answered when `signal` aborts.
   */
  async ask(command: string, more: Dictionary, signal: AbortSignal): Promise<Dictionary> {
    const cookie = `${this.run}_${this.asked++}`;
    const datagram = Buffer.concat([Buffer.from(`${cookie} `), encode({ command, ...more })]);
    const { promise, resolve, reject } = Promise.withResolvers<Dictionary>();
    // It may be over before it is waited for, while the socket is made.
    promise.catch(() => undefined);
    const late = () => reject(new Error(`rtpengine does not answer to '${command}'`));
    this.pending.set(cookie, { resolve, reject });
    signal.addEventListener("abort", late, { once: true });
    let again: NodeJS.Timeout | undefined;
    try {
      if (signal.aborted) late();
      else {
        const socket = await this.open();
        socket.ref();
        socket.send(datagram);
        again = setInterval(() => socket.send(datagram), againMs);
      }
      const answer = await promise;
      if (answer.result !== "error") return answer;
      throw new NgRefused(String(answer["error-reason"] ?? "no reason"));
    } finally {
      clearInterval(again);
      signal.removeEventListener("abort", late);
      this.pending.delete(cookie);
      if (this.pending.size === 0) this.socket?.unref();
    }
  }

  private open(): Promise<Socket> {
    this.opening ??= new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      socket.on("message", (data) => this.hear(data));
      socket.on("error", (error) => {
        const fault = new Error(`rtpengine's control port: ${error.message}`);
        this.fail(fault);
        if (this.socket === socket) return; // it can be used again
        socket.close();
        this.opening = undefined;
        reject(fault);
      });
      // Connected, so that "port unreachable" is told at once.
      socket.connect(this.port, "127.0.0.1", () => {
        this.socket = socket;
        resolve(socket);
      });
    });
    return this.opening;
  }

  private hear(data: Buffer): void {
    const space = data.indexOf(" ");
    const pending = this.pending.get(data.toString("latin1", 0, Math.max(space, 0)));
    if (!pending) return; // the answer to a question that was given up, or a second one
    try {
      const answer = decode(data.subarray(space + 1));
      if (typeof answer !== "object" || Array.isArray(answer)) throw new Error("no dictionary");
      pending.resolve(answer);
    } catch (error) {
      pending.reject(new Error(`rtpengine's answer can not be read: ${messageOf(error)}`));
    }
  }

  private fail(error: Error): void {
    for (const { reject } of this.pending.values()) reject(error);
  }

  [Symbol.dispose](): void {
    this.fail(new Error("asked no more"));
    this.socket?.close();
    this.socket = undefined;
    this.opening = undefined;
  }
}
