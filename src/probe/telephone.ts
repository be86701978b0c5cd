import { createSocket, type Socket } from "node:dgram";
import { authorize, type Challenge, parseChallenge } from "../sip/digest.ts";
import {
  addresses,
  all,
  one,
  parseMessage,
  type SipMessage,
  sdp,
  tagOf,
  token,
  uriOf,
  write,
} from "../sip/message.ts";

/** A nonce is good for 300 s (sip/modules.cfg); a new one costs a round trip. */
const nonceMs = 240_000;
/** RFC 3261 17.1.1.2, timer A. */
const repeatMs = 500;
const registrationSeconds = 60;
/** Discard: nobody sends audio. */
const noPort = 9;

/** Where it failed, for people and for programs. */
export class ProbeError extends Error {
  readonly stage: "register" | "call" | "hang-up";
  constructor(stage: ProbeError["stage"], text: string) {
    super(text);
    this.stage = stage;
  }
}

/**
 * The telephone of the functional test: registers with a password, calls itself, answers and hangs up, at the SIP
 * address of its own node, so that a standby is tested as well as the holder. Both ends of the call are this one socket.
 */
export class ProbeTelephone {
  private readonly server: { address: string; port: number };
  private readonly user: string;
  private readonly ha1: { ha1_md5: string; ha1_sha256: string };
  private readonly socket: Socket;
  private readonly tag = token();
  private readonly registration = token();
  private cseq = 0;
  private challenge: { at: number; value: Challenge } | undefined;
  private readonly waiting = new Map<string, (response: SipMessage) => void>();
  /** Call-ID of the call that arrived here, by way of the server. */
  private arrived = "";

  private constructor(
    socket: Socket,
    server: { address: string; port: number },
    user: string,
    ha1: { ha1_md5: string; ha1_sha256: string },
  ) {
    this.server = server;
    this.user = user;
    this.ha1 = ha1;
    this.socket = socket;
    socket.on("message", (data) => this.receive(data.toString("utf8")));
    // A port that nobody listens at shows as an answer that does not come.
    socket.on("error", () => undefined);
  }

  /** @throws Error when no port of that address is free. */
  static async open(
    server: { address: string; port: number },
    user: string,
    ha1: { ha1_md5: string; ha1_sha256: string },
  ): Promise<ProbeTelephone> {
    const socket = createSocket("udp4");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.once("error", reject);
    socket.bind(0, server.address, resolve);
    await promise;
    socket.off("error", reject);
    return new ProbeTelephone(socket, server, user, ha1);
  }

  close(): void {
    this.socket.close();
  }

  private get here(): string {
    return `${this.server.address}:${this.socket.address().port}`;
  }

  private get contact(): string {
    return `<sip:${this.user}@${this.here}>`;
  }

  private send(text: string): void {
    this.socket.send(text, this.server.port, this.server.address);
  }

  private receive(text: string): void {
    const message = parseMessage(text);
    if (message.code > 0) {
      const branch = /branch=([^;,\s]+)/.exec(one(message, "via"))?.[1] ?? "";
      if (message.code >= 200) this.waiting.get(branch)?.(message);
      return;
    }
    if (message.method === "ACK") return;
    if (message.method === "INVITE") this.arrived = one(message, "call-id");
    const to = one(message, "to");
    const body = message.method === "INVITE" ? sdp(this.server.address, noPort, 1, "inactive") : "";
    const lines = [
      "SIP/2.0 200 OK",
      ...all(message, "via").map((via) => `Via: ${via}`),
      ...all(message, "record-route").map((route) => `Record-Route: ${route}`),
      `From: ${one(message, "from")}`,
      `To: ${tagOf(to) === "" ? `${to};tag=${this.tag}e` : to}`,
      `Call-ID: ${one(message, "call-id")}`,
      `CSeq: ${one(message, "cseq")}`,
      `Contact: ${this.contact}`,
    ];
    this.send(write(lines, body));
  }

  /** Sends a request, again every 500 ms, until its final answer. @throws Error when `signal` aborts first */
  private async request(
    method: string,
    uri: string,
    headers: string[],
    body: string,
    signal: AbortSignal,
  ): Promise<SipMessage> {
    const branch = `z9hG4bK${token()}`;
    const via = `Via: SIP/2.0/UDP ${this.here};branch=${branch};rport`;
    const text = write([`${method} ${uri} SIP/2.0`, via, "Max-Forwards: 20", ...headers], body);
    const { promise, resolve, reject } = Promise.withResolvers<SipMessage>();
    const onAbort = () => reject(new Error(`no answer to ${method}`));
    this.waiting.set(branch, resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    this.send(text);
    const repeat = setInterval(() => this.send(text), repeatMs);
    try {
      const answer = await promise;
      // RFC 3261 17.1.1.3: the ACK of a refusal has the INVITE's branch.
      if (method === "INVITE" && answer.code >= 300)
        this.send(
          write([
            `ACK ${uri} SIP/2.0`,
            via,
            "Max-Forwards: 20",
            ...headers
              .filter((line) => /^(From|Call-ID):/.test(line))
              .concat(`To: ${one(answer, "to")}`, `CSeq: ${this.cseq} ACK`),
          ]),
        );
      return answer;
    } finally {
      clearInterval(repeat);
      signal.removeEventListener("abort", onAbort);
      this.waiting.delete(branch);
    }
  }

  /** With credentials; asks for a new nonce when there is none, or the old one is refused. */
  private async proven(
    method: "REGISTER" | "INVITE",
    uri: string,
    headers: () => string[],
    body: string,
    signal: AbortSignal,
  ): Promise<SipMessage> {
    const field = method === "REGISTER" ? "Authorization" : "Proxy-Authorization";
    for (let attempt = 0; ; attempt++) {
      const known = this.challenge && performance.now() - this.challenge.at < nonceMs && this.challenge.value;
      const credentials = known ? [`${field}: ${authorize(known, this.ha1, this.user, method, uri)}`] : [];
      this.cseq++;
      const answer = await this.request(method, uri, [...headers(), ...credentials], body, signal);
      if ((answer.code !== 401 && answer.code !== 407) || attempt > 0) return answer;
      const header = one(answer, answer.code === 401 ? "www-authenticate" : "proxy-authenticate");
      this.challenge = { at: performance.now(), value: parseChallenge(header) };
    }
  }

  /** @throws ProbeError unless the registration is accepted. */
  async register(signal: AbortSignal): Promise<void> {
    const { address } = this.server;
    const who = `<sip:${this.user}@${address}>`;
    const answer = await this.proven(
      "REGISTER",
      `sip:${address}`,
      () => [
        `From: ${who};tag=${this.tag}`,
        `To: ${who}`,
        `Call-ID: ${this.registration}`,
        `CSeq: ${this.cseq} REGISTER`,
        `Contact: ${this.contact}`,
        `Expires: ${registrationSeconds}`,
      ],
      "",
      signal,
    ).catch((error: Error) => {
      throw new ProbeError("register", error.message);
    });
    if (answer.code !== 200) throw new ProbeError("register", `REGISTER is answered: ${answer.first}`);
  }

  /** Calls itself, answers, hangs up. @returns the Call-ID. @throws ProbeError when anything of that fails */
  async call(signal: AbortSignal): Promise<string> {
    const { address, port } = this.server;
    const uri = `sip:${this.user}@${address}:${port}`;
    const callId = `probe-${token()}`;
    const from = `From: <sip:${this.user}@${address}>;tag=${token()}`;
    const answer = await this.proven(
      "INVITE",
      uri,
      () => [
        from,
        `To: <${uri}>`,
        `Call-ID: ${callId}`,
        `CSeq: ${this.cseq} INVITE`,
        `Contact: ${this.contact}`,
      ],
      sdp(address, noPort, 1, "inactive"),
      signal,
    ).catch((error: Error) => {
      throw new ProbeError("call", error.message);
    });
    if (answer.code !== 200) throw new ProbeError("call", `INVITE is answered: ${answer.first}`);
    if (this.arrived !== callId) throw new ProbeError("call", "INVITE is answered by somebody else");
    const routes = addresses(all(answer, "record-route")).reverse();
    const target = uriOf(one(answer, "contact"));
    const inDialog = (method: string, cseq: number) => [
      ...routes.map((route) => `Route: ${route}`),
      from,
      `To: ${one(answer, "to")}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
    ];
    const via = `Via: SIP/2.0/UDP ${this.here};branch=z9hG4bK${token()};rport`;
    const ack = inDialog("ACK", this.cseq);
    this.send(write([`ACK ${target} SIP/2.0`, via, "Max-Forwards: 20", ...ack]));
    this.cseq++;
    const end = await this.request("BYE", target, inDialog("BYE", this.cseq), "", signal).catch(
      (error: Error) => {
        throw new ProbeError("hang-up", error.message);
      },
    );
    if (end.code !== 200) throw new ProbeError("hang-up", `BYE is answered: ${end.first}`);
    return callId;
  }
}
