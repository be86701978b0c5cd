import Fastify, { type FastifyInstance } from "fastify";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import { metricsToken } from "../../cluster/secrets.ts";
import { metricsAccess } from "../../http/access.ts";
import { guardRoutes, tokenCheck } from "../../http/auth.ts";
import { answerProblems } from "../../http/problems.ts";
import { socketClient } from "../../http/socket.ts";
import type { HostReport } from "../../report/host-report.ts";
import type { Watch } from "../observe/watch.ts";

const appDeadlineMs = 1000;

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

/** The door of a Prometheus: HTTPS with the cluster's certificate and a token that is good for nothing else. */
export function metricsDoor(
  { secrets }: Pick<HostContext, "secrets">,
  figures: () => Promise<string>,
): FastifyInstance {
  const { cert, key } = secrets.tls;
  const https = { cert, key, minVersion: "TLSv1.2" as const };
  const server = Fastify({ forceCloseConnections: true, https });
  const tokens = tokenCheck({ metrics: metricsToken(secrets) });
  guardRoutes(server, metricsAccess, ({ headers }) => tokens(headers.authorization));
  answerProblems(server);
  server.get("/metrics", async (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(await figures()),
  );
  return server;
}

/** Where a Prometheus reads this host's figures, its app's included. Closed unless cluster.yaml names a port. */
export async function serveMetrics(
  context: HostContext,
  report: () => HostReport,
  watch: Watch,
): Promise<() => Promise<void>> {
  const { self, cluster } = context;
  const { port } = cluster.metrics;
  if (port === undefined) return async () => {};
  // The library is loaded where somebody reads: it is a few MB of each agent.
  const { agentMetrics } = await import("./metrics.ts");
  const server = metricsDoor(context, async () => {
    const app = await appMetrics(context);
    return `${await agentMetrics(report(), watch.alerter.sent, app !== undefined)}\n${app ?? ""}`;
  });
  await server.listen({ host: self.address, port });
  return () => server.close();
}
