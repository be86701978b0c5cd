import { strict as assert } from "node:assert";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { hostIn } from "../../src/base/host-in.ts";
import type { CallEvent } from "../../src/call/contract.ts";
import { type Invite, type InviteOptions, inDialog, invite, sameBranch, serviceFor } from "./call.ts";
import { FakeApp } from "./fake-app.ts";
import { context, Server } from "./server.ts";
import { authorize, ha1, header, type SipMessage, token, Ua } from "./ua.ts";

/** What each scenario gets: a real Kamailio as node a, the apps of a and b (not real), and telephones. */
export class World implements AsyncDisposable {
  readonly own = new FakeApp("127.0.0.1");
  readonly peer = new FakeApp("198.18.77.12");
  readonly folder = mkdtempSync("/tmp/dialtone-sip-");
  readonly uas: Ua[] = [];
  server: Server;

  /** Before the node, where the scenario's cluster has one. */
  readonly edge: Server | undefined;

  constructor(
    sip: Record<string, unknown> = {},
    media: Record<string, unknown> = {},
    address6?: string,
    edge6?: string,
  ) {
    // Kamailio runs as a user of its own.
    chmodSync(this.folder, 0o755);
    this.server = new Server(context(this.folder, sip, "a", undefined, media, address6, edge6));
    if (edge6 !== undefined)
      this.edge = new Server(context(this.folder, sip, "e", undefined, media, address6, edge6));
  }

  static async begin(
    sip: Record<string, unknown> = {},
    media: Record<string, unknown> = {},
    address6?: string,
    edge6?: string,
  ): Promise<World> {
    const world = new World(sip, media, address6, edge6);
    try {
      await world.open();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  private async open(): Promise<void> {
    for (const app of [this.own, this.peer]) {
      app.credentials = ({ user, realm }) =>
        /^1\d\d$/.test(user) ? { user, ...ha1(user, realm, `pw-${user}`) } : undefined;
      await app.start();
    }
    await this.server.start();
    await this.edge?.start();
    await until("both apps are connected", () => this.own.connections > 0 && this.peer.connections > 0);
  }

  async ua(address: string, port = 0): Promise<Ua> {
    const ua = await Ua.open(address, port);
    this.uas.push(ua);
    return ua;
  }

  async tcpUa(address: string, port = 0): Promise<Ua> {
    const ua = await Ua.openTcp(address, port);
    this.uas.push(ua);
    return ua;
  }

  async webUa(forwarded: string, from?: string): Promise<Ua> {
    const ua = await Ua.openWeb({ forwarded, ...(from === undefined ? {} : { from }) });
    this.uas.push(ua);
    return ua;
  }

  /** Both apps decide the same. */
  decides(decision: (question: Record<string, unknown>) => unknown): void {
    this.own.decide = decision;
    this.peer.decide = decision;
  }

  /** A telephone that answers a call with these codes, one after the other, and everything else with 200. */
  async phone(address: string, port: number, ...codes: number[]): Promise<Ua> {
    const ua = await this.ua(address, port);
    this.answers(ua, ...codes);
    return ua;
  }

  /**
   * Waits until the caller of `request` has heard that another telephone rings. Who answers in the same millisecond meets a race
   * in Kamailio, which then may forget to cancel the other one (1 of 180).
   */
  async anotherRings(caller: Ua, request: SipMessage, tag: string): Promise<void> {
    const callId = header(request, "Call-ID");
    await caller.wait(
      "180 of the other",
      (m) => m.code === 180 && header(m, "Call-ID") === callId && !header(m, "To").includes(tag),
    );
  }

  answers(ua: Ua, ...codes: number[]): void {
    const tag = token();
    ua.onRequest = (request) => {
      if (request.method === "ACK") return;
      if (request.method !== "INVITE") ua.reply(request, 200, "OK", { tag });
      else for (const code of codes) ua.reply(request, code, "Reason", { tag });
    };
  }

  async register(
    ua: Ua,
    user: string,
    password: string,
    at: { address: string; port: number } = serviceFor(ua),
    {
      contact = `<sip:${user}@${ua.host}:${ua.port}>`,
      extra = [],
    }: { contact?: string; extra?: string[] } = {},
  ): Promise<SipMessage> {
    const send = (cseq: number, authorization?: string) => {
      const lines = [
        `REGISTER sip:${hostIn(at.address)} SIP/2.0`,
        `Via: SIP/2.0/${ua.way} ${ua.host}:${ua.port};branch=z9hG4bK${token()};rport`,
        "Max-Forwards: 70",
        `From: <sip:${user}@${hostIn(at.address)}>;tag=${token()}`,
        `To: <sip:${user}@${hostIn(at.address)}>`,
        `Call-ID: ${callId}`,
        `CSeq: ${cseq} REGISTER`,
        `Contact: ${contact}`,
        ...extra,
        ...(authorization === undefined ? [] : [`Authorization: ${authorization}`]),
        "Expires: 300",
        "Content-Length: 0",
      ];
      ua.send(`${lines.join("\r\n")}\r\n\r\n`, at);
    };
    const callId = token();
    const final = (cseq: number) => (m: SipMessage) =>
      m.code >= 200 && header(m, "Call-ID") === callId && header(m, "CSeq") === `${cseq} REGISTER`;
    send(1);
    const challenge = await ua.wait("a challenge", final(1));
    assert.equal(challenge.code, 401);
    const uri = `sip:${hostIn(at.address)}`;
    send(2, authorize(header(challenge, "WWW-Authenticate"), user, password, "REGISTER", uri));
    return ua.wait("the answer to REGISTER", final(2));
  }

  /** Sends an INVITE (with credentials, if they are wanted and known) and waits for its final answer. */
  async call(
    ua: Ua,
    number: string,
    options: InviteOptions & { password?: string; user?: string; digestUri?: string; ms?: number } = {},
  ): Promise<Called> {
    let call = invite(ua, number, options);
    const begun = performance.now();
    const final = (cseq: string) => (m: SipMessage) =>
      m.code >= 200 && header(m, "Call-ID") === call.callId && header(m, "CSeq") === cseq;
    ua.send(call.text, serviceFor(ua));
    let answer = await ua.wait("a final answer", final("1 INVITE"), options.ms ?? 3000);
    if (answer.code >= 300) sameBranch(ua, call, "ACK", header(answer, "To"));
    if (answer.code === 407 && options.password !== undefined) {
      const user = options.user ?? /<sip:([^@]+)@/.exec(header(call.text, "From"))?.[1] ?? "";
      const credentials = authorize(
        header(answer, "Proxy-Authenticate"),
        user,
        options.password,
        "INVITE",
        options.digestUri ?? call.uri,
      );
      const extra = [...(options.extra ?? []), `Proxy-Authorization: ${credentials}`];
      call = invite(ua, number, { ...options, callId: call.callId, fromTag: call.fromTag, cseq: 2, extra });
      ua.send(call.text, serviceFor(ua));
      answer = await ua.wait("a final answer", final("2 INVITE"), options.ms ?? 3000);
      if (answer.code >= 300) sameBranch(ua, call, "ACK", header(answer, "To"));
    }
    return { ...call, answer, ms: performance.now() - begun };
  }

  ack(ua: Ua, called: Called): void {
    ua.send(
      inDialog(ua, called.answer, "ACK", Number(header(called.answer, "CSeq").split(" ")[0])),
      serviceFor(ua),
    );
  }

  async hangUp(ua: Ua, called: Called): Promise<SipMessage> {
    this.ack(ua, called);
    ua.send(inDialog(ua, called.answer, "BYE", 10), serviceFor(ua));
    return ua.wait(
      "the answer to BYE",
      (m) => m.code >= 200 && header(m, "CSeq") === "10 BYE" && header(m, "Call-ID") === called.callId,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ua of this.uas) ua.close();
    this.own.stop();
    this.peer.stop();
    await this.edge?.stop("SIGKILL");
    await this.server.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Called extends Invite {
  answer: SipMessage;
  /** From the INVITE to the final answer. */
  ms: number;
}

export const kinds = (events: CallEvent[]): string =>
  events
    .map((event) => event.kind)
    .sort()
    .join(" ");

/** Faults that are known cost no waiting: shorter than any deadline. A busy machine may need some attempts to show it. */
export async function quick<Call extends { answer: SipMessage; ms: number }>(
  place: () => Promise<Call>,
): Promise<Call> {
  let call = await place();
  for (let attempt = 1; call.ms >= 100 && attempt < 5; attempt++) call = await place();
  assert.equal(call.answer.code, 200);
  assert.ok(call.ms < 100, `five calls in a row took long, the last one ${call.ms} ms`);
  return call;
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 5000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** How long and for whom a decision may be remembered; `seconds` from now. */
export const rememberFor = (scope: "anyone" | "user" | "source" | "caller" | "never", seconds = 86_400) => ({
  remember: { scope, until: Math.floor(Date.now() / 1000) + seconds },
});

export const toUri = (...uris: string[]) => ({
  v: 1,
  action: "route",
  strategy: "serial",
  targets: uris.map((uri) => ({ type: "uri", uri })),
  record: false,
  rule: "test",
  rules_version: 1,
  ...rememberFor("caller"),
});

export type Scenario = (world: World) => Promise<void>;

export const rejected = (code: number, reason = "No") => ({
  v: 1,
  action: "reject",
  code,
  reason,
  rule: "no",
  rules_version: 1,
});
