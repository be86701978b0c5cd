import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** SIP over UDP or TCP (RFC 3261 18) for one telephone. */
export interface SipTransport {
  readonly name: "UDP" | "TCP";
  readonly port: number;
  send(text: string, reply?: (text: string) => void): void;
  close(): void;
}

export type OnText = (text: string, reply: (text: string) => void) => void;

interface Place {
  address: string;
  port: number;
}

export async function openUdp(local: Place, service: Place, onText: OnText): Promise<SipTransport> {
  const socket = createSocket({ type: "udp4", recvBufferSize: 1024 * 1024 });
  socket.bind(local.port, local.address);
  await once(socket, "listening");
  const to = (place: Place) => (text: string) => socket.send(text, place.port, place.address);
  socket.on("message", (data, from) => onText(data.toString("utf8"), to(from)));
  socket.on("error", () => undefined);
  return {
    name: "UDP",
    port: socket.address().port,
    send: (text, reply) => (reply ?? to(service))(text),
    close: () => socket.close(),
  };
}

/** Cuts a TCP stream into messages by Content-Length. */
function framer(onMessage: (text: string) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(
        /\r\n(?:content-length|l)\s*:\s*(\d+)/i.exec(rest.toString("latin1", 0, end))?.[1] ?? 0,
      );
      if (rest.length < end + 4 + length) return;
      onMessage(rest.toString("utf8", 0, end + 4 + length));
      rest = rest.subarray(end + 4 + length);
    }
  };
}

/**
 * Listens for the service's connections and keeps one of its own to the service. When that breaks, the next message
 * opens another; a message that was not taken within 500 ms is sent again on a new connection by its transaction.
 */
export async function openTcp(local: Place, service: Place, onText: OnText): Promise<SipTransport> {
  const sockets = new Set<Socket>();
  let own: Socket | undefined;
  const use = (socket: Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    const reply = (text: string) => void socket.write(text);
    socket.on(
      "data",
      framer((text) => onText(text, reply)),
    );
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      if (own === socket) own = undefined;
    });
    return socket;
  };
  const server = createServer(use).listen(local.port, local.address);
  await once(server, "listening");
  const address = server.address();
  return {
    name: "TCP",
    port: typeof address === "object" && address ? address.port : local.port,
    send: (text, reply) => {
      if (reply) reply(text);
      else {
        own ??= use(connect({ host: service.address, port: service.port, localAddress: local.address }));
        own.write(text);
      }
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
