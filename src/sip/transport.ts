import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, isIPv6, type Socket } from "node:net";
import { framer, messageIn } from "./framing.ts";

/** SIP over UDP and TCP: RFC 3261 18, the edge of the stack to the network. */

export interface Place {
  address: string;
  port: number;
}

/** Where a message came from, and the way back. */
export interface Flow {
  readonly remote: Place;
  /** The connection's end, or the datagram's: @param otherwise where to, when the connection is gone (18.2.2) */
  send(text: string, otherwise: Place): void;
}

export interface Receiver {
  message(text: string, from: Flow): void;
  /** Nothing gets there any more (18.4). */
  broken(to: Place): void;
}

export interface SipTransport {
  readonly name: "UDP" | "TCP";
  readonly local: Place;
  /** What was sent arrives, or `broken` is told; else transactions repeat it. */
  readonly reliable: boolean;
  /** Who gets what comes; before that it is dropped. */
  attach(receiver: Receiver): void;
  send(text: string, to: Place): void;
  close(): void;
}

const nobody: Receiver = { message: () => undefined, broken: () => undefined };

/**
 * A datagram that can not be sent at the moment is a lost datagram: the transaction sends it again.
 * @param encoding of messages; latin1 keeps bytes that are no UTF-8. @throws Error when the port is taken.
 */
export async function openUdp(local: Place, encoding: "utf8" | "latin1" = "utf8"): Promise<SipTransport> {
  const type = isIPv6(local.address) ? "udp6" : "udp4";
  const socket = createSocket({ type, recvBufferSize: 1024 * 1024 });
  socket.bind(local.port, local.address);
  await once(socket, "listening");
  let receiver = nobody;
  let closed = false;
  const send = (text: string, to: Place): void => {
    if (!closed) socket.send(Buffer.from(text, encoding), to.port, to.address);
  };
  socket.on("message", (data, from) => {
    const text = messageIn(data, encoding);
    const remote = { address: from.address, port: from.port };
    if (text !== undefined) receiver.message(text, { remote, send });
  });
  socket.on("error", () => undefined);
  return {
    name: "UDP",
    local: { address: local.address, port: socket.address().port },
    reliable: false,
    attach: (to) => {
      receiver = to;
    },
    send,
    close: () => {
      closed = true;
      socket.close();
    },
  };
}

export interface TcpOptions {
  /**
   * Transactions repeat as over UDP, each time over a new connection if the old one broke: a call then outlives the host
   * that its connection led to. Nothing is told to be broken.
   */
  repeats?: boolean;
  /** Own connections are kept open by an empty line twice (RFC 5626 4.4.1), so often. */
  keepAliveMs?: number;
}

/**
 * Listens, and keeps one connection of its own to each place that is written to. When one breaks, the next message opens
 * another. @throws Error when the port is taken.
 */
export async function openTcp(local: Place, options: TcpOptions = {}): Promise<SipTransport> {
  const reliable = options.repeats !== true;
  const sockets = new Set<Socket>();
  const own = new Map<string, Socket>();
  let receiver = nobody;
  let closed = false;
  const use = (socket: Socket, remote: Place, onPing: () => void): Socket => {
    sockets.add(socket);
    socket.setNoDelay(true);
    const flow: Flow = {
      remote,
      send: (text, otherwise) => {
        if (socket.writable) socket.write(text);
        else send(text, otherwise);
      },
    };
    const take = framer((text) => receiver.message(text, flow), onPing);
    socket.on("data", (chunk) => {
      if (!take(chunk)) socket.destroy();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((socket) =>
    use(
      socket,
      { address: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 },
      // Only who accepted a connection answers keep-alives; to who opened it an empty line is an answer.
      () => void socket.write("\r\n"),
    ),
  ).listen(local.port, local.address);
  await once(server, "listening");
  const address = server.address();

  function dial(to: Place, key: string): Socket {
    const socket = use(
      connect({ host: to.address, port: to.port, localAddress: local.address }),
      to,
      () => undefined,
    );
    own.set(key, socket);
    const { keepAliveMs } = options;
    const ping = keepAliveMs && setInterval(() => socket.write("\r\n\r\n"), keepAliveMs);
    socket.on("close", () => {
      if (ping) clearInterval(ping);
      if (own.get(key) === socket) own.delete(key);
      if (reliable && !closed) receiver.broken(to);
    });
    return socket;
  }
  function send(text: string, to: Place): void {
    if (closed) return;
    const key = `${to.address}:${to.port}`;
    const known = own.get(key);
    (known?.writable || known?.connecting ? known : dial(to, key)).write(text);
  }
  return {
    name: "TCP",
    local: {
      address: local.address,
      port: typeof address === "object" && address ? address.port : local.port,
    },
    reliable,
    attach: (to) => {
      receiver = to;
    },
    send,
    close: () => {
      closed = true;
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
