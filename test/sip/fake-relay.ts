import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** An rtpengine that is not real: speaks its ng protocol on 127.0.0.1:2223, and can hang. */
export class FakeRelay {
  /** The commands that came, e.g. `offer CALL-ID`. */
  readonly seen: string[] = [];
  /** The same with all that they say, as it came (bencode). */
  readonly texts: string[] = [];
  hangs = false;
  /** By cookie: on a busy machine a command is repeated before its answer has come, and rtpengine answers it as before. */
  private readonly answers = new Map<string, string>();
  private readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("message", (data, from) => {
      const text = data.toString("latin1");
      const cookie = text.split(" ")[0] ?? "";
      const before = this.answers.get(cookie);
      if (before !== undefined && !this.hangs) {
        socket.send(before, from.port, from.address);
        return;
      }
      const command = /7:command\d+:([a-z ]+?)(?=\d|e$|d|$)/.exec(text)?.[1] ?? "";
      const callId = /7:call-id(\d+):/.exec(text);
      const at = callId ? callId.index + callId[0].length : 0;
      this.seen.push(`${command} ${text.slice(at, at + Number(callId?.[1] ?? 0))}`.trim());
      this.texts.push(text);
      if (this.hangs) return;
      const sdp = /3:sdp(\d+):/.exec(text);
      const begin = sdp ? sdp.index + sdp[0].length : 0;
      const body = sdp ? text.slice(begin, begin + Number(sdp[1])) : "";
      const changed = body.replace(/^m=audio \d+/m, "m=audio 30000");
      const reply =
        command === "ping"
          ? "d6:result4:ponge"
          : `d6:result2:ok${sdp ? `3:sdp${changed.length}:${changed}` : ""}e`;
      this.answers.set(cookie, `${cookie} ${reply}`);
      socket.send(`${cookie} ${reply}`, from.port, from.address);
    });
  }

  static async start(): Promise<FakeRelay> {
    const socket = createSocket("udp4");
    socket.bind(2223, "127.0.0.1");
    await once(socket, "listening");
    return new FakeRelay(socket);
  }

  stop(): void {
    this.socket.close();
  }
}
