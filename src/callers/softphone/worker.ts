import { isIPv6 } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { hostIn } from "../../base/host-in.ts";
import { messageOf } from "../../base/message.ts";
import { type Header, token } from "../../sip/message.ts";
import { openTcp, openUdp } from "../../sip/transport.ts";
import type { IncomingCall } from "../../sip/user-agent/incoming.ts";
import { Registration } from "../../sip/user-agent/registration.ts";
import { UserAgent, type UserAgentOptions } from "../../sip/user-agent/user-agent.ts";
import { CalleeLeg, CallerLeg, type CallStyle, type LegReport } from "./leg.ts";
import { RtpStream, tone } from "./rtp.ts";

/**
 * Two telephones, caller and called, with audio, in one process of their own: it runs in the network namespace of the
 * lab's outside world and is told by JSON lines what to do (client.ts is the other end).
 */

export interface Account {
  user: string;
  password: string;
}

export interface WorkerOptions {
  /** `address6`: for telephones with an IPv6 address. */
  service: { address: string; address6?: string; port: number };
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
const serviceOf = (own: string): { address: string; port: number } => {
  const { address, address6, port } = options.service;
  return { address: isIPv6(own) && address6 !== undefined ? address6 : address, port };
};
const legs = { caller: new Map<string, CallerLeg>(), callee: new Map<string, CalleeLeg>() };
const tones = { caller: tone(options.tones.caller), callee: tone(options.tones.callee) };
const late = { max: 0, sum: 0, count: 0 };
let autoAnswer = true;
let pings = 0;
const registrations = new Map<string, Registration>();
const registerMs = 10_000;
const say = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);

async function ring(call: IncomingCall): Promise<void> {
  const { address } = options.callee;
  const rtp = await RtpStream.open(address, tones.callee);
  if (call.invite.body.includes("/SAVPF")) await rtp.browse(address, call.invite.body);
  const leg = new CalleeLeg(call, address, rtp);
  legs.callee.set(call.callId, leg);
  leg.ring();
  if (autoAnswer) leg.answer();
}

/** A telephone at its place; all that it sends goes to the service. */
async function phone(
  place: WorkerOptions["caller"],
  handlers: Pick<UserAgentOptions, "invited" | "requested">,
): Promise<UserAgent> {
  // A connection leads to one host; a telephone whose host died repeats itself on a new one.
  const transport =
    place.transport === "tcp" ? await openTcp(place, { repeats: true }) : await openUdp(place);
  const { address, port } = transport.local;
  const contact = `<sip:phone@${hostIn(address)}:${port};transport=${place.transport}>`;
  return new UserAgent({ transport, contact, outbound: serviceOf(address), ...handlers });
}

const callerPhone = await phone(options.caller, {});
const calleePhone = await phone(options.callee, {
  invited: (call) => void ring(call),
  requested: (server) => {
    if (server.request.method === "OPTIONS") pings++;
    return false;
  },
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

const chosen = (ids: string[], side: "caller" | "callee" | "both"): (CallerLeg | CalleeLeg)[] =>
  (side === "both" ? (["caller", "callee"] as const) : [side]).flatMap((one) =>
    ids.flatMap((id) => legs[one].get(id) ?? []),
  );

async function call(
  from: string,
  sessionExpires: number | undefined,
  style: CallStyle,
): Promise<{ leg: CallerLeg; done: Promise<number> }> {
  const { address } = options.caller;
  const rtp = await RtpStream.open(address, tones.caller);
  if (style === "webrtc") await rtp.browse(address);
  const uri = `sip:${options.number}@${hostIn(serviceOf(address).address)}:${options.service.port}`;
  const callId = `${token()}@${hostIn(address)}`;
  const made = callerPhone.call({ uri, from: `<sip:${from}@${hostIn(address)}>` }, { callId });
  const leg = new CallerLeg(made, address, rtp, style);
  legs.caller.set(callId, leg);
  const extra: Header[] =
    sessionExpires === undefined
      ? []
      : [
          ["supported", "timer"],
          ["session-expires", String(sessionExpires)],
        ];
  return { leg, done: leg.invite(extra) };
}

/** @returns the final code; 408 of our own after 10 s. */
async function register({ user, password }: Account, expires: number): Promise<number> {
  const { address, port } = serviceOf(options.callee.address);
  const service = port === 5060 ? hostIn(address) : `${hostIn(address)}:${port}`;
  const { local } = calleePhone.transport;
  const contact = `<sip:${user}@${hostIn(local.address)}:${local.port}>`;
  const where = { registrar: `sip:${service}`, aor: `sip:${user}@${service}`, contact };
  const known = registrations.get(user) ?? new Registration(calleePhone, where, { user, password });
  registrations.set(user, known);
  const answer = await known.register(expires, AbortSignal.timeout(registerMs)).catch(() => undefined);
  return answer?.code ?? 408;
}

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case "calls": {
      autoAnswer = !command.ring;
      const made: { leg: CallerLeg; done: Promise<number> }[] = [];
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
      for (const id of command.ids) legs.callee.get(id)?.answer();
      return null;
    case "reinvite":
      return Promise.all(chosen(command.ids, command.side).map((leg) => leg.reinvite(command.hold)));
    case "update":
      return Promise.all(chosen(command.ids, command.side).map((leg) => leg.update()));
    case "bye":
      return Promise.all(chosen(command.ids, command.side).map((leg) => leg.bye()));
    case "register":
      return register(command.account, command.expires);
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
