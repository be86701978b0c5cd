import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Target } from "./grammar.ts";
import { hostileMessage, pieces } from "./messages.ts";

/** Sends generated malformed messages, from the network that this process is in. Bounded: a number of them, at a rate. */
export interface Attack {
  service: string;
  /** Addresses of this host to send from. */
  sources: readonly [string, ...string[]];
  users: Target["users"];
  seed: number;
  /** Messages `from` … `from + count - 1` of the seed. */
  from: number;
  count: number;
  perSecond: number;
  /** One of so many goes over TCP, in pieces. */
  tcpOneOf: number;
}

export interface AttackResult {
  udp: number;
  tcp: number;
  /** Connections that did not come about. */
  refused: number;
  /** Answers by the first digit of their code; "0": requests that came to us, or rubbish. */
  answers: Record<string, number>;
}

const folder = join(import.meta.dirname, "../torture");
/** The messages of RFC 4475 and RFC 5118. */
const samples = readdirSync(folder)
  .filter((file) => file.endsWith(".sip"))
  .map((file) => readFileSync(join(folder, file), "latin1"));

const port = 5060;
const patienceMs = 2000;
/** Messages that go out in a row. */
const batch = 10;

/** One connection: the message in pieces, then it is closed, cut off, or left as it is for a while. */
async function byTcp(attack: Attack, source: string, n: number, text: string): Promise<boolean> {
  const socket = connect({ port, host: attack.service, localAddress: source });
  socket.on("error", () => socket.destroy());
  socket.on("data", () => undefined);
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(patienceMs) });
  } catch {
    socket.destroy();
    return false;
  }
  const parts = pieces(attack.seed, n, text);
  for (const part of parts) {
    if (socket.destroyed) return true;
    socket.write(part, "latin1");
    if (parts.length > 1) await delay(5);
  }
  if (n % 3 === 0) socket.destroy();
  else socket.end();
  if (n % 3 === 2) await delay(200);
  socket.destroy();
  return true;
}

async function openSockets(attack: Attack, answers: Record<string, number>): Promise<Socket[]> {
  return Promise.all(
    attack.sources.map(async (source) => {
      const socket = createSocket("udp4");
      socket.on("message", (data) => {
        const code = /^SIP\/2\.0 (\d)/.exec(data.toString("latin1"))?.[1] ?? "0";
        answers[code] = (answers[code] ?? 0) + 1;
      });
      // ICMP "port unreachable", while nobody listens.
      socket.on("error", () => undefined);
      socket.bind(0, source);
      await once(socket, "listening");
      return socket;
    }),
  );
}

/** Sends them all, and listens for half a second more. */
export async function attackWith(attack: Attack): Promise<AttackResult> {
  const answers: Record<string, number> = {};
  const sockets = await openSockets(attack, answers);
  const result: AttackResult = { udp: 0, tcp: 0, refused: 0, answers };
  const connections = new Set<Promise<void>>();
  try {
    for (let n = attack.from; n < attack.from + attack.count; n++) {
      const socket = sockets[n % sockets.length] as Socket;
      const { address, port: sourcePort } = socket.address();
      const tcp = n % attack.tcpOneOf === 0;
      const target: Target = {
        ...{ service: attack.service, source: address, port: sourcePort, users: attack.users },
        transport: tcp ? "TCP" : "UDP",
      };
      const text = hostileMessage(attack.seed, n, target, samples);
      if (tcp) {
        const connection = byTcp(attack, address, n, text).then((came) => {
          if (came) result.tcp++;
          else result.refused++;
          connections.delete(connection);
        });
        connections.add(connection);
        if (connections.size > 40) await Promise.race(connections);
      } else {
        socket.send(Buffer.from(text, "latin1"), port, attack.service);
        result.udp++;
      }
      // No hurry after a stall: a burst would only show how long a socket's queue is.
      if (n % batch === 0) await delay((batch * 1000) / attack.perSecond);
    }
    await Promise.all(connections);
    await delay(500);
  } finally {
    for (const socket of sockets) socket.close();
  }
  return result;
}
