import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { type HostContext, ports, relayPort } from "../../cluster/facts.ts";
import { clusterSchema } from "../../cluster/schema.ts";
import { relayToPeers } from "./app-relay.ts";

/** 127.0.0.0/8 is all this machine's: one address for each node. */
const cluster = clusterSchema.parse({
  cluster: "relay",
  service: { address: "192.0.2.100/24" },
  hosts: {
    a: { role: "node", address: "127.77.0.11" },
    b: { role: "node", address: "127.77.0.12" },
    w: { role: "witness", address: "127.77.0.13" },
  },
});
const context = { cluster, self: { name: "a", ...cluster.hosts.a } } as HostContext;

it("passes on to the peer's app, ends at once when nobody is there, and when the host falls silent", async () => {
  const relay = await relayToPeers(context);
  try {
    const port = relayPort(cluster, "b");
    const alone = connect(port, "127.0.0.1");
    await once(alone, "close");

    const app = createServer((socket) => socket.pipe(socket)).listen(ports.rpc, "127.77.0.12");
    await once(app, "listening");
    const client = connect(port, "127.0.0.1");
    client.write("ping");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(answer.toString()).toBe("ping");
    relay.drop("b");
    await once(client, "close");
    app.close();
  } finally {
    relay.close();
  }
});
