import { chmod, rm } from "node:fs/promises";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import type { Maintenance } from "../../change/maintenance.ts";
import { addConfiguration, addMaintenance } from "../../change/routes.ts";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import type { Contact, LocationSnapshot } from "../../components/kamailio/locations.ts";
import { agentAccess, type Who } from "../../http/access.ts";
import { guardRoutes, tokenCheck } from "../../http/auth.ts";
import { answerProblems } from "../../http/problems.ts";
import type { HostReport } from "../../report/host-report.ts";
import type { AgentEvent } from "../../report/watch.ts";
import type { Watch } from "../observe/watch.ts";
import { serveApp } from "./app-door.ts";
import { addWatching } from "./watch-routes.ts";

/** What the agent's HTTP servers can ask of it. */
export interface AgentControl {
  report(): HostReport;
  /** Reports of all hosts as known here, the own one included, with their age in ms. */
  cluster(): { ageMs: number; report: HostReport }[];
  events(since: number): AgentEvent[];
  /** The latest list of registrations; undefined: none (yet), or the policy needs none. */
  registrations(): LocationSnapshot | undefined;
  watch: Watch;
  /** A person says that a host is switched off. @returns why that is refused */
  confirmFenced(host: string): string | undefined;
  /** Stops this host's parts in order, then the agent. Returns at once. */
  stop(): void;
  /** Hands the service address over, or says why not. Returns at once. */
  switchOver(force: boolean, accept: string[]): { to: string } | { reasons: string[] };
  maintenance: Maintenance;
  /** The registrations of these users, as this host's SIP server knows them. @throws Error when it can not be asked */
  contactsOf(users: readonly string[]): Promise<Contact[]>;
}

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
