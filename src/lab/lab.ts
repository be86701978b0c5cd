import { messageOf } from "../base/message.ts";
import { NoAnswer } from "../http/client.ts";
import { askCluster, askReport } from "../report/ask.ts";
import type { HostReport } from "../report/host-report.ts";
import { agentSocketOf, spawnIn } from "./agents.ts";
import type { Moment } from "./faults.ts";
import type { Fitting } from "./fitting.ts";
import type { UpOptions } from "./lifecycle.ts";
import { checkLabName, defaultSubnet, isManned, type LabRole, labPaths } from "./names.ts";
import {
  type Cut,
  type LabState,
  loadState,
  poweredHost,
  runningSince,
  saveState,
  withLock,
} from "./state.ts";

export type { Moment } from "./faults.ts";
export type { LabState } from "./state.ts";

/** How a host of a lab is right now. */
export interface HostStatus {
  name: string;
  role: LabRole;
  namespace: string;
  address: string;
  powered: boolean;
  /** Parts that `pause` has stopped. */
  paused: string[];
  /** What the host's agent answers to GET /status; null: no agent, or it does not answer. */
  agent: HostReport | null;
  /** What its agent told the others before it fell silent, and how old that is; only when `agent` is null. */
  last?: { ageMs: number; report: HostReport };
  /** Why `agent` is null although there should be one. */
  problem?: string;
}

export interface LabStatus {
  lab: string;
  running: boolean;
  started: string;
  isolated: boolean;
  subnet: string;
  service: string;
  cuts: Cut[];
  hosts: HostStatus[];
}

export interface DownOptions {
  /** Time for an orderly stop, default 30 s; 0: none. */
  graceMs?: number;
  /** Delete the data too. */
  wipe?: boolean;
  /** When it aborts, what is not stopped yet is killed. */
  hurry?: AbortSignal;
}

/** A lab on this machine by name: hosts as network namespaces, and everything that can go wrong with them. */
export interface Lab {
  readonly name: string;
  readonly paths: ReturnType<typeof labPaths>;
  /** The recorded state. @throws Error when the lab is not up. */
  state(): LabState;
  /** Whether it is recorded as made; also true for one that a crash left behind. */
  isUp(): boolean;
  /** Makes the network, starts the agents; does not wait for their health. */
  up(options: UpOptions): Promise<LabState>;
  /** Takes everything away but the data. Returns the hosts that did not stop in time and were killed. */
  down(options?: DownOptions): Promise<{ wasUp: boolean; killed: string[] }>;
  status(): Promise<LabStatus>;
  /**
   * Power cut of a host; or, with a part, SIGKILL of that part. `stayDead`: nothing restarts the agent. `unsynced`: what
   * it had in memory alone is gone too.
   */
  kill(host: string, part?: string, options?: { stayDead?: boolean; unsynced?: boolean }): Promise<Moment>;
  /** SIGSTOP of a part, or of everything on the host, until `resume` or `heal`. */
  pause(host: string, part?: string): Promise<Moment>;
  resume(host?: string, part?: string): Promise<void>;
  /** Drops all frames between two hosts (`*`: everyone, the default), or `loss` percent of them. */
  cut(from: string, to?: string, options?: { oneWay?: boolean; loss?: number }): Promise<Moment>;
  /** A host's wall clock jumps: `seconds` from the true time. Needs `refit` with a clock. */
  clock(host: string, seconds: number): Promise<Moment>;
  /** Fills a host's disk. Needs `refit` with a disk. */
  fillDisk(host: string): Promise<Moment>;
  /** A host's disk stops to answer, until `heal`. Needs `refit` with an image. */
  hangDisk(host: string): Promise<Moment>;
  /** Starts busy loops on a host. */
  busy(host: string, loops: number): Promise<Moment>;
  /** Stops a host in good order and starts it again with other equipment; does not wait for its health. */
  refit(host: string, fitting: Fitting): Promise<void>;
  /** Repairs power, cables and pauses of one host, or of all. */
  heal(host?: string): Promise<void>;
  /** The words to put before a command so that it runs on a host. */
  prefix(host: string): string[];
  /** Runs a command on a host; its output comes back, or goes to our own terminal with `inherit`. */
  exec(
    host: string,
    command: string[],
    options?: { inherit?: boolean; signal?: AbortSignal },
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  /** Starts something that ends with the lab and comes back with its host's power, such as a telephone. */
  startExtra(name: string, host: string, argv: string[], log: string): Promise<void>;
}

/** In words: no socket or nobody at it, a deadline, or whatever else it was. */
function whyNoAnswer(error: unknown): string {
  const code = error instanceof NoAnswer ? error.code : "";
  if (code === "ENOENT" || code === "ECONNREFUSED") return "its agent is not there (yet)";
  if (code === "TimeoutError") return "its agent does not answer";
  return messageOf(error);
}

async function hostStatus(state: LabState, name: string): Promise<HostStatus> {
  const host = state.hosts[name];
  if (!host) throw new Error(`no host '${name}'`);
  const status: HostStatus = {
    name,
    role: host.role,
    namespace: host.namespace,
    address: (host.addresses[0] ?? "").split("/")[0] ?? "",
    powered: host.powered,
    paused: state.paused.filter((pause) => pause.host === name).map((pause) => pause.part),
    agent: null,
  };
  if (!host.powered || host.data === null) return status;
  try {
    status.agent = await askReport(agentSocketOf(host.data));
  } catch (error) {
    status.problem = whyNoAnswer(error);
  }
  return status;
}

/** What a host that hears more remembers of those that do not answer. */
async function rememberSilent(state: LabState, hosts: HostStatus[]): Promise<void> {
  const silent = hosts.filter((host) => isManned(host) && !host.agent);
  const teller = hosts.find((host) => host.agent);
  const data = teller && state.hosts[teller.name]?.data;
  if (silent.length === 0 || !data) return;
  try {
    const known = await askCluster(agentSocketOf(data));
    for (const host of silent) {
      const last = known.find(({ report }) => report.host === host.name);
      if (last) host.last = last;
    }
  } catch (error) {
    // It answered a moment ago; without its memory the others are silent since an unknown time.
    teller.problem = whyNoAnswer(error);
  }
}

type Faults = typeof import("./faults.ts");
/** Who only looks at a lab does not wait until what makes and breaks one is loaded. */
const lifecycle = () => import("./lifecycle.ts");

/** A handle to a lab, running or not. @throws Error when the name can not be one. */
export function openLab(labName: string): Lab {
  const name = checkLabName(labName);
  const paths = labPaths(name);

  const state = (): LabState => {
    const found = loadState(name);
    if (!found) throw new Error(`lab '${name}' is not up; start it with 'dialtone lab up' (or npm start)`);
    return found;
  };
  const changing = <Result>(change: (current: LabState) => Promise<Result>): Promise<Result> =>
    withLock(name, () => change(state()));
  const breaking = <Result>(
    work: (faults: Faults, current: LabState) => Result | Promise<Result>,
  ): Promise<Result> => changing(async (current) => work(await import("./faults.ts"), current));
  const prefix = (host: string) => ["ip", "netns", "exec", poweredHost(state(), host).namespace];

  return {
    name,
    paths,
    state,
    isUp: () => loadState(name) !== undefined,
    prefix,
    up: (options) =>
      withLock(name, async () => {
        const { create } = await lifecycle();
        return create(name, loadState(name), options, defaultSubnet);
      }),
    down: (options = {}) =>
      withLock(name, async () => {
        const { destroy, wipe } = await lifecycle();
        const current = loadState(name);
        const killed = current ? await destroy(current, options.graceMs ?? 30_000, options.hurry) : [];
        if (options.wipe) wipe(name);
        return { wasUp: current !== undefined, killed };
      }),
    status: async () => {
      const current = state();
      const hosts = await Promise.all(Object.keys(current.hosts).map((host) => hostStatus(current, host)));
      await rememberSilent(current, hosts);
      return {
        lab: name,
        running: runningSince(current) !== undefined,
        started: current.started,
        isolated: current.isolated,
        subnet: current.subnet,
        service: current.service,
        cuts: current.cuts,
        hosts,
      };
    },
    kill: (host, part, options = {}) =>
      breaking((faults, current) =>
        part === undefined
          ? faults.killHost(current, host, options.unsynced)
          : faults.killPart(current, host, part, options.stayDead ?? false),
      ),
    pause: (host, part) => breaking((faults, current) => faults.pausePart(current, host, part)),
    resume: (host, part) => breaking((faults, current) => faults.resume(current, host, part)),
    cut: (from, to = "*", options = {}) =>
      breaking((faults, current) =>
        faults.cutLink(current, { from, to, oneWay: options.oneWay ?? false, loss: options.loss ?? 100 }),
      ),
    clock: (host, seconds) => breaking((faults, current) => faults.jumpClock(current, host, seconds)),
    fillDisk: (host) => breaking((faults, current) => faults.fillDisk(current, host)),
    hangDisk: (host) => breaking((faults, current) => faults.hangDisk(current, host)),
    busy: (host, loops) => breaking((faults, current) => faults.busy(current, host, loops)),
    refit: (host, fitting) =>
      changing(async (current) => (await import("./fitting.ts")).refit(current, host, fitting)),
    heal: (host) => breaking((faults, current) => faults.heal(current, host)),
    exec: async (host, command, options = {}) => {
      const [program = "", ...words] = [...prefix(host), ...command];
      const { execa } = await import("execa");
      const result = await execa(program, words, {
        reject: false,
        ...(options.inherit ? { stdio: "inherit" } : { stdin: "ignore" }),
        ...(options.signal ? { cancelSignal: options.signal } : {}),
      });
      return {
        code: result.exitCode ?? 128,
        stdout: String(result.stdout ?? ""),
        stderr: String(result.stderr ?? ""),
      };
    },
    startExtra: (extra, host, argv, log) =>
      changing(async (current) => {
        const started = spawnIn(poweredHost(current, host).namespace, argv, log);
        current.extras = current.extras.filter((other) => other.name !== extra);
        current.extras.push({ name: extra, host, argv, log, process: started });
        saveState(current);
      }),
  };
}
