import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** Stands for the app: JSON-RPC in netstrings over TCP, as Kamailio's janssonrpcc speaks it. */
export class FakeApp {
  decide: (question: Record<string, unknown>) => unknown = () => undefined;
  credentials: (params: { user: string; realm: string }) => unknown = () => undefined;
  /** Hangs: connections stay open, nothing is answered. */
  hung = false;
  readonly questions: Record<string, unknown>[] = [];
  asked = 0;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      let buffer = Buffer.alloc(0);
      socket.on("data", (chunk) => {
        buffer = Buffer.concat([buffer, chunk]);
        for (;;) {
          const colon = buffer.indexOf(":");
          if (colon < 0) return;
          const length = Number(buffer.subarray(0, colon).toString());
          if (buffer.length < colon + length + 2) return;
          this.answer(socket, buffer.subarray(colon + 1, colon + 1 + length).toString("utf8"));
          buffer = buffer.subarray(colon + length + 2);
        }
      });
    });
    server.listen(8081, this.address);
    await once(server, "listening");
    this.server = server;
  }

  stop(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  get connections(): number {
    return this.sockets.size;
  }

  private answer(socket: Socket, text: string): void {
    const request = JSON.parse(text) as { id?: number; method: string; params: never };
    // Notifications only keep the connection honest.
    if (request.id === undefined) return;
    this.asked += 1;
    if (this.hung) return;
    if (request.method === "decide") this.questions.push(request.params);
    const result =
      request.method === "decide" ? this.decide(request.params) : this.credentials(request.params);
    const error = request.method === "decide" ? "no decision" : "unknown user";
    const answer = JSON.stringify({
      jsonrpc: "2.0",
      id: request.id,
      ...(result === undefined ? { error: { code: -32000, message: error } } : { result }),
    });
    socket.write(`${Buffer.byteLength(answer)}:${answer},`);
  }
}
