import type { FastifyInstance } from "fastify";
import { messageOf } from "../base/message.ts";
import type { Maintenance } from "./maintenance.ts";

/** What the other hosts may read: GET /configuration, without secrets. */
export function addConfiguration(server: FastifyInstance, maintenance: Maintenance): void {
  server.get("/configuration", () => maintenance.drift.configuration());
}

/** What people with rights on this host can ask besides: orders, and the configuration of all hosts. */
export function addMaintenance(server: FastifyInstance, maintenance: Maintenance): void {
  server.get("/configurations", () => maintenance.drift.everywhere());
  server.post("/orders", (request, reply) => {
    try {
      maintenance.post(request.body);
    } catch (error) {
      return reply.code(422).send({ error: messageOf(error) });
    }
    return reply.code(202).send({ taken: true });
  });
}
