import { randomInt } from "node:crypto";
import { appendFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startPhone } from "../callers/phone.ts";
import { inNamespace } from "../callers/sipp.ts";
import type { Lab, Moment } from "../lab/lab.ts";
import { outsideHost } from "../lab/names.ts";
import { recordsOf, routeNumber } from "./api.ts";
import { activeNodes, masterSince, waitForGreen, whyNotGreen } from "./cluster-view.ts";
import { type Comparison, compareLedger, isSettled } from "./ledger.ts";
import { type Figures, measure } from "./measure.ts";
import { type Prober, startProber } from "./prober.ts";
import { type DrillResult, summarise } from "./result.ts";

/** The drill "host death": calls go on, the active node loses its power, what did callers and ledger see? */

export interface HostDeathOptions {
  runs: number;
  /** Calls per second. */
  rate: number;
  /** Callers' patience, ms. */
  patienceMs: number;
  /** One line about what is going on. */
  tell: (text: string) => void;
  signal: AbortSignal;
}

export interface Run {
  run: number;
  /** RFC 3339 time of the fault. */
  at: string;
  killed: string;
  survivor: string;
  figures: Figures;
  /** Power back → all green, ms. */
  healMs: number;
  ledger: Comparison;
  /** Callers quiet → ledger complete, ms; null: not within the deadline. */
  settledMs: number | null;
}

/** A healed node may have to fetch its whole database. */
const greenDeadlineMs = 90_000;
const settleDeadlineMs = 30_000;
/** Service counts as back when calls succeed for so long again. */
const stableMs = 3000;
const backDeadlineMs = 30_000;
const drillPhonePort = 5090;

const addressOf = (lab: Lab, index: number): string => {
  const outside = lab.state().hosts[outsideHost];
  const address = outside?.addresses.at(index)?.split("/")[0];
  if (!outside || !address) throw new Error(`the lab has no host '${outsideHost}' with enough addresses`);
  return address;
};

/**
 * Runs the drill against a running lab. Always leaves the lab with power and cables in place.
 * @throws Error when the cluster is not green before a run, or calls do not go through before the fault.
 */
export async function hostDeath(lab: Lab, options: HostDeathOptions): Promise<DrillResult> {
  const started = new Date();
  const reasons = whyNotGreen((await lab.status()).hosts);
  if (reasons.length > 0)
    throw new Error(`a drill needs a green cluster, and this one is not:\n  ${reasons.join("\n  ")}`);
  const directory = join(lab.paths.root, "drills", `host-death-${started.toISOString().replaceAll(":", "")}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const namespace = lab.state().hosts[outsideHost]?.namespace ?? "";
  const phoneAddress = addressOf(lab, -1);
  await using _phone = await startPhone({
    place: inNamespace(namespace, phoneAddress),
    ...{ directory, name: "phone", port: drillPhonePort },
  });
  const number = `9973${randomInt(100_000, 999_999)}`;
  await routeNumber(lab.name, "drill-host-death", number, `sip:${number}@${phoneAddress}:${drillPhonePort}`);

  const runs: Run[] = [];
  try {
    for (let run = 1; run <= options.runs; run++) {
      options.signal.throwIfAborted();
      const place = inNamespace(namespace, addressOf(lab, -2));
      runs.push(await oneRun(lab, { ...options, run, place, directory, number }));
    }
  } finally {
    await lab.heal();
  }
  const result = summarise({
    ...{ drill: "host-death", lab: lab.name, rate: options.rate, patience_ms: options.patienceMs },
    ...{ started: started.toISOString(), finished: new Date().toISOString(), logs: directory },
    runs,
  });
  await appendFile(join(lab.paths.root, "drills.jsonl"), `${JSON.stringify(result)}\n`);
  // The callers' logs are evidence only when something went wrong.
  if (result.broken.length === 0) await rm(directory, { recursive: true, force: true });
  return result;
}

interface RunOptions extends HostDeathOptions {
  run: number;
  place: ReturnType<typeof inNamespace>;
  directory: string;
  number: string;
}

async function oneRun(lab: Lab, options: RunOptions): Promise<Run> {
  const { run, signal } = options;
  const tell = (text: string) => options.tell(`run ${run}/${options.runs}: ${text}`);
  const status = await lab.status();
  const [killed = ""] = activeNodes(status.hosts);
  const survivors = status.hosts.filter((host) => host.role === "node" && host.name !== killed);

  await using prober = await startProber({
    ...{
      place: options.place,
      directory: options.directory,
      rate: options.rate,
      patienceMs: options.patienceMs,
    },
    ...{ service: `${status.service.split("/")[0]}:5060`, from: "0445550100", to: options.number },
  });
  await warmUp(prober, options.rate, signal);
  // Not in step with anything: the fault comes at a random moment.
  await delay(randomInt(0, 1500), undefined, { signal });
  const fault: Moment = await lab.kill(killed);
  tell(`${killed} lost its power`);

  const back = await untilStable(prober, fault.wall_ms, options.rate, signal);
  const seen = await Promise.all(survivors.map((host) => masterSince(lab, host.name, fault.mono_ms)));
  const master = seen.filter((event) => event !== undefined).sort((x, y) => x.monotonicMs - y.monotonicMs)[0];
  const survivor = survivors[master ? seen.indexOf(master) : 0]?.name ?? "nobody";
  tell(back ? `calls go through ${survivor}; switching ${killed} on again` : "calls do not come back");

  // Callers go on while the node comes back: its return must not cost a call either.
  const healed = performance.now();
  await lab.heal();
  await waitForGreen(lab, greenDeadlineMs, (why) => tell(`waiting: ${why.join("; ")}`), signal);
  const healMs = Math.round(performance.now() - healed);
  await prober.finish();

  const attempts = prober.attempts();
  // Both clocks are this machine's: the span is taken from the monotonic one.
  const masterAt = master ? fault.wall_ms + (master.monotonicMs - fault.mono_ms) : undefined;
  const figures = measure(attempts, {
    fault: fault.wall_ms,
    ...(masterAt === undefined ? {} : { master: masterAt }),
  });
  tell(
    `z ${figures.z ?? "?"} ms, lost ${figures.lost}, redials failed ${figures.redialsFailed}; comparing ${attempts.length} calls with the ledger`,
  );
  const { ledger, settledMs } = await settle(lab, options.number, attempts, signal);
  return {
    run,
    at: new Date(fault.wall_ms).toISOString(),
    killed,
    survivor,
    figures,
    healMs,
    ledger,
    settledMs,
  };
}

/** Two seconds of calls that all succeed. @throws Error when calls do not go through although all is green. */
async function warmUp(prober: Prober, rate: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + 10_000;
  while (prober.successesSince(Date.now() - 2000).length < rate * 2 * 0.9) {
    if (Date.now() > until) {
      const good = prober.successesSince(0).length;
      throw new Error(
        `before the fault only ${good} of ${prober.attempts().length} calls were answered: nothing to measure`,
      );
    }
    await delay(100, undefined, { signal });
  }
}

/** Waits until calls have succeeded at (almost) their full rate for a while after the fault. */
async function untilStable(
  prober: Prober,
  fault: number,
  rate: number,
  signal: AbortSignal,
): Promise<boolean> {
  const until = Date.now() + backDeadlineMs;
  while (Date.now() < until) {
    const now = Date.now();
    if (
      now - stableMs > fault &&
      prober.successesSince(now - stableMs).length >= (rate * stableMs * 0.95) / 1000
    )
      return true;
    await delay(100, undefined, { signal });
  }
  return false;
}

/** Records travel by journal and shipper: compares until nothing is open, then says what it found. */
async function settle(
  lab: Lab,
  number: string,
  attempts: ReturnType<Prober["attempts"]>,
  signal: AbortSignal,
): Promise<{ ledger: Comparison; settledMs: number | null }> {
  const from = performance.now();
  const mine = new Set(attempts.map((call) => call.callId));
  const since = new Date(Math.min(...attempts.map((call) => call.started)) - 60_000).toISOString();
  for (;;) {
    const all = await recordsOf(lab.name, { number, since });
    // Calls of earlier runs went to the same number.
    const earliest = Math.min(...attempts.map((call) => call.started)) - 1000;
    const records = all.filter(
      (record) => mine.has(record.call_id) || Date.parse(record.started_at) >= earliest,
    );
    const ledger = compareLedger(attempts, records);
    const elapsed = Math.round(performance.now() - from);
    if (isSettled(ledger)) return { ledger, settledMs: elapsed };
    if (elapsed > settleDeadlineMs) return { ledger, settledMs: null };
    await delay(500, undefined, { signal });
  }
}
