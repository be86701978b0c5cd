import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { all, one, parseMessage, response, type SipMessage } from "../message.ts";
import type { Server } from "../transactions/layer.ts";
import type { Place, Receiver, SipTransport } from "../transport.ts";
import { Credentials } from "./credentials.ts";
import type { IncomingCall } from "./incoming.ts";
import { Registration } from "./registration.ts";
import { outOfDialog, UserAgent } from "./user-agent.ts";

/** A network in memory: what is sent arrives a millisecond later, unless `lost` says otherwise. */
class Network {
  readonly log: string[] = [];
  lost: (message: SipMessage, from: string) => boolean = () => false;
  private readonly receivers = new Map<string, Receiver>();

  open(address: string, reliable = false): SipTransport {
    const local: Place = { address, port: 5060 };
    const send = (text: string, to: Place) => {
      const message = parseMessage(text);
      const lost = this.lost(message, address);
      const what = message.code === 0 ? message.method : `${message.code} ${message.method}`;
      this.log.push(`${address.slice(-1)} ${what}${lost ? " lost" : ""}`);
      const flow = { remote: local, send: (back: string) => this.deliver(to, address, back) };
      if (!lost) setTimeout(() => this.receivers.get(to.address)?.message(text, flow), 1);
    };
    return {
      name: reliable ? "TCP" : "UDP",
      local,
      reliable,
      attach: (receiver) => this.receivers.set(address, receiver),
      send,
      close: () => this.receivers.delete(address),
    };
  }

  /** The way back: as a message of its own. */
  private deliver(from: Place, to: string, text: string): void {
    const message = parseMessage(text);
    const lost = this.lost(message, from.address);
    this.log.push(`${from.address.slice(-1)} ${message.code} ${message.method}${lost ? " lost" : ""}`);
    const flow = { remote: from, send: () => undefined };
    if (!lost) setTimeout(() => this.receivers.get(to)?.message(text, flow), 1);
  }

  breaks(of: string, to: string): void {
    this.receivers.get(of)?.broken({ address: to, port: 5060 });
  }
}

const a = "192.0.2.1";
const b = "192.0.2.2";
let network: Network;
const agents: UserAgent[] = [];
const agent = (address: string, options: Partial<ConstructorParameters<typeof UserAgent>[0]> = {}) => {
  const made = new UserAgent({
    transport: network.open(address),
    contact: `<sip:x@${address}>`,
    ...options,
  });
  agents.push(made);
  return made;
};
const target = { uri: `sip:b@${b}`, from: `<sip:a@${a}>` };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
  network = new Network();
});
afterEach(() => {
  for (const one of agents.splice(0)) one.close();
  vi.useRealTimers();
});

/** Lets time pass until the promise is settled. */
async function passing<T>(promise: Promise<T>, ms = 60_000): Promise<T> {
  let settled = false;
  const done = () => {
    settled = true;
  };
  promise.then(done, done);
  for (let passed = 0; !settled && passed < ms; passed += 10) await vi.advanceTimersByTimeAsync(10);
  return promise;
}

async function answered(handlers: Partial<IncomingCall["on"]> = {}) {
  let there: IncomingCall | undefined;
  agent(b, {
    invited: (call) => {
      there = call;
      call.on = handlers;
      call.ring();
      call.accept({ body: "answer" });
    },
  });
  const call = agent(a).call(target);
  const answer = await passing(call.invite({ body: "offer" }));
  if (!there) throw new Error("nobody was called");
  return { call, answer, there };
}

describe("a call", () => {
  test("INVITE, 180, 200, ACK, re-INVITE, UPDATE, BYE; nothing is left over", async () => {
    const offers: string[] = [];
    const acks: string[] = [];
    const ended: string[] = [];
    const { call, answer, there } = await answered({
      offered: (request) => {
        offers.push(request.body);
        return { body: "again" };
      },
      acknowledged: (ack) => acks.push(ack.body),
      ended: (why) => ended.push(why),
    });
    expect(answer).toMatchObject({ code: 200, body: "answer" });
    expect(there.invite.body).toBe("offer");
    const again = await passing(call.reinvite({}, { answer: () => "late" }));
    expect(again.body).toBe("again");
    expect((await passing(call.request("UPDATE", { body: "new" }))).body).toBe("again");
    expect((await passing(call.bye())).code).toBe(200);
    expect([offers, acks, ended]).toEqual([["", "new"], ["", "late"], ["bye"]]);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(agents.map((one) => one.transactions.size)).toEqual([0, 0]);
    expect(network.log.join(", ")).toBe(
      "1 INVITE, 2 180 INVITE, 2 200 INVITE, 1 ACK, 1 INVITE, 2 200 INVITE, 1 ACK, 1 UPDATE, 2 200 UPDATE, 1 BYE, 2 200 BYE",
    );
  });
  test("everything is lost once: repetitions bring it through", async () => {
    const seen = new Set<string>();
    network.lost = (message) => {
      const key = `${message.code} ${message.method}`;
      return !seen.has(key) && seen.add(key) !== undefined;
    };
    const { call, answer, there } = await answered();
    expect(answer.code).toBe(200);
    expect(there.over).toBe(false);
    expect((await passing(call.bye())).code).toBe(200);
    expect(there.over).toBe(true);
  });
  test("a 2xx that is never acknowledged ends the call after 32 s (13.3.1.4)", async () => {
    network.lost = (message) => message.method === "ACK";
    const ended: string[] = [];
    await answered({ ended: (why) => ended.push(why) });
    await vi.advanceTimersByTimeAsync(33_000);
    expect(ended).toEqual(["unacknowledged"]);
    expect(network.log.filter((line) => line === "2 200 INVITE").length).toBe(11);
    expect(network.log).toContain("2 BYE");
  });
  test("refused: the ACK is the transaction's; the refusal is repeated until it comes", async () => {
    let acks = 0;
    network.lost = (message) => message.method === "ACK" && acks++ === 0;
    agent(b, { invited: (call) => call.reject(486) });
    const answer = await passing(agent(a).call(target).invite());
    expect(answer.code).toBe(486);
    await vi.advanceTimersByTimeAsync(5000);
    expect(network.log.join(", ")).toBe("1 INVITE, 2 486 INVITE, 1 ACK lost, 2 486 INVITE, 1 ACK");
  });
  test("cancelled while it rings, by the caller and by its patience", async () => {
    const ended: string[] = [];
    const ringing = (call: IncomingCall) => {
      call.on = { ended: (why) => ended.push(why) };
      call.ring();
    };
    agent(b, { invited: ringing });
    const caller = agent(a);
    const call = caller.call(target);
    const answer = call.invite();
    call.cancel();
    expect((await passing(answer)).code).toBe(487);
    const impatient = caller.call(target).invite({}, { signal: AbortSignal.abort() });
    await expect(passing(impatient)).rejects.toThrow("no answer to INVITE");
    await vi.advanceTimersByTimeAsync(1000);
    expect(ended).toEqual(["cancelled", "cancelled"]);
    expect(network.log.filter((line) => line === "1 CANCEL").length).toBe(2);
  });
  test("an answer to who has given up is acknowledged and hung up", async () => {
    const { promise, resolve } = Promise.withResolvers<IncomingCall>();
    agent(b, { invited: resolve });
    network.lost = (message) => message.method === "CANCEL";
    const gone = agent(a).call(target).invite({}, { signal: AbortSignal.abort() });
    await expect(passing(gone)).rejects.toThrow();
    await vi.advanceTimersByTimeAsync(10);
    (await promise).accept();
    await vi.advanceTimersByTimeAsync(1000);
    expect(network.log.slice(-4)).toEqual(["2 200 INVITE", "1 ACK", "1 BYE", "2 200 BYE"]);
  });
  test("an INVITE that comes again by another server is the same call", async () => {
    const calls: IncomingCall[] = [];
    const called = agent(b, { invited: (call) => void calls.push(call) });
    const invite = (branch: string) =>
      `INVITE sip:b@${b} SIP/2.0\r\nVia: SIP/2.0/UDP ${a};branch=z9hG4bK${branch}\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@x>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContact: <sip:a@${a}>\r\n\r\n`;
    const wire = network.open(a);
    const got: string[] = [];
    wire.attach({
      message: (text) => got.push(/branch=z9hG4bK(\w+)/.exec(text)?.[1] ?? ""),
      broken: () => undefined,
    });
    wire.send(invite("one"), called.transport.local);
    await vi.advanceTimersByTimeAsync(5);
    calls[0]?.ring();
    wire.send(invite("two"), called.transport.local);
    await vi.advanceTimersByTimeAsync(5);
    calls[0]?.reject(486);
    await vi.advanceTimersByTimeAsync(5);
    expect(calls).toHaveLength(1);
    expect(got).toEqual(["one", "two", "one", "two"]);
  });
  test("a reliable provisional response, repeated until its PRACK (RFC 3262)", async () => {
    let pracks = 0;
    network.lost = (message) => message.method === "PRACK" && message.code === 0 && pracks++ === 0;
    agent(b, {
      invited: (call) => {
        void call.ringReliably(183, { body: "early" }).then(() => call.accept());
      },
    });
    const call = agent(a).call(target);
    const acknowledged: Promise<SipMessage>[] = [];
    const answer = await passing(
      call.invite(
        { headers: [["supported", "100rel"]] },
        {
          provisional: (message) => {
            if (acknowledged.length === 0) acknowledged.push(call.prack(message));
          },
        },
      ),
    );
    expect(answer.code).toBe(200);
    expect((await passing(Promise.all(acknowledged)))[0]?.code).toBe(200);
    expect(network.log).toContain("1 PRACK lost");
  });
  test("through proxies: the route set and the targets of both sides", async () => {
    const requests: SipMessage[] = [];
    agent(b, { invited: (call) => call.accept() });
    const proxied = network.lost;
    network.lost = (message, from) => {
      if (message.code === 0) requests.push(message);
      return proxied(message, from);
    };
    const call = agent(a, { outbound: { address: b, port: 5060 } }).call(target);
    const headers: [string, string][] = [["record-route", "<sip:p1;lr>, <sip:p2;lr>"]];
    await passing(call.invite({ headers }));
    await passing(call.bye());
    expect(requests.map((one) => [one.method, all(one, "route")])).toEqual([
      ["INVITE", []],
      ["ACK", ["<sip:p2;lr>", "<sip:p1;lr>"]],
      ["BYE", ["<sip:p2;lr>", "<sip:p1;lr>"]],
    ]);
  });
});

describe("requests outside of calls", () => {
  const register = (server: Server, minimum: number): void => {
    const { request } = server;
    const proof = one(request, "authorization");
    const challenge = (nonce: string, stale: string): [string, string][] => [
      ["www-authenticate", `Digest realm="r", nonce="${nonce}", qop="auth", algorithm=SHA-256${stale}`],
    ];
    const say = (code: number, headers: [string, string][]) =>
      server.respond(response(request, code, { tag: "t", headers }));
    if (proof === "") say(401, challenge("1", ""));
    else if (proof.includes('nonce="1"')) say(401, challenge("2", ", stale=true"));
    else if (Number(one(request, "expires")) < minimum) say(423, [["min-expires", String(minimum)]]);
    else say(200, []);
  };
  test("a registration: challenge, stale nonce, minimum; then the nonce is used again", async () => {
    const numbers: string[] = [];
    const requested = (server: Server) => {
      numbers.push(one(server.request, "cseq"));
      register(server, 120);
      return true;
    };
    agent(b, { requested });
    const where = { registrar: `sip:${b}`, aor: `sip:u@${b}`, contact: `<sip:u@${a}>` };
    const registration = new Registration(
      agent(a),
      where,
      new Credentials({ user: "u", password: "p" }, 60_000),
    );
    expect((await passing(registration.register(60))).code).toBe(200);
    expect((await passing(registration.register(120))).code).toBe(200);
    expect(numbers.map((text) => Number(text.split(" ")[0]))).toEqual([1, 2, 3, 4, 5]);
  });
  test("a wrong password is asked for once, not for ever", async () => {
    const headers: [string, string][] = [["www-authenticate", 'Digest realm="r", nonce="n"']];
    let asked = 0;
    const requested = (server: Server) => {
      asked++;
      server.respond(response(server.request, 401, { tag: "t", headers }));
      return true;
    };
    agent(b, { requested });
    const where = { registrar: `sip:${b}`, aor: `sip:u@${b}`, contact: `<sip:u@${a}>` };
    const registration = new Registration(agent(a), where, { user: "u", password: "p" });
    expect((await passing(registration.register(60))).code).toBe(401);
    expect(asked).toBe(2);
  });
  const message = (seq: number) =>
    outOfDialog(
      "MESSAGE",
      { uri: `sip:b@${b}`, from: `<sip:a@${a}>`, to: `<sip:b@${b}>`, fromTag: "f", callId: "c", seq },
      70,
      [["content-type", "text/plain"]],
      "hello",
    );
  test("MESSAGE, OPTIONS, and what nobody knows", async () => {
    const texts: string[] = [];
    agent(b, {
      requested: (server) => {
        if (server.request.method !== "MESSAGE") return false;
        texts.push(`${one(server.request, "content-type")}: ${server.request.body}`);
        server.respond(response(server.request, 200, { tag: "t" }));
        return true;
      },
    });
    const caller = agent(a);
    expect((await passing(caller.request(() => message(1)))).code).toBe(200);
    expect(texts).toEqual(["text/plain: hello"]);
    const other = (method: string) => ({ ...message(2), method, first: `${method} sip:b@${b} SIP/2.0` });
    const cseq = (method: string) => {
      const made = other(method);
      return {
        ...made,
        headers: made.headers.map(([k, v]): [string, string] => [k, k === "cseq" ? `2 ${method}` : v]),
      };
    };
    expect((await passing(caller.request(() => cseq("OPTIONS")))).code).toBe(200);
    expect((await passing(caller.request(() => cseq("BYE")))).code).toBe(481);
    expect((await passing(caller.request(() => cseq("PUBLISH")))).code).toBe(405);
  });
  test("nobody there: 408 after 32 s; a broken stream: 503 at once", async () => {
    expect((await passing(agent(a).request(() => message(1)))).code).toBe(408);
    expect(network.log.length).toBe(11);
    const stream = agent("192.0.2.3", { transport: network.open("192.0.2.3", true) });
    const answer = stream.request(() => message(1));
    network.breaks("192.0.2.3", b);
    expect((await passing(answer)).code).toBe(503);
  });
});
