import { setTimeout as delay } from "node:timers/promises";
import { switchOver } from "../client/switchover.ts";
import { agentSocketOf } from "../lab/agents.ts";
import type { HostStatus, Lab, Moment } from "../lab/lab.ts";
import { activeNodes } from "../lab/readiness.ts";
import type { DrillKind, Fitting, Role, Step } from "./catalogue.ts";
import { untilGreen } from "./cluster-view.ts";
import { labGround } from "./ground.ts";
import { maintain } from "./maintenance.ts";

/** From what the catalogue says to what happens in a lab. */

/** A cluster whose databases follow each other may have no witness. */
export type Roles = Record<Exclude<Role, "witness">, string> & { witness: string | undefined };

/** @throws Error when this cluster has nobody of that role. */
export function hostOf(roles: Roles, role: Role): string {
  const host = roles[role];
  if (host === undefined) throw new Error(`this drill needs a ${role}, and this cluster has none`);
  return host;
}

/** Who is what now. @throws Error when there is not exactly one active node, or no standby. */
export function rolesOf(hosts: HostStatus[]): Roles {
  const [active, ...more] = activeNodes(hosts);
  if (active === undefined || more.length > 0)
    throw new Error("a drill needs exactly one node that holds the service address");
  const standby = hosts.find((host) => host.role === "node" && host.name !== active)?.name;
  const witness = hosts.find((host) => host.role === "witness")?.name;
  if (standby === undefined) throw new Error("a drill needs two nodes");
  return { active, standby, witness };
}

/** The hosts that a drill does something to, each once. Pure. */
export const targetsOf = (steps: readonly Step[], roles: Roles): string[] => [
  ...new Set(
    steps.flatMap((step) =>
      step.do === "wait"
        ? []
        : step.do === "switchover"
          ? [roles.active]
          : step.do === "rolling-restart"
            ? Object.values(roles).filter((host) => host !== undefined)
            : step.do === "cut"
              ? [hostOf(roles, step.from)]
              : [hostOf(roles, step.on)],
    ),
  ),
];

/** Does one step; the moment of it, but for a wait. */
async function doStep(lab: Lab, step: Step, roles: Roles, signal: AbortSignal): Promise<Moment | undefined> {
  switch (step.do) {
    case "kill":
      return lab.kill(hostOf(roles, step.on), undefined, { unsynced: step.unsynced ?? false });
    case "kill-part":
      return lab.kill(hostOf(roles, step.on), step.part);
    case "pause-part":
      return lab.pause(hostOf(roles, step.on), step.part);
    case "cut":
      return lab.cut(hostOf(roles, step.from), step.to === "everyone" ? "*" : hostOf(roles, step.to), {
        oneWay: step.oneWay ?? false,
        loss: step.loss ?? 100,
      });
    case "clock":
      return lab.clock(hostOf(roles, step.on), step.seconds);
    case "fill-disk":
      return lab.fillDisk(hostOf(roles, step.on));
    case "hang-disk":
      return lab.hangDisk(hostOf(roles, step.on));
    case "busy":
      return lab.busy(hostOf(roles, step.on), step.loops);
    case "switchover": {
      const moment = { mono_ms: Number(process.hrtime.bigint()) / 1e6, wall_ms: Date.now(), within_ms: 0 };
      await switchOver(agentSocketOf(lab.state().hosts[roles.active]?.data ?? ""), false, [
        "not-drilled",
        "drill-failed",
      ]);
      return moment;
    }
    case "rolling-restart":
      return maintain(lab, "rolling-restart", signal);
    case "wait":
      await delay(step.ms, undefined, { signal });
      return undefined;
  }
}

/** Lets a drill's fault happen. @returns the moment of its first step. */
export async function inject(
  lab: Lab,
  steps: readonly Step[],
  roles: Roles,
  signal: AbortSignal,
): Promise<Moment> {
  let first: Moment | undefined;
  for (const step of steps) {
    const moment = await doStep(lab, step, roles, signal);
    first ??= moment;
  }
  if (!first) throw new Error("a drill without a fault");
  return first;
}

/** Room for the database's log and Galera's cache, and some more. */
const smallDiskMb = 400;

const fittings: Record<Fitting, Parameters<Lab["refit"]>[1]> = {
  "movable-clock": { clock: true },
  "small-disk": { diskMb: smallDiskMb },
  "hangable-disk": { diskMb: smallDiskMb, image: true },
};

/**
 * Gives a lab's nodes what a drill needs, one after the other, standby first, and takes it away again when disposed of.
 */
export async function equip(
  lab: Lab,
  kind: Pick<DrillKind, "fitting">,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const { fitting } = kind;
  if (fitting === undefined) return { [Symbol.asyncDispose]: async () => {} };
  const ground = labGround(lab);
  const waiting = (why: string[]) => tell(`waiting: ${why.join("; ")}`);
  const refitAll = async (wanted: Parameters<Lab["refit"]>[1], stop: AbortSignal) => {
    const { active, standby, witness } = rolesOf((await ground.look()).hosts);
    // A witness has no clock that counts, and little to write.
    const third = fitting === "hangable-disk" && witness !== undefined ? [witness] : [];
    for (const host of [...third, standby, active]) {
      tell(`restarting ${host} ${Object.keys(wanted).length > 0 ? `with a ${fitting}` : "as it was"}`);
      await lab.refit(host, wanted);
      await untilGreen(ground, 120_000, waiting, stop);
    }
  };
  // Also after an abort: what is left behind would falsify whatever comes next.
  const restore = () => refitAll({}, new AbortController().signal);
  try {
    await refitAll(fittings[fitting], signal);
  } catch (error) {
    await restore();
    throw error;
  }
  return { [Symbol.asyncDispose]: restore };
}
