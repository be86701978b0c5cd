import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Watch } from "../observe/watch.ts";

const noteSchema = z.object({
  subject: z.string().min(1).max(64).default("person"),
  text: z.string().min(1).max(500),
});

/** What people with rights on this host can ask its agent as a watcher. */
export function addWatching(server: FastifyInstance, watch: Watch): void {
  server.get<{ Querystring: { since?: string } }>("/timeline", (request) =>
    watch.timeline(Number(request.query.since ?? 0)),
  );
  server.get("/alerts", () => watch.alerter.open());
  server.post("/alerts/test", () => watch.alerter.test());
  server.post("/note", (request, reply) => {
    const note = noteSchema.safeParse(request.body);
    if (!note.success) return reply.code(400).send({ error: z.prettifyError(note.error) });
    watch.note(note.data.subject, note.data.text);
    return reply.code(204).send();
  });
}
