import { expect, test } from "vitest";
import { hostOf } from "../../../test/support/host.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { clusterSchema } from "../../cluster/schema.ts";
import { rtpengineConfig } from "../rtpengine/index.ts";
import { kamailioConfig } from "./config.ts";
import { downIn, edgeConfig, edgeFiles } from "./edge.ts";

function contextOf(policy: string, self: string, six?: { service: string; edge: string }): HostContext {
  const cluster = clusterSchema.parse({
    cluster: "test",
    policy,
    service: { address: "192.0.2.100/24", address6: six?.service },
    hosts: {
      a: { role: "node", address: "192.0.2.11" },
      b: { role: "node", address: "192.0.2.12" },
      w: { role: "witness", address: "192.0.2.13" },
      e: { role: "edge", address: "192.0.2.14", address6: six?.edge },
    },
  });
  return hostOf(cluster, self);
}

const listOf = (policy: string) =>
  edgeFiles(contextOf(policy, "e")).find(({ path }) => path.endsWith("dispatcher.list"))?.content;

test("an edge passes calls to all nodes with hot-hot, else to the service address, and waits as long as that needs", () => {
  expect(listOf("hot-hot")).toBe("1 sip:192.0.2.11:5060 0 0\n1 sip:192.0.2.12:5060 0 0\n");
  expect(listOf("warm-active")).toBe("1 sip:192.0.2.100:5060 0 0\n");
  expect(edgeConfig(contextOf("hot-hot", "e"))).toContain("!EDGE_TIMEOUT_MS!500!");
  expect(edgeConfig(contextOf("warm-active", "e"))).toContain("!EDGE_TIMEOUT_MS!3000!");
});

test("hot-hot: a node has two doors for SIP and audio, and takes other nodes' Routes for its own", () => {
  const config = kamailioConfig(contextOf("hot-hot", "a"));
  expect(config.split("\n").filter((line) => /^(listen|alias)=/.test(line))).toEqual([
    'listen=udp:192.0.2.11:5060 name "node"',
    "listen=tcp:192.0.2.11:5060",
    'listen=udp:192.0.2.100:5060 name "service"',
    "listen=tcp:192.0.2.100:5060",
    'listen=udp:127.0.0.1:8082 name "probe"',
    'listen=tcp:127.0.0.1:8083 name "web"',
    'alias="192.0.2.100":5060',
    'alias="dialtone":5060',
    'alias="192.0.2.12":5060',
  ]);
  expect(config).toContain("#!define OWN_ADDRESS\n");
  const relay = rtpengineConfig(contextOf("hot-hot", "a"));
  expect(relay).toContain("interface = service/192.0.2.100;own/192.0.2.11\n");
  expect(relay).not.toContain("subscribe-keyspace");
});

test("without hot-hot the own address stays closed, edges or not", () => {
  const config = kamailioConfig(contextOf("warm-active", "a"));
  expect(config).not.toContain("#!define OWN_ADDRESS\n");
  expect(config).toContain('#!define EDGES "^(192[.]0[.]2[.]14)$"');
});

test("destinations that get nothing, from dispatcher.list", () => {
  const entry = (uri: string, flags: string) =>
    `{"DEST":{"URI":"sip:${uri}","FLAGS":"${flags}","PRIORITY":0}}`;
  const text = `[${entry("192.0.2.11:5060", "AP")},${entry("192.0.2.12:5060", "IP")}]`;
  expect(downIn(text)).toEqual(["192.0.2.12:5060"]);
});

test("an edge with IPv6 listens there too, and to nodes a call to that address is one for the service", () => {
  const six = { service: "2001:db8::100/64", edge: "2001:db8::14" };
  const listens = edgeConfig(contextOf("warm-active", "e", six))
    .split("\n")
    .filter((line) => line.startsWith("listen="));
  expect(listens).toEqual([
    "listen=udp:192.0.2.14:5060",
    "listen=tcp:192.0.2.14:5060",
    "listen=udp:[2001:db8::14]:5060",
    "listen=tcp:[2001:db8::14]:5060",
  ]);
  const domains = /^#!define OUR_DOMAINS "(.*)"$/m.exec(
    kamailioConfig(contextOf("warm-active", "a", six)),
  )?.[1];
  for (const host of ["[2001:db8::100]", "[2001:DB8::0014]"])
    expect(host).toMatch(new RegExp(domains ?? "", "i"));
});

test("an edge answers to the names of the service, as a telephone's outbound proxy", () => {
  const config = edgeConfig(contextOf("hot-hot", "e"));
  expect(config).toContain('alias="dialtone":5060\n');
  expect(config).not.toContain('alias="192.0.2.11":5060');
});
