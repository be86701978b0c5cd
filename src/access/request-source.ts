import type { FastifyRequest } from "fastify";

/** Where a request came from; by the unix socket: this host. */
export const sourceOfRequest = ({ client }: FastifyRequest): string => client || "this host";
