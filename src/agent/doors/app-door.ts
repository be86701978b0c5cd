import { readFileSync } from "node:fs";
import { chmod, chown, rm } from "node:fs/promises";
import Fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import { messageOf } from "../../base/message.ts";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import { appUser, identityIn } from "../../host/identity.ts";
import { agentAppAccess } from "../../http/access.ts";
import { guardRoutes } from "../../http/auth.ts";
import { answerProblems } from "../../http/problems.ts";
import { orderSchema } from "../../report/order.ts";
import type { AgentControl } from "./control.ts";
import { addWatching } from "./watch-routes.ts";

/**
 * The door of this host's app: a unix socket that only its user may open. What people at the console may do, and no more: no
 * release, no file, no end of a host.
 */

/** What may be ordered here, of all that report/order.ts knows. */
const kinds: ReadonlySet<string> = new Set(["drain", "undrain", "switchover", "drill"]);

const usersSchema = z.strictObject({ users: z.array(z.string().min(1).max(64)).max(200) });

export function appDoor(
  control: Pick<AgentControl, "cluster" | "watch" | "maintenance" | "contactsOf">,
): FastifyInstance {
  const server = Fastify({ forceCloseConnections: true });
  guardRoutes(server, agentAppAccess, () => ["app"]);
  answerProblems(server);
  server.get("/cluster", () => control.cluster());
  addWatching(server, control.watch);
  server.post("/orders", (request, reply) => {
    const order = orderSchema.safeParse(request.body);
    if (!order.success) return reply.code(422).send({ error: z.prettifyError(order.error) });
    const { kind } = order.data.work;
    if (!kinds.has(kind))
      return reply.code(403).send({ error: `'${kind}' is for people with rights on the host` });
    try {
      control.maintenance.post(order.data);
    } catch (error) {
      return reply.code(422).send({ error: messageOf(error) });
    }
    return reply.code(202).send({ taken: true });
  });
  server.post("/registrations", async (request, reply) => {
    const asked = usersSchema.safeParse(request.body);
    if (!asked.success) return reply.code(422).send({ error: z.prettifyError(asked.error) });
    try {
      return { contacts: await control.contactsOf(asked.data.users) };
    } catch (error) {
      return reply.code(503).send({ error: messageOf(error) });
    }
  });
  return server;
}

/** Opens the door. Where the app has no user of its own, root alone may use it. @returns what closes it */
export async function serveApp({ dirs }: HostContext, control: AgentControl): Promise<() => Promise<void>> {
  const socket = runFiles(dirs).agentAppSocket;
  const door = appDoor(control);
  await rm(socket, { force: true });
  await door.listen({ path: socket });
  const identity = identityIn(readFileSync("/etc/passwd", "utf8"), appUser);
  if (identity) await chown(socket, 0, identity.gid);
  await chmod(socket, identity ? 0o660 : 0o600);
  return async () => {
    await door.close();
    await rm(socket, { force: true });
  };
}
