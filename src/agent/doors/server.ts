import { chmod, rm } from "node:fs/promises";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { addConfiguration, addMaintenance } from "../../change/routes.ts";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import { agentAccess, type Who } from "../../http/access.ts";
import { guardRoutes, tokenCheck } from "../../http/auth.ts";
import { answerProblems } from "../../http/problems.ts";
import { serveApp } from "./app-door.ts";
import type { AgentControl } from "./control.ts";
import { addWatching } from "./watch-routes.ts";

function addReading(server: FastifyInstance, control: AgentControl): void {
  addConfiguration(server, control.maintenance);
  server.get("/status", () => control.report());
  server.get<{ Querystring: { since?: string } }>("/events", (request) =>
    control.events(Number(request.query.since ?? 0)),
  );
  server.get("/registrations", (_request, reply) => {
    const list = control.registrations();
    return list ?? reply.code(404).send({ error: "no list of registrations" });
  });
  server.get<{ Querystring: { since?: string } }>("/timeline/own", (request) =>
    control.watch.own(Number(request.query.since ?? 0)),
  );
}

/** The door of people with rights on this host: a unix socket. They may also stop it. */
export function localDoor(control: AgentControl): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });
  guard(server, () => ["socket"]);
  addReading(server, control);
  server.get("/cluster", () => control.cluster());
  addWatching(server, control.watch);
  server.post("/stop", (_request, reply) => {
    control.stop();
    return reply.code(202).send({ stopping: true });
  });
  server.post<{ Querystring: { host?: string } }>("/fencing/confirm", (request, reply) => {
    const refused = control.confirmFenced(request.query.host ?? "");
    return reply.code(refused === undefined ? 200 : 409).send({ refused: refused ?? null });
  });
  server.post<{ Querystring: { force?: string; accept?: string } }>("/switchover", (request, reply) => {
    const { force, accept = "" } = request.query;
    const answer = control.switchOver(force === "true", accept.split(","));
    return reply.code("to" in answer ? 202 : 409).send(answer);
  });
  addMaintenance(server, control.maintenance);
  return server;
}

/** The door of the other hosts: HTTPS. They may only read. */
export function peerDoor({ secrets }: Pick<HostContext, "secrets">, control: AgentControl): FastifyInstance {
  const { ca, cert, key } = secrets.tls;
  const https = { ca, cert, key, requestCert: true, minVersion: "TLSv1.2" as const };
  const server = Fastify({ forceCloseConnections: true, https });
  const tokens = tokenCheck({ peer: secrets.peer_token });
  guard(server, ({ headers }) => tokens(headers.authorization));
  addReading(server, control);
  return server;
}

function guard(server: FastifyInstance, whoOf: (request: FastifyRequest) => Who[]): void {
  guardRoutes(server, agentAccess, whoOf);
  answerProblems(server);
}

/** Opens both doors. @returns what closes them */
export async function serveAgent(context: HostContext, control: AgentControl): Promise<() => Promise<void>> {
  const { self, cluster, dirs } = context;
  const socket = runFiles(dirs).agentSocket;
  const local = localDoor(control);
  await rm(socket, { force: true });
  await local.listen({ path: socket });
  await chmod(socket, 0o600);
  const closeAppDoor = await serveApp(context, control);
  const remote = peerDoor(context, control);
  await remote.listen({ host: self.address, port: cluster.agent.port });
  return async () => {
    await Promise.all([local.close(), remote.close(), closeAppDoor()]);
    await rm(socket, { force: true });
  };
}
