import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { issueCertificate } from "../src/cluster/certificate.ts";
import type { HostContext } from "../src/cluster/facts.ts";
import { clusterSchema } from "../src/cluster/schema.ts";
import type { Component } from "../src/components/common/component.ts";
import { componentsOf } from "../src/components/index.ts";
import { edge } from "../src/components/kamailio/edge.ts";
import { makeHostDirectories, writeComponentFiles } from "../src/host/files.ts";
import { hostOf } from "../test/support/host.ts";

/**
 * Do the stock parts understand the configuration that is generated for them? Each reads it as far as it can without a
 * cluster: Kamailio, HAProxy, MariaDB and keepalived have a way to check it; rtpengine and redis are started for a second, in a network
 * namespace of their own (rtpengine overlooks keys that it does not know). garbd has no such way. As root, like the agent. Exit code 1 when one does not.
 */

const root = mkdtempSync(join(tmpdir(), "dialtone-generated-"));
// The parts run as their own users.
chmodSync(root, 0o755);
const example = parse(readFileSync("cluster.example.yaml", "utf8")) as { hosts: Record<string, object> };
const link = "check0";
for (const host of Object.values(example.hosts)) Object.assign(host, { interface: link });
example.hosts.e = { role: "edge", address: "192.0.2.14", interface: link };

const tls = issueCertificate(clusterSchema.parse(example));

function contextOf(name: string, changes: object = {}, folder = name): HostContext {
  const cluster = clusterSchema.parse({ ...example, ...changes });
  return hostOf(cluster, name, join(root, folder), { tls });
}

/** Runs a command in a network namespace of its own, with the host's interface and addresses. */
function onHost({ self, cluster }: HostContext, argv: string[]): string[] {
  const script = [
    "ip link set lo up",
    `ip link add ${link} type veth peer name check1`,
    `ip link set ${link} up`,
    ...[self.address, cluster.service.address.split("/")[0]].map(
      (address) => `ip address add ${address}/32 dev ${link}`,
    ),
    ...[cluster.service.address6 ?? []]
      .flat()
      .map((address) => `ip address add ${address} dev ${link} nodad`),
    'exec "$@"',
  ].join(" && ");
  return ["unshare", "--net", "sh", "-c", script, "check", ...argv];
}

/** The command that reads the configuration, and the exit code that says that it is good; undefined: there is none. */
function checkOf(context: HostContext, component: Component): { argv: string[]; good: number } | undefined {
  const { argv } = component.command(context);
  switch (component.name) {
    case "kamailio":
      return { argv: [...argv, "-c"], good: 0 };
    case "haproxy":
      return { argv: onHost(context, [...argv, "-c"]), good: 0 };
    case "mariadb":
      return { argv: [...argv, "--help", "--verbose"], good: 0 };
    case "keepalived":
      return { argv: onHost(context, [...argv, "-t"]), good: 0 };
    case "redis":
    case "rtpengine":
      // 124: it still ran.
      return { argv: onHost(context, ["timeout", "1", ...argv]), good: 124 };
    default:
      return undefined;
  }
}

async function check(context: HostContext, component: Component, title: string): Promise<boolean> {
  await makeHostDirectories(context);
  await writeComponentFiles(component, context);
  if (component.name === "haproxy")
    await component.prepare?.(context, { signal: AbortSignal.timeout(20_000), bootstrap: false });
  const how = checkOf(context, component);
  if (!how) return true;
  const [program = "", ...words] = how.argv;
  const result = await execa(program, words, { reject: false, all: true, cwd: root, timeout: 20_000 });
  if (result.exitCode === how.good) return true;
  const said = result.all.split("\n").slice(-15).join("\n");
  process.stdout.write(
    `${title}: does not understand its configuration (exit code ${result.exitCode}):\n${said}\n`,
  );
  return false;
}

try {
  const a = contextOf("a");
  const own = contextOf("b", { policy: "hot-hot" });
  const cold = contextOf("b", { policy: "cold-passive" });
  const six = contextOf(
    "a",
    {
      service: { address: "192.0.2.100/24", address6: "2001:db8::100/64" },
      web: { port: 4443, names: ["tel.example.org"], acme: { terms_agreed: true } },
    },
    "six",
  );
  const edgeSix = contextOf(
    "e",
    {
      service: { address: "192.0.2.100/24", address6: "2001:db8::100/64" },
      hosts: { ...example.hosts, e: { ...example.hosts.e, address6: "2001:db8::14" } },
    },
    "edge-six",
  );
  const kamailioOf = (context: HostContext) =>
    componentsOf(context).filter(({ name }) => name === "kamailio");
  const cases = [
    ...componentsOf(a).map((component) => [a, component, component.name] as const),
    ...kamailioOf(own).map((component) => [own, component, "kamailio, hot-hot"] as const),
    ...componentsOf(six)
      .filter(({ name }) => ["kamailio", "keepalived", "rtpengine", "haproxy"].includes(name))
      .map((component) => [six, component, `${component.name}, IPv6`] as const),
    [contextOf("e"), edge, "kamailio, edge"] as const,
    [edgeSix, edge, "kamailio, edge, IPv6"] as const,
  ];
  const results = await Promise.all(
    cases.map(([context, component, title]) => check(context, component, title)),
  );
  // The same folder as above, so after it.
  for (const component of kamailioOf(cold))
    results.push(await check(cold, component, "kamailio, cold-passive"));
  process.exitCode = results.every(Boolean) ? 0 : 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
