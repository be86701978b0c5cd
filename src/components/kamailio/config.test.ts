import { describe, expect, test } from "vitest";
import { hostOf, secret } from "../../../test/support/host.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { clusterSchema } from "../../cluster/schema.ts";
import { kamailioCommand, kamailioConfig, kamailioFiles, spellings } from "./config.ts";

function contextOf(sip: Record<string, unknown> = {}, self = "a"): HostContext {
  const cluster = clusterSchema.parse({
    cluster: "test",
    service: { address: "192.0.2.100/24" },
    hosts: {
      a: { role: "node", address: "192.0.2.11" },
      b: { role: "node", address: "192.0.2.12" },
      c: { role: "node", address: "192.0.2.14" },
    },
    sip,
  });
  return hostOf(cluster, self);
}

const lines = (context: HostContext, start: string) =>
  kamailioConfig(context)
    .split("\n")
    .filter((line) => line.startsWith(start));

test("no two flags of a request are one", () => {
  const text = kamailioFiles(contextOf())
    .map(({ content }) => content)
    .join("\n");
  const numbers = [...text.matchAll(/^#!define FLAG_\w+ (\d+)$/gm)].map(([, number]) => number);
  expect(numbers.length).toBeGreaterThan(20);
  expect(numbers.filter((number, index) => numbers.indexOf(number) !== index)).toEqual([]);
});

describe("kamailio.cfg", () => {
  test("listens at the service address (UDP first: the default to send from) and for the cluster at the node's", () => {
    expect(lines(contextOf(), "listen")).toEqual([
      'listen=udp:192.0.2.100:5060 name "service"',
      "listen=tcp:192.0.2.100:5060",
      'listen=udp:192.0.2.11:5060 name "node"',
      'listen=udp:127.0.0.1:8082 name "probe"',
      'listen=tcp:127.0.0.1:8083 name "web"',
    ]);
  });

  test("with an IPv6 address: sockets of its own, and any spelling of it means the service", () => {
    const context = contextOf();
    context.cluster.service.address6 = "2001:db8::100/64";
    expect(lines(context, "listen")).toEqual([
      'listen=udp:192.0.2.100:5060 name "service"',
      "listen=tcp:192.0.2.100:5060",
      'listen=udp:192.0.2.11:5060 name "node"',
      'listen=udp:[2001:db8::100]:5060 name "service6"',
      "listen=tcp:[2001:db8::100]:5060",
      'listen=udp:127.0.0.1:8082 name "probe"',
      'listen=tcp:127.0.0.1:8083 name "web"',
    ]);
    const any = new RegExp(`^${spellings("2001:db8::1:0:100")}$`, "i");
    for (const same of [
      "2001:db8::1:0:100",
      "2001:DB8:0:0:0:1::100",
      "2001:0db8:0000:0000:0000:0001:0000:0100",
    ])
      expect(`[${same}]`).toMatch(any);
    for (const other of ["2001:db8::1:100", "2001:db8::1:0:1000", "2001:db8:0:0:1:0:100"])
      expect(`[${other}]`).not.toMatch(any);
    const ipv4Only = kamailioConfig(contextOf());
    expect(ipv4Only).not.toMatch(/IPV6|IPv6|dns_try_ipv6=yes/);
  });

  test("replicates with and asks every other node, never itself", () => {
    expect(lines(contextOf(), 'modparam("dmq", "notification_address"')).toEqual([
      'modparam("dmq", "notification_address", "sip:192.0.2.12:5060")',
      'modparam("dmq", "notification_address", "sip:192.0.2.14:5060")',
    ]);
    expect(lines(contextOf({}, "b"), 'modparam("janssonrpcc"')).toEqual([
      'modparam("janssonrpcc", "server", "conn=own;addr=127.0.0.1;port=8081;priority=1;weight=1")',
      'modparam("janssonrpcc", "server", "conn=peer;addr=127.0.0.1;port=8090;priority=1;weight=1")',
      'modparam("janssonrpcc", "server", "conn=peer;addr=127.0.0.1;port=8092;priority=1;weight=1")',
    ]);
  });

  test("another port, everywhere", () => {
    const text = kamailioConfig(contextOf({ port: 5070 }));
    expect(text).not.toMatch(/:5060/);
    expect(text).toMatch(/OUR_VIA .*:5070/);
  });

  test("texts of cluster.yaml can not break out of their quotes", () => {
    const text = kamailioConfig(contextOf({ realm: 'a"; exit; "\\' }));
    expect(text).toContain('#!define REALM "a\\"; exit; \\"\\\\"');
  });

  test("who is believed: networks, addresses as networks of one, and names; nobody without a list", () => {
    expect(kamailioConfig(contextOf())).not.toContain("WITH_TRUSTED");
    const text = kamailioConfig(
      contextOf({ trusted: ["192.0.2.7", "2001:db8::/32", "2001:db8::1", "sip.x.example"] }),
    );
    expect(text).toContain('#!define TRUSTED_NETWORKS "192.0.2.7/32,2001:db8::/32,2001:db8::1/128"');
    expect(text).toContain('#!define TRUSTED_NAMES "^(sip[.]x[.]example)$"');
    expect(() => contextOf({ trusted: ["192.0.2.300"] })).toThrow(/must be an address, a network/);
    expect(() => contextOf({ trusted: ["Any One"] })).toThrow(/must be an address, a network/);
  });

  test("the mask of hidden callers is the cluster's, and not the nonces' secret itself", () => {
    const [mask] = lines(contextOf(), 'modparam("uac", "restore_passwd"');
    expect(mask).toMatch(/"[0-9a-f]{64}"/);
    expect(lines(contextOf({}, "b"), 'modparam("uac", "restore_passwd"')).toEqual([mask]);
  });

  test("sha-256 is asked for in the module and from the app", () => {
    expect(kamailioConfig(contextOf())).toContain("HA1_FIELD!ha1_md5!");
    const text = kamailioConfig(contextOf({ digest: "sha-256" }));
    expect(text).toContain("HA1_FIELD!ha1_sha256!");
    expect(text).toContain('modparam("auth", "algorithm", "SHA-256")');
  });

  test("the static fallback is a decision, or none", () => {
    expect(kamailioConfig(contextOf())).toContain('$avp(line) = "";');
    expect(kamailioConfig(contextOf({ fallback: "sip:desk@192.0.2.9" }))).toContain("|sip:desk@192.0.2.9|");
  });
});

test("the secret stands in one file, which only root can read", () => {
  const files = kamailioFiles(contextOf());
  const secretFiles = files.filter((file) => file.content.includes(secret));
  expect(secretFiles.map((file) => file.mode)).toEqual([0o600]);
  expect(kamailioCommand(contextOf()).join(" ")).not.toContain(secret);
});

test("every route that is called exists, in the generated part or in sip/", () => {
  const text = kamailioFiles(contextOf())
    .map((file) => file.content)
    .join("\n");
  const defined = new Set([...text.matchAll(/^route\[(\w+)\]/gm)].map((match) => match[1]));
  const called = new Set(
    [
      ...text.matchAll(
        /\broute\((\w+)\)|async_task_route\("(\w+)"\)|;route=(\w+)"|route=(\w+);|t_continue\(.*"(\w+)"\)/g,
      ),
    ].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? match[5]),
  );
  expect([...called].filter((name) => !defined.has(name))).toEqual([]);
  expect([...defined].filter((name) => !called.has(name))).toEqual([]);
});
