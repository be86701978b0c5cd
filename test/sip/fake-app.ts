import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { z } from "zod";
import { decisionSchema, questionSchema } from "../../src/call/contract.ts";
import { type CarrierFacts, scriptLine } from "../../src/call/line.ts";

/** Nothing that the contract does not know. */
const strictQuestion = z.strictObject({
  ...questionSchema.shape,
  from: z.strictObject(questionSchema.shape.from.shape),
  to: z.strictObject(questionSchema.shape.to.shape),
  source: z.strictObject(questionSchema.shape.source.shape),
});

/** Stands for the app: JSON-RPC in netstrings over TCP, as Kamailio's janssonrpcc speaks it. Keeps to the contract. */
export class FakeApp {
  decide: (question: Record<string, unknown>) => unknown = () => undefined;
  /** What Kamailio is told of carriers, and their logins. */
  carriers: CarrierFacts = () => undefined;
  logins: Record<string, string> = {};
  loginsAsked = 0;
  /** Where agents are told to register. */
  registrations: unknown[] = [];
  /** Carriers that the agent is to ask by OPTIONS, and those of which it told that they are left alone. */
  probed: unknown[] = [];
  broken: string[] | undefined = [];
  /** What guards found to be too much. */
  alarms: unknown[] = [];
  credentials: (params: { user: string; realm: string }) => unknown = () => undefined;
  /** Hangs: connections stay open, nothing is answered. */
  hung = false;
  readonly questions: Record<string, unknown>[] = [];
  /** What does not fit the contract's schema, of questions and of the scenario's own decisions. */
  readonly faults: string[] = [];
  asked = 0;
  /** Decisions take so long, ms: Kamailio is told to wait, and asks again. */
  late: number | undefined;
  /** Lines that will be asked for again. */
  private readonly awaited = new Map<string, string>();
  /** Who waits for music, and what such a caller gets; undefined: no answer. */
  readonly waiting: Record<string, unknown>[] = [];
  music: string | undefined;
  /** How often it was asked whether the journal is on the disk. */
  kept = 0;
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
    if (request.method === "kept") {
      this.kept += 1;
      this.send(socket, { jsonrpc: "2.0", id: request.id, result: true });
      return;
    }
    if (request.method === "decided") {
      const { id } = request.params as { id: string };
      const result = this.awaited.get(id);
      setTimeout(() => this.send(socket, { jsonrpc: "2.0", id: request.id, result }), this.late ?? 0).unref();
      return;
    }
    if (request.method === "registrations") {
      this.send(socket, { jsonrpc: "2.0", id: request.id, result: this.registrations });
      return;
    }
    if (request.method === "music") {
      this.waiting.push(request.params);
      if (this.music === undefined) return;
      this.send(socket, { jsonrpc: "2.0", id: request.id, result: { sdp: this.music } });
      return;
    }
    if (request.method === "carriers") {
      this.broken = (request.params as { broken?: string[] }).broken;
      this.send(socket, {
        jsonrpc: "2.0",
        id: request.id,
        result: { probed: this.probed, alarms: this.alarms },
      });
      return;
    }
    if (request.method === "carrier_login") {
      this.loginsAsked += 1;
      const result = this.logins[(request.params as { carrier: string }).carrier];
      const error = { code: 404, message: "unknown carrier" };
      this.send(socket, {
        jsonrpc: "2.0",
        id: request.id,
        ...(result === undefined ? { error } : { result }),
      });
      return;
    }
    const asksForDecision = request.method === "decide_line";
    const result = asksForDecision ? this.line(request.params) : this.credentials(request.params);
    const error = asksForDecision ? "no decision" : "unknown user";
    this.send(socket, {
      jsonrpc: "2.0",
      id: request.id,
      ...(result === undefined ? { error: { code: -32000, message: error } } : { result }),
    });
  }

  private send(socket: Socket, message: object): void {
    const answer = JSON.stringify(message);
    socket.write(`${Buffer.byteLength(answer)}:${answer},`);
  }

  private line(params: Record<string, unknown>): string | undefined {
    this.questions.push(params);
    const question = strictQuestion.safeParse(params);
    if (!question.success) this.faults.push(`question: ${z.prettifyError(question.error)}`);
    const decided = this.decide(params);
    if (decided === undefined) return undefined;
    // A line of its own.
    if (typeof decided === "string") return decided;
    const decision = decisionSchema.safeParse(decided);
    if (decision.success) {
      const line = scriptLine(decision.data, this.carriers);
      if (this.late === undefined) return line;
      const id = String(this.asked);
      this.awaited.set(id, line);
      return `wait|${id}`;
    }
    this.faults.push(`decision: ${z.prettifyError(decision.error)}`);
    return undefined;
  }
}
