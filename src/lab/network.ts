import { existsSync } from "node:fs";
import { z } from "zod";
import { applyCuts } from "./cuts.ts";
import { machinePort, overlaps, portOf, rangeOf } from "./names.ts";
import { processesIn, signal } from "./processes.ts";
import { inNamespace, ip, ipBatch, runNow } from "./shell.ts";
import type { LabHost, LabState } from "./state.ts";
import { namespaceExists } from "./state.ts";

/** Namespaces, links and the bridge of a lab: makes and removes what lab.json names. */

const bridge = "br0";

/**
 * @throws Error when an address or a route of the machine overlaps with the lab's subnet.
 * `own` is the lab's own link, which may be left from a crash.
 */
export async function checkSubnetFree(subnet: string, own: string): Promise<void> {
  const wanted = rangeOf(subnet);
  const routeSchema = z.array(z.object({ dst: z.string(), dev: z.string().optional() }));
  const routes = routeSchema.parse(
    JSON.parse((await ip("-j", "-4", "route", "show", "table", "main")) || "[]"),
  );
  const addresses = z
    .array(
      z.object({
        ifname: z.string(),
        addr_info: z.array(z.object({ local: z.string(), prefixlen: z.int() })),
      }),
    )
    .parse(JSON.parse((await ip("-j", "-4", "addr")) || "[]"));
  const used = [
    ...routes.map((route) => ({ cidr: route.dst, by: route.dev ?? "a route" })),
    ...addresses.flatMap((link) =>
      link.addr_info.map((address) => ({ cidr: `${address.local}/${address.prefixlen}`, by: link.ifname })),
    ),
  ];
  for (const { cidr, by } of used) {
    const range = rangeOf(cidr);
    if (wanted && range && by !== own && overlaps(wanted, range))
      throw new Error(
        `this machine uses ${cidr} already (${by}), which overlaps with the lab's ${subnet}: ` +
          "choose another one with --subnet, or keep the lab off this machine with --isolated",
      );
  }
}

const sysctls = (entries: Record<string, string>): string[] => [
  "sh",
  "-ec",
  Object.entries(entries)
    .map(([key, value]) => `echo ${value} > /proc/sys/${key.replaceAll(".", "/")}`)
    .join("\n"),
];

/** Gives a host its namespace, its cable and its addresses. */
export async function connectHost(state: LabState, name: string, host: LabHost): Promise<void> {
  await ip("netns", "add", host.namespace);
  const port = portOf(name);
  await ipBatch(state.switchNamespace, [
    `link add ${port} type veth peer name ${host.interface} address ${host.mac} netns ${host.namespace}`,
    `link set ${port} master ${bridge}`,
    `link set ${port} up`,
  ]);
  // An unused service address must be answered by its holder alone, from the interface that has it.
  await inNamespace(
    host.namespace,
    sysctls({
      "net.ipv4.ip_nonlocal_bind": "1",
      "net.ipv4.conf.all.arp_ignore": "1",
      "net.ipv4.conf.all.arp_announce": "2",
    }),
  );
  await ipBatch(host.namespace, [
    "link set lo up",
    // Nobody else has an IPv6 address here: no duplicate to look for (RFC 4862 5.4), which takes a second.
    ...host.addresses.map(
      (address) => `addr add ${address} dev ${host.interface}${address.includes(":") ? " nodad" : ""}`,
    ),
    `link set ${host.interface} up`,
  ]);
}

/** Makes the bridge in its own namespace, all hosts, and the machine's own link unless isolated. */
export async function createNetwork(state: LabState, machineAddress: string): Promise<void> {
  await ip("netns", "add", state.switchNamespace);
  await ipBatch(state.switchNamespace, [
    "link set lo up",
    `link add ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
    `link set ${bridge} up`,
  ]);
  applyCuts(state);
  await Promise.all(Object.entries(state.hosts).map(([name, host]) => connectHost(state, name, host)));
  if (state.machineLink === null) return;
  await ip(
    "link",
    "add",
    state.machineLink,
    "type",
    "veth",
    "peer",
    "name",
    machinePort,
    "netns",
    state.switchNamespace,
  );
  await ipBatch(state.switchNamespace, [
    `link set ${machinePort} master ${bridge}`,
    `link set ${machinePort} up`,
  ]);
  await ip("addr", "add", machineAddress, "dev", state.machineLink);
  await ip("link", "set", state.machineLink, "up");
}

/** Takes a host's cable out on the switch's side. */
export const unplug = (state: LabState, name: string): void =>
  runNow("ip", ["-n", state.switchNamespace, "link", "set", "dev", portOf(name), "down"]);

/** SIGKILLs whatever lives in a namespace until nothing does. @throws Error when something survives 10 s. */
async function killAllIn(namespace: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const processes = processesIn(namespace);
    if (processes.length === 0) return;
    for (const id of processes) signal(id, "SIGKILL");
    if (performance.now() > deadline)
      throw new Error(`processes of ${namespace} do not die: ${processes.map((id) => id.pid).join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function removeNamespace(namespace: string): Promise<void> {
  if (!namespaceExists(namespace)) return;
  await killAllIn(namespace);
  await ip("netns", "del", namespace);
}

/**
 * Removes a host: its processes, its cable, its namespace. The cable goes by name, because the kernel takes apart
 * a namespace's links only some time after its deletion, and the next `heal` needs the name.
 */
export async function disconnectHost(state: LabState, name: string, host: LabHost): Promise<void> {
  await killAllIn(host.namespace);
  const port = portOf(name);
  const links = await linksIn(state.switchNamespace);
  if (links.includes(port)) await ip("-n", state.switchNamespace, "link", "del", port);
  await removeNamespace(host.namespace);
}

/** Names of the links in a namespace. */
async function linksIn(namespace: string): Promise<string[]> {
  const links = z.array(z.object({ ifname: z.string().optional() }));
  return links
    .parse(JSON.parse(await ip("-n", namespace, "-j", "link")))
    .flatMap((link) => link.ifname ?? []);
}

/** Removes everything that the state names. Safe to repeat. */
export async function destroyNetwork(state: LabState): Promise<void> {
  if (state.machineLink !== null && existsSync(`/sys/class/net/${state.machineLink}`))
    await ip("link", "del", state.machineLink);
  await Promise.all(Object.values(state.hosts).map((host) => removeNamespace(host.namespace)));
  await removeNamespace(state.switchNamespace);
}
