import { connect, createServer, type Server, type Socket } from "node:net";
import { type HostContext, nodes, ports, relayPort } from "../../cluster/facts.ts";

/**
 * Kamailio's way to the apps of the other nodes: a port on loopback for each, passed on by the agent.
 *
 * janssonrpcc 5.6 connects with a blocking socket (keep_alive, which it needs for another reason: sip/modules.cfg). While
 * a host without power does not answer, that stops all questions of all calls for 3 to 15 s, every 6 s (measured: 408
 * for calls after the death of the other host). A connection to loopback never waits.
 */

/** A peer's app that has not taken the connection by then is not there. */
const connectMs = 250;

export interface AppRelay {
  /** The host is silent: whoever waits for its app is told so at once. */
  drop(host: string): void;
  close(): void;
}

/** @throws Error when a port is in use */
export async function relayToPeers({ cluster, self }: HostContext): Promise<AppRelay> {
  const open = new Map<string, Set<Socket>>();
  const servers: Server[] = [];
  for (const peer of nodes(cluster)) {
    if (peer.name === self.name) continue;
    const sockets = new Set<Socket>();
    open.set(peer.name, sockets);
    const server = createServer((client) => passOn(client, peer.address, sockets));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(relayPort(cluster, peer.name), "127.0.0.1", resolve);
    });
    servers.push(server);
  }
  const drop = (host: string) => {
    for (const socket of open.get(host) ?? []) socket.destroy();
  };
  return {
    drop,
    close: () => {
      for (const server of servers) server.close();
      for (const host of open.keys()) drop(host);
    },
  };
}

function passOn(client: Socket, address: string, sockets: Set<Socket>): void {
  const app = connect({ host: address, port: ports.rpc, noDelay: true });
  const deadline = setTimeout(() => app.destroy(), connectMs);
  app.once("connect", () => clearTimeout(deadline));
  client.setNoDelay(true);
  for (const [socket, other] of [
    [client, app],
    [app, client],
  ] as const) {
    sockets.add(socket);
    // The end of one is the end of the other; why it ended is Kamailio's business (it asks somebody else).
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(deadline);
      sockets.delete(socket);
      other.destroy();
    });
  }
  client.pipe(app).pipe(client);
}
