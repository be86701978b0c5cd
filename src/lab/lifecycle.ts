import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";
import { allHosts, freeswitchHosts, type HostContext, hostDirs, nodes, serviceIp } from "../cluster/facts.ts";
import { newSecrets, writeInit } from "../cluster/init.ts";
import { loadCluster, loadSecrets, parseYaml, secretsFileOf } from "../cluster/load.ts";
import { type Cluster, clusterSchema } from "../cluster/schema.ts";
import { forgetMemory } from "../host/memory.ts";
import { identify, isAlive } from "../host/process.ts";
import { askSocket } from "../http/socket.ts";
import { agentSocketOf, compileAhead, startAgent } from "./agents.ts";
import { largeDisk, thaw } from "./disk.ts";
import { makeFirstDatabases } from "./first-database.ts";
import {
  type AddressPlan,
  labPaths,
  machineLinkOf,
  macOf,
  namespaceOf,
  outsideHost,
  outsideIn,
  planAddresses,
  rangeOf,
  switchNamespaceOf,
} from "./names.ts";
import { checkSubnetFree, createNetwork, destroyNetwork } from "./network.ts";
import { processesIn, signal } from "./processes.ts";
import { bootId, type LabHost, type LabState, namespaceExists, runningSince, saveState } from "./state.ts";

/** A template takes some seconds, on a busy machine more; a copy a fraction of one. */
const firstDatabaseMs = 120_000;

/** Making a lab and taking it away. Each function expects the lab's lock to be held. */

export interface UpOptions {
  /** Without an address on this machine: all traffic stays inside the namespaces. */
  isolated: boolean;
  /** Keep running when this process ends. */
  detach: boolean;
  /** A /24; default: the one of the lab's cluster.yaml, or 198.18.77.0/24. */
  subnet?: string;
  /** Delete the lab's data first. */
  fresh?: boolean;
  /** Written into the lab's cluster.yaml before it starts: path with dots → value, e.g. `policy`: "cold-passive". */
  settings?: Record<string, unknown>;
}

const subnetOf = (address: string): string => `${address.split(".").slice(0, 3).join(".")}.0/24`;

/** Changes single settings of a lab's cluster.yaml, null removes one; its comments stay. @throws ConfigError when they do not fit. */
function applySettings(file: string, settings: Record<string, unknown>): void {
  if (Object.keys(settings).length === 0) return;
  const document = parseDocument(readFileSync(file, "utf8"));
  for (const [path, value] of Object.entries(settings))
    if (value === null) document.deleteIn(path.split("."));
    else document.setIn(path.split("."), document.createNode(value));
  const text = document.toString({ lineWidth: 0 });
  parseYaml(text, file, clusterSchema);
  writeFileSync(file, text);
}

/** Reads the lab's cluster.yaml, written first when there is none. @throws Error when its subnet is another one. */
function clusterOf(
  lab: string,
  wanted: string | undefined,
  fallback: string,
  settings: Record<string, unknown>,
): Cluster {
  const file = labPaths(lab).cluster;
  const isNew = !existsSync(file);
  if (isNew) {
    const plan = planAddresses(wanted ?? fallback);
    const host = (name: "a" | "b" | "w", role: "node" | "witness") => ({
      name,
      role,
      address: plan[name],
      interface: "eth0",
    });
    // A crash between the two files of an earlier first start leaves secrets that nothing uses yet.
    rmSync(secretsFileOf(file), { force: true });
    writeInit(file, {
      cluster: lab,
      serviceAddress: `${plan.service}/${plan.bits}`,
      hosts: [host("a", "node"), host("b", "node"), host("w", "witness")],
      upstream: [plan.outside],
      names: ["sip.dialtone.test"],
    });
  }
  applySettings(file, settings);
  // The certificate names all hosts, also those that the settings have added.
  if (isNew) rmSync(secretsFileOf(file), { force: true });
  const cluster = loadCluster(file);
  const subnet = subnetOf(serviceIp(cluster));
  if (wanted !== undefined && subnet !== planAddresses(wanted).subnet)
    throw new Error(
      `lab '${lab}' has its data in ${subnet}, not in ${wanted}: leave --subnet out, or restart with --fresh`,
    );
  const range = rangeOf(subnet);
  for (const host of [...allHosts(cluster), ...freeswitchHosts(cluster)]) {
    const own = rangeOf(host.address);
    if (!range || !own || own.first < range.first || own.last > range.last)
      throw new Error(`${file}: host ${host.name}: ${host.address} is not in the lab's subnet ${subnet}`);
  }
  if (!existsSync(secretsFileOf(file)))
    writeFileSync(secretsFileOf(file), stringify(newSecrets(cluster)), { mode: 0o600, flag: "wx" });
  return cluster;
}

function newState(lab: string, cluster: Cluster, plan: AddressPlan, options: UpOptions): LabState {
  const hosts: Record<string, LabHost> = Object.fromEntries(
    allHosts(cluster).map((host) => [
      host.name,
      {
        role: host.role,
        namespace: namespaceOf(lab, host.name),
        interface: host.interface,
        mac: macOf(lab, host.name),
        addresses: [
          `${host.address}/${plan.bits}`,
          ...(host.address6 === undefined ? [] : [`${host.address6}/64`]),
        ],
        data: labPaths(lab).host(host.name),
        powered: true,
        keeper: null,
      },
    ]),
  );
  const bare = (name: string, role: "outside" | "freeswitch", addresses: string[]): LabHost => ({
    role,
    namespace: namespaceOf(lab, name),
    interface: "eth0",
    mac: macOf(lab, name),
    addresses,
    data: null,
    powered: true,
    keeper: null,
  });
  for (const { name, address } of freeswitchHosts(cluster))
    hosts[name] = bare(name, "freeswitch", [`${address}/${plan.bits}`]);
  if (hosts[outsideHost] || hosts.net || hosts.machine)
    throw new Error("'outside', 'net' and 'machine' are names of the lab's own; call the host otherwise");
  hosts[outsideHost] = bare(outsideHost, "outside", [
    ...[plan.outside, ...plan.aliases].map((address) => `${address}/${plan.bits}`),
    ...outsideIn(cluster.service.address6),
  ]);
  return {
    v: 1,
    lab,
    subnet: plan.subnet,
    isolated: options.isolated,
    boot: bootId(),
    started: new Date().toISOString(),
    // Until it stands, a detached lab belongs to who makes it: whoever comes after a crash cleans up.
    owner: identify(process.pid) ?? null,
    switchNamespace: switchNamespaceOf(lab),
    machineLink: options.isolated ? null : machineLinkOf(lab),
    service: plan.service,
    hosts,
    cuts: [],
    paused: [],
    extras: [],
  };
}

/** Removes what a lab left on this machine, by lab.json alone, and the record itself. Safe to repeat. */
async function sweep(state: LabState): Promise<void> {
  await destroyNetwork(state);
  for (const { data, fitting } of Object.values(state.hosts)) {
    if (data === null) continue;
    forgetMemory(data);
    if (fitting?.diskMb !== undefined) await largeDisk(data);
  }
  rmSync(labPaths(state.lab).state, { force: true });
}

/** Deletes a lab's data; its directory stays while the lock lies in it. */
export function wipe(lab: string): void {
  const { root, lock } = labPaths(lab);
  for (const entry of readdirSync(root)) {
    const path = join(root, entry);
    if (path !== lock) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * Makes the network and starts the agents; does not wait for their health.
 * @throws Error when the lab runs, or its subnet is in use.
 */
export async function create(
  lab: string,
  previous: LabState | undefined,
  options: UpOptions,
  fallbackSubnet: string,
): Promise<LabState> {
  const running = runningSince(previous);
  if (running !== undefined)
    throw new Error(
      `lab '${lab}' is running already (${running}, since ${previous?.started}): ` +
        "see 'dialtone lab status', or take it down with 'dialtone lab down'",
    );
  if (previous) await sweep(previous);
  if (options.fresh) wipe(lab);
  const cluster = clusterOf(lab, options.subnet, fallbackSubnet, options.settings ?? {});
  const plan = planAddresses(subnetOf(serviceIp(cluster)));
  if (!options.isolated) await checkSubnetFree(plan.subnet, machineLinkOf(lab));
  const state = newState(lab, cluster, plan, options);
  const foreign = [state.switchNamespace, ...Object.values(state.hosts).map((host) => host.namespace)].filter(
    namespaceExists,
  );
  if (foreign.length > 0)
    throw new Error(
      `the network namespaces ${foreign.join(", ")} exist, but lab '${lab}' has no record of making them; ` +
        `if nobody needs them: ${foreign.map((name) => `ip netns del ${name}`).join("; ")}`,
    );
  for (const [name, host] of Object.entries(state.hosts)) {
    if (host.data === null) continue;
    mkdirSync(host.data, { recursive: true, mode: 0o755 });
    const [own, shared] = [labPaths(lab).hostCluster(name), labPaths(lab).cluster];
    for (const [link, target] of [
      [own, shared] as const,
      [secretsFileOf(own), secretsFileOf(shared)] as const,
    ]) {
      rmSync(link, { force: true });
      symlinkSync(target, link);
    }
  }
  saveState(state);
  try {
    const contexts = nodes(cluster).map((self): HostContext => {
      const [data, clusterFile] = [labPaths(lab).host(self.name), labPaths(lab).hostCluster(self.name)];
      return { cluster, secrets: loadSecrets(clusterFile), self, dirs: hostDirs(data), clusterFile };
    });
    await Promise.all([
      createNetwork(state, `${plan.machine}/${plan.bits}`),
      makeFirstDatabases(contexts, AbortSignal.timeout(firstDatabaseMs)),
      compileAhead(),
    ]);
    for (const [name, host] of Object.entries(state.hosts)) host.keeper = startAgent(lab, name, host);
  } catch (error) {
    await sweep(state);
    throw error;
  }
  if (options.detach) state.owner = null;
  saveState(state);
  return state;
}

async function until(condition: () => boolean, deadlineMs: number, hurry?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + deadlineMs;
  while (!condition()) {
    if (hurry?.aborted || performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

/**
 * Orderly end: every agent is asked to stop (they agree on the order among themselves). Where that fails or takes
 * longer than `graceMs`, the host's processes get SIGTERM, and at last SIGKILL; at once when
 * `graceMs` is 0 or `hurry` aborts.
 * Returns the hosts whose agents did not end by themselves.
 */
export async function destroy(state: LabState, graceMs: number, hurry?: AbortSignal): Promise<string[]> {
  for (const { data, fitting } of Object.values(state.hosts)) if (fitting?.image && data !== null) thaw(data);
  for (const pause of state.paused) for (const id of pause.processes) signal(id, "SIGCONT");
  const end = async ([name, host]: [string, LabHost]): Promise<string[]> =>
    graceMs === 0 || (await stopHost(host, graceMs, hurry)) ? [] : [name];
  const stubborn = await Promise.all(Object.entries(state.hosts).map(end));
  await sweep(state);
  return stubborn.flat();
}

/** Orderly stop of one host's agent and parts; by force when it takes longer. Returns false then. */
export async function stopHost(host: LabHost, graceMs: number, hurry?: AbortSignal): Promise<boolean> {
  if (!host.powered || host.data === null) return true;
  const { keeper, namespace } = host;
  const ended = () => (keeper === null || !isAlive(keeper)) && processesIn(namespace).length === 0;
  const asked = await askSocket(agentSocketOf(host.data), "POST", "/stop", { deadlineMs: 2000 }).then(
    () => true,
    () => false,
  );
  if (asked && (await until(ended, graceMs, hurry))) return true;
  if (keeper) signal(keeper, "SIGKILL");
  for (const id of processesIn(namespace)) signal(id, "SIGTERM");
  await until(() => processesIn(namespace).length === 0, 5000, hurry);
  return false;
}
