import { randomInt } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { patient } from "../base/patience.ts";
import type { Attempt } from "../callers/attempt.ts";
import { startPhone } from "../callers/phone.ts";
import type { Prober, ProberOptions } from "../callers/prober.ts";
import type { Place } from "../callers/sipp.ts";
import type { Lab, Moment } from "../lab/lab.ts";
import { doneOnPurpose } from "../lab/readiness.ts";
import { recordsOn, routeKnownOn, routePrefixOn } from "./api.ts";
import { masterSince, untilGreen } from "./cluster-view.ts";
import { type Ground, labGround } from "./ground.ts";
import { type Comparison, compareLedger, isSettled } from "./ledger.ts";
import { type Figures, measure } from "./measure.ts";
import { ownNumber } from "./own-number.ts";
import { startProber } from "./prober.ts";

/**
 * Callers around a fault: green cluster → calls flow → fault → calls flow again → repair → green → callers' log against
 * the ledger. What the fault is and how it is repaired is the business of the drill or test.
 */

export interface SessionOptions {
  /** Names the files and the routing rule. */
  name: string;
  /** Calls per second. */
  rate: number;
  /** Callers' patience, ms. */
  patienceMs: number;
  /** Other callers than SIPp's at the service address, such as those who find it by DNS. */
  callers?: ((options: ProberOptions) => Promise<Prober>) | undefined;
  /** So long the session waits for calls to come back before it repairs, ms; default 30 s. */
  backDeadlineMs?: number;
  /** One line about what is going on. */
  tell: (text: string) => void;
  signal: AbortSignal;
}

export interface Fault {
  /** Lets it happen. */
  inject: () => Promise<Moment>;
  /** How long it lasts at least, ms; longer until calls are stable again. */
  holdMs?: number;
  /** Default: lab.heal(). */
  repair?: () => Promise<void>;
  /** The service can only come back by the repair: do not wait for it before. */
  fatal?: boolean;
  /** Looks at the cluster while the fault lasts, after calls are back (or `holdMs`, when fatal). */
  during?: () => Promise<void>;
  /** Nodes that may take over: their agents are asked when they became VRRP master. */
  survivors?: string[];
}

export interface Outcome {
  /** RFC 3339 time of the fault. */
  at: string;
  /** Who became VRRP master first after the fault, if anybody did. */
  master: string | null;
  figures: Figures;
  /** Calls flowed steadily again: before the repair, or after it when the fault was fatal. */
  back: boolean;
  /** Repair → all green, ms. */
  healMs: number;
  ledger: Comparison;
  /** Callers quiet → ledger complete, ms; null: not within the deadline. */
  settledMs: number | null;
}

export interface Session extends AsyncDisposable {
  /** Callers' logs; removed at the end unless `keepLogs` was called. */
  readonly directory: string;
  keepLogs(): void;
  /** One fault with callers around it. @throws Error when the cluster is not green or calls do not flow before. */
  run(fault: Fault, tell?: (text: string) => void): Promise<Outcome>;
}

/** A healed node may have to fetch its whole database. */
const greenDeadlineMs = 240_000;
/** A cluster that was healed a moment ago is green soon; one that is sick stays so. */
const wellDeadlineMs = 60_000;
const settleDeadlineMs = patient(30_000);
/** Service counts as back when calls succeed for so long again. */
const stableMs = 3000;
const backDeadlineMs = patient(30_000);
const phonePort = 5090;

/**
 * Prepares callers, an answering telephone and a number of their own in a running lab.
 * @throws Error when a part was paused or a host switched off on purpose, or it does not get green within a minute: a drill on a sick cluster
 * proves nothing.
 */
export const openSession = (lab: Lab, options: SessionOptions): Promise<Session> =>
  openSessionOn(labGround(lab), options);

export async function openSessionOn(ground: Ground, options: SessionOptions): Promise<Session> {
  // What was paused or switched off on purpose does not mend itself.
  const { hosts } = await ground.look();
  const hurt = doneOnPurpose(hosts);
  if (hurt.length > 0)
    throw new Error(`a drill needs a green cluster, and this one is not:\n  ${hurt.join("\n  ")}`);
  const waiting = (why: string[]) =>
    options.tell(`a drill needs a green cluster; waiting up to 60 s: ${why.join("; ")}`);
  await untilGreen(ground, wellDeadlineMs, waiting, options.signal);
  const stamp = new Date().toISOString().replaceAll(":", "");
  const directory = join(ground.directory, "drills", `${options.name}-${stamp}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const phone = await startPhone({
    place: ground.called,
    directory,
    name: "phone",
    port: phonePort,
  });
  const prefix = ownNumber("9973");
  const callers = {
    place: ground.caller,
    directory,
    rate: options.rate,
    patienceMs: options.patienceMs,
    service: ground.service,
    start: options.callers ?? startProber,
    backDeadlineMs: options.backDeadlineMs === undefined ? backDeadlineMs : patient(options.backDeadlineMs),
  };
  try {
    await routePrefixOn(ground, "drill", prefix, `${ground.called.address}:${phonePort}`);
    await routeKnownOn(ground, prefix, 10_000);
  } catch (error) {
    await phone[Symbol.asyncDispose]();
    throw error;
  }

  let keep = false;
  let runs = 0;
  return {
    directory,
    keepLogs: () => {
      keep = true;
    },
    run: (fault, tell = options.tell) => {
      // A number of its own for each run: all its records belong to this run's callers.
      runs++;
      return runFault(ground, { ...callers, number: `${prefix}${runs}` }, fault, tell, options.signal);
    },
    [Symbol.asyncDispose]: async () => {
      await phone[Symbol.asyncDispose]();
      if (!keep) await rm(directory, { recursive: true, force: true });
    },
  };
}

interface Callers {
  place: Place;
  directory: string;
  rate: number;
  patienceMs: number;
  service: string;
  number: string;
  start: (options: ProberOptions) => Promise<Prober>;
  backDeadlineMs: number;
}

async function runFault(
  ground: Ground,
  callers: Callers,
  fault: Fault,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const { number, start, backDeadlineMs: deadlineMs, ...rest } = callers;
  await using prober = await start({ ...rest, from: "0445550100", to: number });
  await warmUp(prober, callers.rate, signal);
  // Not in step with anything: the fault comes at a random moment.
  await delay(randomInt(0, 1500), undefined, { signal });
  const moment = await fault.inject();
  tell("the fault is there");
  if (fault.holdMs !== undefined) await delay(fault.holdMs, undefined, { signal });

  const stable = (from: number) => untilStable(prober, from, callers.rate, deadlineMs, signal);
  let back = !fault.fatal && (await stable(moment.wall_ms));
  await fault.during?.();
  const names = fault.survivors ?? [];
  const seen = await Promise.all(
    // An agent that is itself the victim can not tell.
    names.map((name) => masterSince(ground, name, moment.mono_ms).catch(() => undefined)),
  );
  const first = seen.filter((event) => event !== undefined).sort((x, y) => x.monotonicMs - y.monotonicMs)[0];
  const master = first ? (names[seen.indexOf(first)] ?? null) : null;
  tell(
    `${back ? "calls go through" : "calls do NOT come back"}${master ? `, ${master} is master` : ""}; repairing`,
  );

  // Callers go on during the repair: the return of a node must not cost a call either.
  const repaired = performance.now();
  const repair = Date.now();
  await (fault.repair?.() ?? ground.heal());
  await untilGreen(ground, greenDeadlineMs, (why) => tell(`waiting: ${why.join("; ")}`), signal);
  const healMs = Math.round(performance.now() - repaired);
  if (fault.fatal) back = await stable(Date.now());
  await prober.finish();

  const attempts = prober.attempts();
  // Both hosts have this machine's clocks: the span is taken from the monotonic one.
  const masterAt = first ? { master: moment.wall_ms + (first.monotonicMs - moment.mono_ms) } : {};
  const figures = measure(attempts, { fault: moment.wall_ms, repair, ...masterAt }, callers.rate);
  tell(
    `z ${figures.z ?? "?"} ms, lost ${figures.lost}, redials failed ${figures.redialsFailed}; comparing ${attempts.length} calls with the ledger`,
  );
  const settled = await settle(ground, number, attempts, signal);
  return { at: new Date(moment.wall_ms).toISOString(), master, figures, back, healMs, ...settled };
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
  deadlineMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const until = Date.now() + deadlineMs;
  while (Date.now() < until) {
    const from = Date.now() - stableMs;
    if (from > fault && prober.successesSince(from).length >= (rate * stableMs * 0.95) / 1000) return true;
    await delay(100, undefined, { signal });
  }
  return false;
}

/** Records travel by journal and shipper: compares until all is in order, or says what is not at the deadline. */
async function settle(
  ground: Ground,
  number: string,
  attempts: Attempt[],
  signal: AbortSignal,
): Promise<{ ledger: Comparison; settledMs: number | null }> {
  const from = performance.now();
  for (;;) {
    const records = await recordsOn(ground, { number });
    const ledger = compareLedger(attempts, records);
    const elapsed = Math.round(performance.now() - from);
    if (isSettled(ledger)) return { ledger, settledMs: elapsed };
    if (elapsed > settleDeadlineMs) return { ledger, settledMs: null };
    await delay(500, undefined, { signal });
  }
}
