import { type HostContext, hostNamed } from "../cluster/facts.ts";
import { HttpClient } from "./client.ts";

/** Another host, or this one, over HTTPS with the cluster's own authority and the peer token. */
export function peerClient(
  { cluster, secrets }: HostContext,
  host: string,
  options: { port: number; connections: number; connectMs: number },
): HttpClient {
  const { port, ...limits } = options;
  const { ca, cert, key } = secrets.tls;
  const origin = `https://${hostNamed(cluster, host).address}:${port}`;
  return new HttpClient({ name: host, origin, tls: { ca, cert, key }, token: secrets.peer_token, ...limits });
}

/** Reads from the other hosts' agents. */
export class PeerReader {
  private readonly context: HostContext;
  private readonly clients = new Map<string, HttpClient>();

  constructor(context: HostContext) {
    this.context = context;
  }

  /** @throws NoAnswer when it does not answer within `deadlineMs`, Refused when not with 2xx. */
  async get(host: string, path: string, deadlineMs: number): Promise<unknown> {
    const { port } = this.context.cluster.agent;
    const client =
      this.clients.get(host) ?? peerClient(this.context, host, { port, connections: 2, connectMs: 1000 });
    this.clients.set(host, client);
    return await client.json({ path, deadlineMs });
  }

  async close(): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client[Symbol.asyncDispose]()));
  }
}
