import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { isAlive } from "../host/process.ts";
import { bareRoles, labPaths } from "./names.ts";

/**
 * lab.json: what this lab made on this machine, written before each thing is made. It is the only source from
 * which anything is ever removed.
 */
const processSchema = z.object({ pid: z.int().positive(), start: z.string() });

const hostSchema = z.object({
  role: z.enum(["node", "witness", "edge", ...bareRoles]),
  namespace: z.string(),
  interface: z.string(),
  mac: z.string(),
  /** With prefix length; the first one is the host's own. */
  addresses: z.array(z.string()).min(1),
  /** Data directory of the host's agent; null: no agent (`bareRoles`). */
  data: z.string().nullable(),
  powered: z.boolean(),
  /** The keeper that runs the agent and restarts it, as systemd does on a real host. */
  keeper: processSchema.nullable(),
  /** Equipment for faults that need some: `refit`. */
  fitting: z
    .object({
      /** Its processes read their wall clock through libfaketime. */
      clock: z.boolean().optional(),
      /** Its data is on a file system of so many MiB of its own (tmpfs). */
      diskMb: z.int().positive().optional(),
      /** That is an ext4 file system in an image, which can hang. */
      image: z.boolean().optional(),
    })
    .optional(),
});

const cutSchema = z.object({
  /** A host, or `*` for everyone. */
  from: z.string(),
  to: z.string(),
  /** false: also from `to` to `from`. */
  oneWay: z.boolean(),
  /** Percent of the frames that are lost; 100: all. */
  loss: z.int().min(1).max(100),
});

const pauseSchema = z.object({ host: z.string(), part: z.string(), processes: z.array(processSchema) });

const stateSchema = z.object({
  v: z.literal(1),
  lab: z.string(),
  subnet: z.string(),
  isolated: z.boolean(),
  /** The kernel's boot id: nothing recorded under another one exists any more. */
  boot: z.string(),
  /** RFC 3339 time of `lab up`. */
  started: z.string(),
  /** The foreground `lab up`; null: left running by --detach. */
  owner: processSchema.nullable(),
  switchNamespace: z.string(),
  machineLink: z.string().nullable(),
  service: z.string(),
  hosts: z.record(z.string(), hostSchema),
  cuts: z.array(cutSchema),
  paused: z.array(pauseSchema),
  /** Busy loops that `busy` has started. */
  loops: z.array(z.object({ host: z.string(), processes: z.array(processSchema) })).optional(),
  /** Processes that belong to the lab but to no agent, such as the answering telephone. */
  extras: z.array(
    z.object({
      name: z.string(),
      host: z.string(),
      /** How it is started again when its host gets its power back. */
      argv: z.array(z.string()).min(1),
      log: z.string(),
      process: processSchema,
    }),
  ),
});

export type LabState = z.infer<typeof stateSchema>;
export type LabHost = LabState["hosts"][string];
export type Cut = z.infer<typeof cutSchema>;

export const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** The recorded state; undefined when this lab was never up or was taken down. @throws Error when unreadable. */
export function loadState(lab: string): LabState | undefined {
  const file = labPaths(lab).state;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const state = stateSchema.safeParse(JSON.parse(text));
  if (!state.success)
    throw new Error(
      `${file} was written by another release of Dialtone; take the lab down with that release first`,
    );
  return state.data.boot === bootId() ? state.data : undefined;
}

export function saveState(state: LabState): void {
  writeFileAtomic.sync(labPaths(state.lab).state, `${JSON.stringify(state, null, 2)}\n`);
}

/**
 * Runs `work` while no other lab command changes this lab. The kernel holds the lock (flock(2)) for a child that
 * ends with us, so that it is never left behind, not even by kill -9.
 * @throws Error when another command holds it for more than `waitSeconds`.
 */
export async function withLock<Result>(
  lab: string,
  work: () => Promise<Result>,
  waitSeconds = 120,
): Promise<Result> {
  const paths = labPaths(lab);
  mkdirSync(paths.root, { recursive: true, mode: 0o755 });
  // A session of its own: Ctrl-C in the terminal must not take the lock away while we still work.
  const holder = spawn(
    "flock",
    ["--exclusive", "--wait", String(waitSeconds), paths.lock, "sh", "-c", "echo held; exec cat >/dev/null"],
    { stdio: ["pipe", "pipe", "ignore"], detached: true },
  );
  const ended = once(holder, "close");
  const held = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
  if (!held)
    throw new Error(`lab '${lab}' is busy: another lab command has been changing it for ${waitSeconds} s`);
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}

export const namespaceExists = (namespace: string): boolean => existsSync(`/run/netns/${namespace}`);

/** @throws Error that lists the hosts there are. */
export function hostNamed(state: LabState, name: string): LabHost {
  const host = state.hosts[name];
  if (!host)
    throw new Error(`no host '${name}' in lab '${state.lab}'; it has ${Object.keys(state.hosts).join(", ")}`);
  return host;
}

/** The host, switched on. @throws Error when it is not. */
export function poweredHost(state: LabState, name: string): LabHost {
  const host = hostNamed(state, name);
  if (!host.powered)
    throw new Error(`host '${name}' of lab '${state.lab}' has no power; dialtone lab heal ${name}`);
  return host;
}

/** Why a lab counts as running, undefined when it does not: a crashed foreground lab is not running. */
export function runningSince(state: LabState | undefined): string | undefined {
  if (!state) return undefined;
  if (state.owner !== null) return isAlive(state.owner) ? `by process ${state.owner.pid}` : undefined;
  return namespaceExists(state.switchNamespace) ? "detached" : undefined;
}
