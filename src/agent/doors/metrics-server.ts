import { createHash, timingSafeEqual } from "node:crypto";
import Fastify from "fastify";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import { metricsToken } from "../../cluster/secrets.ts";
import { socketClient } from "../../http/socket.ts";
import type { HostReport } from "../../report/host-report.ts";
import type { Watch } from "../observe/watch.ts";
import { agentMetrics } from "./metrics.ts";

const appDeadlineMs = 1000;

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The app's own figures, by its unix socket; undefined: it does not answer. */
async function appMetrics(context: HostContext): Promise<string | undefined> {
  if (context.self.role !== "node") return undefined;
  try {
    const app = socketClient(runFiles(context.dirs).appSocket);
    const { status, text } = await app.ask({ path: "/metrics", deadlineMs: appDeadlineMs });
    return status === 200 ? text : undefined;
  } catch {
    return undefined; // told as dialtone_app_up 0
  }
}

/**
 * Where a Prometheus reads this host's figures, its app's included: HTTPS with the cluster's certificate and a token that
 * is good for nothing else. Closed unless cluster.yaml names a port.
 */
export async function serveMetrics(
  context: HostContext,
  report: () => HostReport,
  watch: Watch,
): Promise<() => Promise<void>> {
  const { self, cluster, secrets } = context;
  const { port } = cluster.metrics;
  if (port === undefined) return async () => {};
  const wanted = digest(metricsToken(secrets));
  const { cert, key } = secrets.tls;
  const server = Fastify({ forceCloseConnections: true, https: { cert, key, minVersion: "TLSv1.2" } });
  server.addHook("onRequest", async (request, reply) => {
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (!timingSafeEqual(digest(token), wanted))
      await reply.code(401).send({ error: "wrong or missing token: 'dialtone metrics token' prints it" });
  });
  server.get("/metrics", async (_request, reply) => {
    const app = await appMetrics(context);
    const own = await agentMetrics(report(), watch.alerter.sent, app !== undefined);
    return reply.type("text/plain; version=0.0.4; charset=utf-8").send(`${own}\n${app ?? ""}`);
  });
  await server.listen({ host: self.address, port });
  return () => server.close();
}
