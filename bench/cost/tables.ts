import { rounded } from "../common.ts";
import type { Cost } from "./meter.ts";

/** From measured costs to the rows that are printed. Pure. */

/** One rate: the same calls to the service and to the two baselines, one after the other. */
export interface Step {
  rate: number;
  /** Who held the service address. */
  holder: string;
  /** The address went elsewhere meanwhile. */
  moved: boolean;
  targets: Record<
    "service" | "alone" | "withRelay" | (string & {}),
    {
      calls: number;
      failed: number;
      repeated: number;
      setUpMs: { p50: number; p99: number };
      costs: Cost[];
    }
  >;
}

type Row = Record<string, string | number>;

const find = (costs: readonly Cost[], host: string, part: string): Cost | undefined =>
  costs.find((cost) => cost.host === host && cost.part === part);

/** ms of processor time for each call that was placed. */
const perCall = (target: Step["targets"][string] | undefined, pick: (cost: Cost) => boolean): number =>
  (target?.costs.filter(pick).reduce((sum, { ranMs }) => sum + ranMs, 0) ?? 0) /
  Math.max(1, target?.calls ?? 1);

const only = (host: string, part?: string) => (cost: Cost) =>
  cost.host === host && (part === undefined || cost.part === part);

/** What is promised: the holder beside the baselines. The agent's share is told with and without what it costs at rest. */
export function ratioRows(steps: readonly Step[], rest: readonly Cost[]): Row[] {
  return steps.map((step) => {
    const { service, alone, withRelay } = step.targets;
    const bare = perCall(alone, only("bare", "kamailio"));
    const bareRelay =
      perCall(withRelay, only("bare", "kamailio (relay)")) + perCall(withRelay, only("bare", "rtpengine"));
    const holder = perCall(service, only(step.holder));
    const kamailio = perCall(service, only(step.holder, "kamailio"));
    const agent = perCall(service, only(step.holder, "agent"));
    const agentAtRest = (10 * (find(rest, step.holder, "agent")?.percent ?? 0)) / step.rate;
    return {
      "calls/s": step.rate,
      "holder ÷ (bare + rtpengine)": rounded(holder / bareRelay),
      "kamailio ÷ bare": rounded(kamailio / bare),
      "app ms": rounded(perCall(service, only(step.holder, "app"))),
      "agent ms": rounded(agent),
      "above rest": rounded(agent - agentAtRest),
      "holder ms": rounded(holder),
      "bare ms": rounded(bare),
      "bare + rtpengine ms": rounded(bareRelay),
      failed: `${service?.failed} of ${service?.calls}`,
      "p99 ms": service?.setUpMs.p99 ?? 0,
      remarks: [
        ...(step.moved ? ["the address moved"] : []),
        ...(service?.costs ?? []).flatMap(({ host, part, restarted }) =>
          restarted ? [`${host} ${part} restarted`] : [],
        ),
      ].join(", "),
    };
  });
}

/** Every part: at rest, and at each rate what a call costs it and how long it waits for each ms that it runs. */
export function partRows(
  steps: readonly Step[],
  rest: readonly Cost[],
  memory: readonly { host: string; part: string; mib: number }[],
  holder: string,
): Row[] {
  const seen = new Map<string, { host: string; part: string }>();
  for (const cost of [...rest, ...steps.flatMap((step) => step.targets.service?.costs ?? [])])
    seen.set(`${cost.host} ${cost.part}`, cost);
  const order = (host: string) => (host === holder ? "0" : host === "bare" ? "z" : host);
  const used = (cost: { host: string; part: string }) =>
    cost.part !== "other" || (find(rest, cost.host, cost.part)?.ranMs ?? 0) > 1;
  const all = [...seen.values()]
    .filter(used)
    .sort(
      (one, other) => order(one.host).localeCompare(order(other.host)) || one.part.localeCompare(other.part),
    );
  return all.map(({ host, part }) => {
    const atRest = find(rest, host, part);
    const row: Row = {
      part: `${host}${host === holder ? " (holder)" : ""} ${part}`,
      "rest %": rounded(atRest?.percent ?? 0),
      "waits ÷ runs, rest": rounded((atRest?.waitedMs ?? 0) / Math.max(1, atRest?.ranMs ?? 1), 1),
      "syscalls/s": Math.round(atRest?.syscalls ?? 0),
      MiB: rounded(memory.find((one) => one.host === host && one.part === part)?.mib ?? 0, 0),
    };
    for (const [index, { rate, targets }] of steps.entries()) {
      const target =
        host !== "bare" ? targets.service : part === "kamailio" ? targets.alone : targets.withRelay;
      row[`ms a call at ${rate}/s`] = rounded(perCall(target, only(host, part)));
      if (index < steps.length - 1) continue;
      const cost = find(target?.costs ?? [], host, part);
      row[`waits ÷ runs at ${rate}/s`] = rounded((cost?.waitedMs ?? 0) / Math.max(1, cost?.ranMs ?? 1), 1);
      row["syscalls a call"] = rounded((cost?.syscalls ?? 0) / rate, 1);
    }
    return row;
  });
}
