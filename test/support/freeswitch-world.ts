import { mkdir, mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { type App, appFiles, createApp } from "../../src/app/context.ts";
import { buildHttp } from "../../src/app/http.ts";
import { sealed } from "../../src/base/seal.ts";
import { carrierSchema } from "../../src/carriers/carrier-schema.ts";
import { loginOf } from "../../src/carriers/carriers.ts";
import { clusterSchema } from "../../src/cluster/schema.ts";
import { freeswitchToken } from "../../src/cluster/secrets.ts";
import type { Changed } from "../../src/entities/entity.ts";
import { emptySnapshot, withChanges } from "../../src/entities/snapshot.ts";
import { saveSnapshot } from "../../src/entities/snapshot-file.ts";
import { TrustedSockets } from "../../src/http/auth.ts";
import { registry } from "../../src/routing/registry.ts";
import { ruleSchema } from "../../src/routing/rule-schema.ts";
import { ha1 } from "../../src/sip/digest.ts";
import type { Binding } from "./fake-freeswitch.ts";
import { hostOf, smallCluster } from "./host.ts";

/** A cluster with a FreeSWITCH host, as the captures know it. */
export const cluster = clusterSchema.parse({
  ...smallCluster,
  sip: { realm: "fs.test" },
  hosts: { ...smallCluster.hosts, fs1: { role: "freeswitch", address: "192.0.2.21" } },
});

export const context = hostOf(cluster, "a");
export const token = freeswitchToken(context.secrets, "fs1");
export const basic = (name: string, secret: string): string =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;

const user = (name: string) => ({
  name,
  display: "",
  enabled: true,
  ...ha1(name, "fs.test", "secret-of-it"),
});

/** Two users, a number, a carrier with a login, and what the captures call. */
export const data: Changed<typeof registry> = {
  users: new Map([
    ["1000", user("1000")],
    ["1001", { ...user("1001"), enabled: false }],
  ]),
  numbers: new Map([["4711", { number: "4711", user: "1000" }]]),
  carriers: new Map([
    [
      "gold",
      carrierSchema.parse({
        name: "gold",
        addresses: [{ host: "192.0.2.50", port: 5070 }],
        login: {
          user: "we",
          sealed: sealed(context.secrets.peer_token, loginOf("gold", "we"), "carriers-secret"),
        },
      }),
    ],
  ]),
  rules: new Map([
    [
      "primary",
      ruleSchema.parse({
        name: "primary",
        match: { number: "2000" },
        action: { type: "route", targets: [{ type: "uri", uri: "sip:2000@192.0.2.60:5090" }] },
      }),
    ],
  ]),
};

/** An app with its HTTP server on loopback, plain; its rules come from disk. */
export interface World extends AsyncDisposable {
  app: App;
  server: Server;
  at(path: string, authorization?: string): Binding;
}

/** @param known what it finds on its disk; undefined: nothing @param folder where its data lie; default: a new one, which goes with it */
export async function openWorld(known?: Changed<typeof registry>, folder?: string): Promise<World> {
  const root = folder ?? (await mkdtemp(join(tmpdir(), "dialtone-freeswitch-")));
  const here = hostOf(cluster, "a", root);
  const { snapshot } = appFiles(here);
  await mkdir(dirname(snapshot), { recursive: true });
  if (known) await saveSnapshot(registry, snapshot, withChanges(registry, emptySnapshot(registry), 2, known));
  const app = await createApp(here, pino({ level: "silent" }));
  await app.live.loadFromDisk();
  const http = await buildHttp(app.http, new TrustedSockets());
  const server = createServer(http.routing);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    app,
    server,
    at: (path, authorization = basic("fs1", token)) => ({ port, path, authorization, timeoutS: 2 }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await http.close();
      await app[Symbol.asyncDispose]();
      if (folder === undefined) await rm(root, { recursive: true, force: true });
    },
  };
}
