import { createSecretKey } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { type HostContext, peersOf } from "../../cluster/facts.ts";
import { decodePulse, encodePulse, type Pulse } from "./pulse.ts";
import { getsPulse } from "./pulse-pace.ts";

/** Sends and hears pulses (pulse.ts): UDP, on the number of the agents' HTTPS port. */

export interface Pulses {
  /** With each beat of the agent: to those whose turn it is while all is calm, otherwise to all. */
  beat(calm: boolean): void;
  /** Out of turn, to all: something has changed. */
  send(): void;
  close(): void;
}

/**
 * `current` is asked with each pulse; `heard` gets those that are authentic, in the order in which they come.
 * `tell` hears, once each, why pulses can not be sent.
 * @throws Error when the port is taken.
 */
export async function startPulses(
  context: HostContext,
  hands: { current(): Omit<Pulse, "n">; heard(pulse: Pulse): void; tell(text: string): void },
): Promise<Pulses> {
  const { self, cluster, secrets } = context;
  const socket = createSocket(isIPv6(self.address) ? "udp6" : "udp4");
  const peers = peersOf(cluster, self.name);
  const addresses = new Map(peers.map((peer) => [peer.name, peer.address]));
  // Made ready once: twenty pulses a second come in.
  const key = createSecretKey(secrets.peer_token, "utf8");
  /** Each host's pulses are numbered by themselves: what is missing was lost. */
  const sent = new Map<string, number>();
  const told = new Set<string>();
  const tell = (text: string) => {
    if (told.has(text)) return;
    told.add(text);
    hands.tell(text);
  };
  socket.on("message", (datagram, from) => {
    const pulse = decodePulse(datagram, key);
    if (pulse && addresses.get(pulse.host) === from.address) hands.heard(pulse);
  });
  socket.bind({ address: self.address, port: cluster.agent.port, exclusive: true });
  await once(socket, "listening");
  socket.on("error", (error) => tell(error.message));
  let beats = 0;
  let open = true;
  const send = (to: typeof peers) => {
    if (!open) return;
    const pulse = hands.current();
    for (const { name, address } of to) {
      const n = sent.get(name) ?? 0;
      sent.set(name, n + 1);
      socket.send(encodePulse({ ...pulse, n }, key), cluster.agent.port, address, (error) => {
        // Without a network there is nobody to tell; the silence is seen as such.
        if (error && !("code" in error && unreachable.has(String(error.code)))) tell(error.message);
      });
    }
  };
  return {
    send: () => send(peers),
    beat(calm) {
      beats++;
      send(calm ? peers.filter(({ role }) => getsPulse(role, beats)) : peers);
    },
    close() {
      open = false;
      socket.close();
    },
  };
}

const unreachable = new Set(["ENETUNREACH", "EHOSTUNREACH", "ECONNREFUSED", "ENETDOWN", "EPERM"]);
