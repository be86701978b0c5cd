import { Agent, request } from "undici";
import { type HostContext, hostNamed } from "../cluster/facts.ts";

/** Reads from another host's agent: HTTPS with the cluster's own authority and the peer token. */
export class PeerReader {
  private readonly context: HostContext;
  private readonly client: Agent;

  constructor(context: HostContext) {
    const { ca, cert, key } = context.secrets.tls;
    this.context = context;
    this.client = new Agent({ connections: 2, connect: { ca, cert, key, timeout: 1000 } });
  }

  /** @throws Error when it does not answer with 200 within `deadlineMs`. */
  async get(host: string, path: string, deadlineMs: number): Promise<unknown> {
    const { cluster, secrets } = this.context;
    const url = `https://${hostNamed(cluster, host).address}:${cluster.agent.port}${path}`;
    const headers = { authorization: `Bearer ${secrets.peer_token}` };
    const signal = AbortSignal.timeout(deadlineMs);
    const response = await request(url, { dispatcher: this.client, headers, signal });
    if (response.statusCode !== 200)
      throw new Error(
        `${host} answered ${response.statusCode} to GET ${path}: ${await response.body.text()}`,
      );
    return await response.body.json();
  }

  async close(): Promise<void> {
    await this.client.destroy();
  }
}
