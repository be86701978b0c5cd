import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../base/message.ts";
import { one, parseMessage, token, uriOf } from "../../sip/message.ts";
import { type CallStyle, Leg, type LegReport } from "./leg.ts";
import { type Account, Registration } from "./register.ts";
import { RtpStream, tone } from "./rtp.ts";
import { openTcp, openUdp, type SipTransport } from "./transport.ts";

/**
 * Two telephones, caller and called, with audio, in one process of their own: it runs in the network namespace of the
 * lab's outside world and is told by JSON lines what to do (client.ts is the other end).
 */

export interface WorkerOptions {
  service: { address: string; port: number };
  caller: { address: string; port: number; transport: "udp" | "tcp" };
  callee: { address: string; port: number; transport: "udp" | "tcp" };
  /** Dialled number. */
  number: string;
  tones: { caller: number; callee: number };
}

/** What the worker can be asked; `n` comes back with the answer. */
export type Command =
  /** Sets calls up, so many a second; `ring`: leave them ringing. Answer: Call-IDs of those that were answered (or ring). */
  | {
      n: number;
      do: "calls";
      count: number;
      rate: number;
      ring: boolean;
      from: string;
      sessionExpires?: number;
      style?: CallStyle;
    }
  | { n: number; do: "answer"; ids: string[] }
  | { n: number; do: "reinvite"; ids: string[]; side: "caller" | "callee"; hold: boolean }
  | { n: number; do: "update"; ids: string[]; side: "caller" | "callee" }
  | { n: number; do: "bye"; ids: string[]; side: "caller" | "callee" }
  | { n: number; do: "mute"; ids: string[]; side: "caller" | "callee" | "both" }
  /** Registers the called telephone. Answer: the code. */
  | { n: number; do: "register"; account: Account; expires: number }
  /** How many OPTIONS (keep-alives) the called telephone has got. */
  | { n: number; do: "pings" }
  | { n: number; do: "mark" }
  | { n: number; do: "report"; ids?: string[] }
  | { n: number; do: "close"; ids: string[] };

export interface Report {
  legs: LegReport[];
  /** How late this process sent its packets at worst and on average since the last mark, ms: above 10 it is too slow. */
  lateMs: { max: number; mean: number };
}

const options = JSON.parse(process.argv[2] ?? "{}") as WorkerOptions;
const legs = { caller: new Map<string, Leg>(), callee: new Map<string, Leg>() };
const tones = { caller: tone(options.tones.caller), callee: tone(options.tones.callee) };
const late = { max: 0, sum: 0, count: 0 };
const callees = new Map<string, Promise<Leg>>();
let autoAnswer = true;
let pings = 0;
const registration = new Registration();
const say = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);

const callId = (text: string): string => /^(?:call-id|i)\s*:\s*(\S+)/im.exec(text)?.[1] ?? "";

async function ring(text: string): Promise<Leg> {
  const message = parseMessage(text);
  const rtp = await RtpStream.open(options.callee.address, tones.callee);
  const { address } = options.callee;
  if (message.body.includes("/SAVPF")) await rtp.browse(address, message.body);
  const id = callId(text);
  const uri = uriOf(one(message, "to"));
  const remoteUri = uriOf(one(message, "from"));
  const leg = new Leg({ callId: id, side: "callee", address, uri, remoteUri, target: "" }, calleePhone, rtp);
  legs.callee.set(id, leg);
  return leg;
}

const open = (
  place: WorkerOptions["caller"],
  onText: (text: string, reply: (text: string) => void) => void,
) => (place.transport === "tcp" ? openTcp : openUdp)(place, options.service, onText);

const callerPhone: SipTransport = await open(options.caller, (text, reply) => {
  const message = parseMessage(text);
  const leg = legs.caller.get(callId(text));
  if (leg) leg.receive(message, reply);
  else if (message.method === "OPTIONS") reply(text.replace(/^OPTIONS.*/, "SIP/2.0 200 OK"));
});
const calleePhone: SipTransport = await open(options.callee, (text, reply) => {
  const message = parseMessage(text);
  const id = callId(text);
  const known = legs.callee.get(id);
  if (known) known.receive(message, reply);
  else if (message.method === "INVITE" && message.code === 0) {
    const fresh = callees.has(id);
    const leg = callees.get(id) ?? ring(text);
    callees.set(id, leg);
    void leg.then((ready) => {
      if (fresh) return;
      ready.receive(message, reply);
      if (autoAnswer) ready.answer();
    });
  } else if (message.code > 0 && id === registration.callId) registration.receive(message);
  else if (message.code === 0 && message.method === "OPTIONS") {
    pings++;
    reply(`${text.split("\r\n\r\n")[0]?.replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n")}\r\n\r\n`);
  } else if (message.code === 0 && message.method !== "ACK")
    reply(`${text.split("\r\n\r\n")[0]?.replace(/^.*\r\n/, "SIP/2.0 481 No Such Call\r\n")}\r\n\r\n`);
});

// Packets of 20 ms from all telephones; every 4 ms those that are due.
setInterval(() => {
  for (const side of [legs.caller, legs.callee])
    for (const leg of side.values()) {
      const now = performance.now();
      const by = leg.rtp.tick(now);
      if (by === 0) continue;
      late.max = Math.max(late.max, by);
      late.sum += by;
      late.count++;
    }
}, 4);

const chosen = (ids: string[], side: "caller" | "callee" | "both"): Leg[] =>
  (side === "both" ? (["caller", "callee"] as const) : [side]).flatMap((one) =>
    ids.flatMap((id) => legs[one].get(id) ?? []),
  );

async function call(
  from: string,
  sessionExpires: number | undefined,
  style: CallStyle,
): Promise<{ leg: Leg; done: Promise<number> }> {
  const { address } = options.caller;
  const rtp = await RtpStream.open(address, tones.caller);
  if (style === "webrtc") await rtp.browse(address);
  const service = `${options.service.address}:${options.service.port}`;
  const target = `sip:${options.number}@${service}`;
  const id = `${token()}@${address}`;
  const leg = new Leg(
    { callId: id, side: "caller", address, uri: `sip:${from}@${address}`, remoteUri: target, target, style },
    callerPhone,
    rtp,
  );
  legs.caller.set(id, leg);
  const extra =
    sessionExpires === undefined ? [] : ["Supported: timer", `Session-Expires: ${sessionExpires}`];
  return { leg, done: leg.invite(extra) };
}

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case "calls": {
      autoAnswer = !command.ring;
      const made: { leg: Leg; done: Promise<number> }[] = [];
      const began = performance.now();
      for (let index = 0; index < command.count; index++) {
        made.push(await call(command.from, command.sessionExpires, command.style ?? "plain"));
        const wait = began + ((index + 1) * 1000) / command.rate - performance.now();
        if (wait > 1) await delay(wait);
      }
      if (!command.ring) await Promise.all(made.map(({ done }) => done));
      else
        for (let tries = 0; tries < 100 && made.some(({ leg }) => leg.state === "calling"); tries++)
          await delay(50);
      return made
        .filter(({ leg }) => leg.state === (command.ring ? "ringing" : "up"))
        .map(({ leg }) => leg.callId);
    }
    case "answer":
      for (const leg of chosen(command.ids, "callee")) leg.answer();
      return null;
    case "reinvite":
      return Promise.all(chosen(command.ids, command.side).map((leg) => leg.reinvite(command.hold)));
    case "update":
      return Promise.all(chosen(command.ids, command.side).map((leg) => leg.update()));
    case "bye":
      return Promise.all(chosen(command.ids, command.side).map((leg) => leg.bye()));
    case "register": {
      const { address, port } = options.service;
      const service = port === 5060 ? address : `${address}:${port}`;
      return registration.register(
        calleePhone,
        options.callee.address,
        service,
        command.account,
        command.expires,
      );
    }
    case "pings":
      return pings;
    case "mute":
      for (const leg of chosen(command.ids, command.side)) leg.rtp.talking = false;
      return null;
    case "mark":
      for (const side of [legs.caller, legs.callee]) for (const leg of side.values()) leg.rtp.mark();
      Object.assign(late, { max: 0, sum: 0, count: 0 });
      return null;
    case "report": {
      const all = [...legs.caller.values(), ...legs.callee.values()];
      const wanted = command.ids && new Set(command.ids);
      return {
        legs: all.filter((leg) => !wanted || wanted.has(leg.callId)).map((leg) => leg.report()),
        lateMs: { max: late.max, mean: late.count === 0 ? 0 : late.sum / late.count },
      } satisfies Report;
    }
    case "close":
      for (const side of ["caller", "callee"] as const)
        for (const id of command.ids) {
          legs[side].get(id)?.close();
          legs[side].delete(id);
          callees.delete(id);
        }
      return null;
  }
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line) as Command;
    run(command).then(
      (result) => say({ n: command.n, result }),
      (error: unknown) => say({ n: command.n, error: messageOf(error) }),
    );
  })
  // Who started us is gone.
  .on("close", () => process.exit(0));
say({ ready: true });
