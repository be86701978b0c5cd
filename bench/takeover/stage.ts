import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { macOf, namespaceOf, outsideHost, switchNamespaceOf } from "../../src/lab/names.ts";
import { connectHost, createNetwork, destroyNetwork, disconnectHost, unplug } from "../../src/lab/network.ts";
import { ip } from "../../src/lab/shell.ts";
import { bootId, type LabState } from "../../src/lab/state.ts";

/** Two hosts, a switch and callers, wired as in Dialtone's lab, for other software than Dialtone. */

export const service = "198.18.78.100";
export const addresses = { a: "198.18.78.11", b: "198.18.78.12", [outsideHost]: "198.18.78.1" } as const;
export type NodeName = "a" | "b";
export const nodeNames = ["a", "b"] as const;
const lab = "takeover";

export interface Stage extends AsyncDisposable {
  /** For configurations and logs; goes away with the stage. */
  readonly directory: string;
  namespace(host: keyof typeof addresses): string;
  /** Starts something on a host; it ends with the host's power. Its output goes to DIRECTORY/NAME-HOST.log. */
  start(host: NodeName, name: string, argv: string[]): void;
  /** Who has the service address on its interface. */
  holders(): Promise<NodeName[]>;
  /** Cable dead, then everything on it killed. @returns when, ms since 1970 */
  kill(host: NodeName): Promise<number>;
  plug(host: NodeName): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const host = (name: keyof typeof addresses, role: "node" | "outside") => ({
    role,
    namespace: namespaceOf(lab, name),
    interface: "eth0",
    mac: macOf(lab, name),
    addresses: [`${addresses[name]}/24`],
    data: null,
    powered: true,
    keeper: null,
  });
  const state: LabState = {
    v: 1,
    lab,
    subnet: "198.18.78.0/24",
    isolated: true,
    boot: bootId(),
    started: new Date().toISOString(),
    owner: null,
    switchNamespace: switchNamespaceOf(lab),
    machineLink: null,
    service,
    cuts: [],
    paused: [],
    extras: [],
    hosts: { a: host("a", "node"), b: host("b", "node"), [outsideHost]: host(outsideHost, "outside") },
  };
  const hostOf = (name: NodeName) => state.hosts[name] as LabState["hosts"][string];
  // A run that was killed may have left its own.
  await destroyNetwork(state);
  const directory = await mkdtemp(join(tmpdir(), "dialtone-takeover-"));
  await createNetwork(state, "");
  return {
    directory,
    namespace: (name) => namespaceOf(lab, name),
    start: (name, what, argv) => {
      const log = openSync(join(directory, `${what}-${name}.log`), "a");
      spawn("ip", ["netns", "exec", namespaceOf(lab, name), ...argv], {
        stdio: ["ignore", log, log],
        detached: true,
      }).unref();
      closeSync(log);
    },
    holders: async () => {
      const found = await Promise.all(
        nodeNames.map(async (name) => {
          const text = await ip("-n", namespaceOf(lab, name), "-4", "-o", "addr").catch(() => ""); // no power
          return text.includes(` ${service}/`) ? [name] : [];
        }),
      );
      return found.flat();
    },
    kill: async (name) => {
      const at = Date.now();
      unplug(state, name);
      await disconnectHost(state, name, hostOf(name));
      return at;
    },
    plug: (name) => connectHost(state, name, hostOf(name)),
    [Symbol.asyncDispose]: async () => {
      await destroyNetwork(state);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A stock Kamailio that answers everything with 200, bound to the service address whether it is there or not. */
export async function startSip(stage: Stage, host: NodeName): Promise<void> {
  const config = join(stage.directory, `kamailio-${host}.cfg`);
  const run = join(stage.directory, `kamailio-${host}`);
  await mkdir(run, { recursive: true });
  await writeFile(
    config,
    `#!KAMAILIO
debug=1
log_stderror=yes
children=2
disable_tcp=yes
listen=udp:${service}:5060
loadmodule "sl.so"
request_route {
	sl_send_reply("200", "OK");
	exit;
}
`,
  );
  stage.start(host, "kamailio", [
    ...["kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", config],
    ...["-w", run, "-Y", run, "-P", join(run, "pid")],
  ]);
}

/** A question every 10 ms from outside, until `stop`. */
export function ask(namespace: string, address: string, own: string) {
  const child = execa(
    "ip",
    [
      ...["netns", "exec", namespace, process.execPath],
      ...[join(import.meta.dirname, "../takeover-probe.ts"), address, own],
    ],
    { stdin: "pipe" },
  );
  return {
    /** When each answered question was asked, ms since 1970. */
    stop: async (): Promise<number[]> => {
      child.stdin.end();
      return JSON.parse((await child).stdout) as number[];
    },
  };
}

/**
 * One host's death as callers see it: last good question → first good question, ms.
 * @param kill lets it happen; when, ms since 1970
 * @param back resolves when the service is at another host
 */
export async function measureDeath(
  asked: ReturnType<typeof ask>,
  kill: () => Promise<number>,
  back: () => Promise<unknown>,
): Promise<number> {
  await delay(3000 + randomInt(0, 1500));
  const at = await kill();
  await back();
  await delay(2000);
  const good = await asked.stop();
  const before = good.filter((moment) => moment < at).length;
  if (before < 50) throw new Error(`only ${before} questions were answered before the fault`);
  let longest = 0;
  for (const [index, moment] of good.entries())
    if (moment >= at && index > 0) longest = Math.max(longest, moment - (good[index - 1] ?? moment));
  if (longest === 0) throw new Error("no question was answered after the fault");
  return longest;
}
