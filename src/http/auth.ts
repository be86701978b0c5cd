import { createHash, timingSafeEqual } from "node:crypto";
import type { Server, Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import { Problem } from "./problems.ts";

const hash = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/** Compares in constant time; the lengths of the tokens do not show either. */
export function tokenMatches(header: string | undefined, tokens: readonly string[]): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
  if (given === undefined) return false;
  const digest = hash(given);
  return tokens.reduce((found, token) => timingSafeEqual(digest, hash(token)) || found, false);
}

/** Requests that came by the unix socket: whoever may open the file needs no token. */
export class TrustedSockets {
  private readonly sockets = new WeakSet<Socket>();

  trust(server: Server): void {
    server.on("connection", (socket) => this.sockets.add(socket));
  }

  has(socket: Socket): boolean {
    return this.sockets.has(socket);
  }
}

/** Paths that show only documentation. */
const open = /^\/(docs(\/|$)|openapi\.json$|problems$)/;

/** @throws Problem `unauthorized` */
export function assertAllowed(
  request: FastifyRequest,
  trusted: TrustedSockets,
  tokens: readonly string[],
): void {
  if (trusted.has(request.raw.socket) || open.test(request.url.split("?")[0] ?? "")) return;
  if (!tokenMatches(request.headers.authorization, tokens))
    throw new Problem(
      "unauthorized",
      request.headers.authorization === undefined
        ? "no Authorization header was sent"
        : "the token is not one of this cluster's",
    );
}
