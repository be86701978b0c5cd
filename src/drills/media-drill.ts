import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Table from "cli-table3";
import { agentSocketOf } from "../lab/agents.ts";
import type { Lab, Moment } from "../lab/lab.ts";
import { activeNodes, whyNotGreen } from "../lab/readiness.ts";
import { waitForGreen } from "./cluster-view.ts";
import { type Spread, spread } from "./measure.ts";
import { type MediaFigures, openMediaCalls } from "./media-calls.ts";

/** Drills with conversations: established calls with audio, a fault, and what both ends heard of it. */

export type MediaFault =
  | { kind: "host-death" }
  | { kind: "process-death" | "process-hang"; part: string; on: "active" | "standby" }
  | { kind: "switchover" };

export interface MediaDrillOptions {
  fault: MediaFault;
  runs: number;
  /** Established calls. */
  calls: number;
  transport?: "udp" | "tcp";
  tell: (text: string) => void;
  signal: AbortSignal;
}

export interface MediaRun {
  run: number;
  /** Host on which it happened. */
  host: string;
  /** Calls that were set up while it happened, and those of them that were not answered, and the longest set-up. */
  attempts: number;
  attempts_failed: number;
  slowest_ms: number;
  media: MediaFigures;
  heal_ms: number;
}

export interface MediaDrillResult {
  drill: string;
  lab: string;
  calls: number;
  started: string;
  finished: string;
  runs: MediaRun[];
  summary: {
    gap_ms: Spread | null;
    /** Median of the runs' medians. */
    gap_median_ms: number | null;
    calm_gap_ms: Spread | null;
    lost: Spread | null;
    dropped: number;
    byes_failed: number;
    records_wrong: number;
    attempts: number;
    attempts_failed: number;
    slowest_ms: number;
  };
  broken: string[];
}

const greenMs = 120_000;
/** Conversation after the fault, before anybody hangs up. */
const afterMs = 4000;
/** A new call every so often around the fault. */
const attemptEveryMs = 100;

/** Lets the fault happen; the moment of it for takeovers. @throws Error when it can not. */
export async function inject(lab: Lab, fault: MediaFault, host: string): Promise<Moment | undefined> {
  switch (fault.kind) {
    case "host-death":
      return lab.kill(host);
    case "process-death":
      return lab.kill(host, fault.part);
    case "process-hang":
      return lab.pause(host, fault.part);
    case "switchover": {
      const { switchOver } = await import("../client/switchover.ts");
      const socket = agentSocketOf(lab.state().hosts[host]?.data ?? "");
      await switchOver(socket, false, ["not-drilled", "drill-failed"]);
      return undefined;
    }
  }
}

/**
 * Runs a drill with conversations in a running lab, and appends the result to the lab's drills.jsonl.
 * @throws Error when the cluster is not green before a run, or calls can not be set up before the fault.
 */
export async function mediaDrill(lab: Lab, options: MediaDrillOptions): Promise<MediaDrillResult> {
  const { fault, signal } = options;
  const started = new Date().toISOString();
  const runs: MediaRun[] = [];
  await using calls = await openMediaCalls(lab, fault.kind, options.transport);
  try {
    for (let run = 1; run <= options.runs; run++) {
      signal.throwIfAborted();
      const tell = (text: string) => options.tell(`run ${run}/${options.runs}: ${text}`);
      const { hosts } = await lab.status();
      const reasons = whyNotGreen(hosts);
      if (reasons.length > 0) throw new Error(`a drill needs a green cluster: ${reasons.join("; ")}`);
      const [active = ""] = activeNodes(hosts);
      const standby = hosts.find((host) => host.role === "node" && host.name !== active)?.name ?? "";
      const host = "on" in fault && fault.on === "standby" ? standby : active;
      await calls.begin(options.calls);
      tell(`${options.calls} calls talk; ${fault.kind}${"part" in fault ? ` ${fault.part}` : ""} on ${host}`);

      // New calls come in all the time, without audio's load: one every 100 ms.
      const stop = new AbortController();
      const attempts = attempt(calls.telephones, stop.signal);
      await delay(500, undefined, { signal });
      await calls.mark();
      await inject(lab, fault, host);
      await delay(afterMs, undefined, { signal });
      stop.abort();
      const tried = await attempts;
      const media = await calls.end();
      const healed = performance.now();
      await lab.heal();
      await waitForGreen(lab, greenMs, (why) => tell(`waiting: ${why.join("; ")}`), signal);
      const result = { run, host, ...tried, media, heal_ms: Math.round(performance.now() - healed) };
      runs.push(result);
      tell(
        `gap ${spreadText(media.gap_ms)} ms, lost ${media.lost_total} of ${media.packets} packets, dropped ${media.dropped}, BYEs failed ${media.byes_failed}, records exact ${media.records.exact}/${media.calls}, new calls failed ${tried.attempts_failed}/${tried.attempts}`,
      );
    }
  } finally {
    await lab.heal();
  }
  const result = summarise({ fault, lab: lab.name, calls: options.calls, started, runs });
  await appendFile(join(lab.paths.root, "drills.jsonl"), `${JSON.stringify(result)}\n`);
  return result;
}

/** Sets up call after call, each hung up at once, until `signal` aborts. */
async function attempt(
  telephones: Awaited<ReturnType<typeof openMediaCalls>>["telephones"],
  signal: AbortSignal,
): Promise<Pick<MediaRun, "attempts" | "attempts_failed" | "slowest_ms">> {
  const tries: Promise<number>[] = [];
  while (!signal.aborted) {
    tries.push(one(telephones));
    await delay(attemptEveryMs, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
  }
  const times = await Promise.all(tries);
  const good = times.filter((ms) => ms >= 0);
  return {
    attempts: times.length,
    attempts_failed: times.length - good.length,
    slowest_ms: Math.round(Math.max(0, ...good)),
  };
}

/** One short call; its set-up time in ms, or -1 when it was not answered. */
async function one(telephones: Awaited<ReturnType<typeof openMediaCalls>>["telephones"]): Promise<number> {
  const began = Date.now();
  const [id] = await telephones.calls({ count: 1 });
  if (id === undefined) return -1;
  const leg = (await telephones.report([id])).legs.find((candidate) => candidate.side === "caller");
  await telephones.bye([id], "caller");
  await telephones.close([id]);
  return (leg?.answeredAt ?? Date.now()) - (leg?.startedAt ?? began);
}

function summarise(drill: {
  fault: MediaFault;
  lab: string;
  calls: number;
  started: string;
  runs: MediaRun[];
}): MediaDrillResult {
  const { fault, runs, ...rest } = drill;
  const total = (pick: (run: MediaRun) => number) => runs.reduce((sum, run) => sum + pick(run), 0);
  const widest = (pick: (media: MediaFigures) => Spread | null): Spread | null => {
    const all = runs.flatMap(({ media }) => pick(media) ?? []);
    const medians = spread(all.map((one) => one.median));
    return (
      medians && {
        min: Math.min(...all.map((one) => one.min)),
        median: medians.median,
        max: Math.max(...all.map((one) => one.max)),
      }
    );
  };
  const gap = widest((media) => media.gap_ms);
  const summary = {
    gap_ms: gap,
    gap_median_ms: gap?.median ?? null,
    calm_gap_ms: widest((media) => media.calm_gap_ms),
    lost: widest((media) => media.lost),
    dropped: total((run) => run.media.dropped),
    byes_failed: total((run) => run.media.byes_failed),
    records_wrong: total((run) => run.media.records.wrong.length),
    attempts: total((run) => run.attempts),
    attempts_failed: total((run) => run.attempts_failed),
    slowest_ms: Math.max(0, ...runs.map((run) => run.slowest_ms)),
  };
  const promises: [number, string][] = [
    [summary.dropped, "calls dropped"],
    [summary.byes_failed, "calls that could not be hung up"],
    [summary.records_wrong, "call records missing or wrong"],
    [fault.kind === "switchover" ? summary.attempts_failed : 0, "call attempts failed"],
  ];
  const broken = promises.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  const where = "part" in fault ? ` ${fault.part} on the ${fault.on} node` : "";
  return {
    drill: `${fault.kind}${where} --media`,
    ...rest,
    finished: new Date().toISOString(),
    runs,
    summary,
    broken,
  };
}

const spreadText = (value: Spread | null): string =>
  value ? `${value.min} / ${value.median} / ${value.max}` : "–";

/** The result for people. Pure. */
export function mediaText(result: MediaDrillResult): string {
  const table = new Table({
    head: [
      "run",
      "host",
      "gap ms",
      "before",
      "lost",
      "dropped",
      "BYE failed",
      "records",
      "new calls",
      "slowest",
      "green",
    ],
    style: { head: [], border: [] },
  });
  for (const { run, host, media, attempts, attempts_failed, slowest_ms, heal_ms } of result.runs)
    table.push([
      ...[run, host, spreadText(media.gap_ms), media.calm_gap_ms?.max ?? "–", spreadText(media.lost)],
      ...[media.dropped, media.byes_failed, `${media.records.exact}/${media.calls}`],
      ...[`${attempts - attempts_failed}/${attempts}`, slowest_ms, heal_ms],
    ]);
  const { summary } = result;
  return [
    `${result.drill}: ${result.calls} calls with audio, ${result.runs.length} runs; min / median / max over both ends of all calls`,
    table.toString(),
    `  longest wait for a packet        ${spreadText(summary.gap_ms)} ms   (before the fault: ${spreadText(summary.calm_gap_ms)})`,
    `  packets lost by one end          ${spreadText(summary.lost)}`,
    `  new calls not answered           ${summary.attempts_failed} of ${summary.attempts}, slowest set-up ${summary.slowest_ms} ms`,
    result.broken.length === 0
      ? "passed: no call dropped, all could hang up, all records exact to a second"
      : `BROKEN: ${result.broken.join("; ")}`,
  ].join("\n");
}
