import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { messageOf } from "../../base/message.ts";
import type { HostContext } from "../../cluster/facts.ts";
import type { Component, Health, StartHow } from "../../components/common/component.ts";
import { startDigest, writeComponentFiles } from "../../host/files.ts";
import { setWeight } from "../../host/priority.ts";
import { identify, isAlive, type ProcessId, signalTree } from "../../host/process.ts";
import type { PartPhase, PartReport } from "../../report/parts.ts";
import { backoffMs, backoffWindowMs } from "./backoff.ts";
import { Evidence } from "./evidence.ts";
import { meaningOf, patience, type Strikes, strike } from "./patience.ts";
import { Weighing } from "./weighing.ts";
import { type Standing, weightOf } from "./weight.ts";

/** What a part tells its agent. Texts are for people. */
export interface PartEvents {
  happened(
    kind: "started" | "adopted" | "answers" | "exited" | "busy" | "sick" | "recovered" | "killed" | "failed",
    text: string,
  ): void;
  /** Something changed that a verdict may depend on. */
  changed(): void;
}

/** May the part be started now, and how? */
export type Gate = () => ({ go: true } & Omit<StartHow, "signal">) | { go: false; why: string };

/** Why the part should stand still now; undefined: it should run. */
export type Rest = () => string | undefined;

/** Between two ticks an agent that gets its share of the processor sleeps no longer than this. */
const awakeMs = 200;
/** One lost answer is not a hang. */
const sickAfterProbes = 2;
const doubtMs = 100;
/** Of the time between two probes, to either side. */
const spread = 0.2;
/** An agent that is always late must judge all the same: so many probes in a row are not counted for its own delay. */
const excusedProbes = 2;
const neverAnsweredGraceMs = 5000;
/** SIGKILL works, but a process in the middle of a disk operation takes a moment to go. */
const killAgainMs = 2000;

/** One line, not too long: a failed command's message carries all that it printed. */
const lineOf = (error: unknown): string =>
  messageOf(error)
    .replace(/\s*\n\s*/g, " / ")
    .slice(0, 600);

/**
 * One supervised process: started with back-off, watched by exit and by functional probe, killed when it hangs.
 * All intervals are on the monotonic clock (`performance.now()`).
 */
export class Part {
  readonly component: Component;
  private readonly context: HostContext;
  private readonly events: PartEvents;
  private readonly gate: Gate;
  private readonly rest: Rest;
  private phase: PartPhase = "stopped";
  private phaseSince = performance.now();
  private detail = "not started";
  private id: ProcessId | undefined;
  /** Started by this agent: its exit event comes. An adopted process has to be looked at. */
  private ours = false;
  private halted = false;
  private digest = "";
  private readonly weighing: Weighing;
  /** Has it answered since it was started? */
  private answeredOnce = false;
  /** How long it has been silent, in time that this agent itself was awake: our own stall is not its silence. */
  private silentMs = 0;
  private failedProbes = 0;
  /** Why it is silent, when it is not its fault. */
  private busy: string | undefined;
  private readonly evidence = new Evidence();
  /** How often this agent itself was late, and the probes in a row that failed while it was. */
  private stalls = 0;
  private voidProbes = 0;
  private lastTick = performance.now();
  private killedAt = Number.NEGATIVE_INFINITY;
  private strikes: Strikes | undefined;
  private restartTimes: number[] = [];
  private restarts = 0;
  private retryAt = 0;
  private probing = false;
  private nextProbe = 0;
  private starting: AbortController | undefined;
  health: Health | undefined;

  constructor(
    component: Component,
    context: HostContext,
    events: PartEvents,
    gate: Gate = () => ({ go: true, bootstrap: false }),
    rest: Rest = () => undefined,
  ) {
    this.component = component;
    this.context = context;
    this.events = events;
    this.gate = gate;
    this.rest = rest;
    this.weighing = new Weighing(this.ownWeight);
  }

  private get ownWeight(): number {
    return this.component.command(this.context).nice ?? 0;
  }

  /** Gives way to calls that go on elsewhere, or no longer (weight.ts). @throws Error when the kernel refuses */
  weigh(host: Standing): void {
    this.weighing.follow(this.id?.pid, weightOf(this.component.name, this.ownWeight, host));
  }

  private enter(phase: PartPhase, detail: string): void {
    if (phase !== this.phase) this.phaseSince = performance.now();
    this.phase = phase;
    this.detail = detail;
    this.events.changed();
  }

  get running(): boolean {
    return this.id !== undefined;
  }

  /** May the running process have answered since it was started? Of an adopted one we do not know. */
  get mayHaveAnswered(): boolean {
    return this.running && (this.answeredOnce || !this.ours);
  }

  get inDoubt(): boolean {
    return this.failedProbes > 0;
  }

  /** What is written to parts.json, so that a restarted agent can adopt the process. */
  get record(): (ProcessId & { digest: string }) | undefined {
    return this.id && { ...this.id, digest: this.digest };
  }

  report(): PartReport {
    return {
      phase: this.phase,
      ok: this.phase === "running",
      detail: this.detail,
      ...(this.busy === undefined ? {} : { busy: this.busy }),
      ...(this.id ? { pid: this.id.pid } : {}),
      restarts: this.restarts,
      sinceMs: Math.round(performance.now() - this.phaseSince),
    };
  }

  /** Takes over a process that an earlier agent started. One that was started differently is stopped, to be restarted. */
  adopt(record: ProcessId & { digest: string }): void {
    if (!isAlive(record)) {
      signalTree(record, "SIGKILL");
      return;
    }
    if (record.digest !== startDigest(this.component, this.context)) {
      this.events.happened("killed", "its configuration changed: restarting it");
      signalTree(record, "SIGTERM");
      this.id = record;
      this.digest = record.digest;
      this.enter("stopping", "stopping: its configuration changed");
      return;
    }
    this.ours = false;
    this.id = record;
    this.weighing.adopted();
    this.digest = record.digest;
    this.fresh();
    this.enter("starting", "adopted, not yet probed");
    this.events.happened("adopted", `process ${record.pid} of an earlier agent`);
  }

  private heard(): void {
    this.silentMs = 0;
    this.failedProbes = 0;
    this.voidProbes = 0;
    this.busy = undefined;
    this.evidence.forget();
  }

  private fresh(): void {
    this.answeredOnce = false;
    this.heard();
    this.killedAt = Number.NEGATIVE_INFINITY;
  }

  private async launch(how: Omit<StartHow, "signal">): Promise<void> {
    const starting = new AbortController();
    this.starting = starting;
    const { component, context } = this;
    try {
      this.enter("preparing", "writing configuration");
      await writeComponentFiles(component, context);
      const extra = (await component.prepare?.(context, { ...how, signal: starting.signal })) ?? [];
      if (starting.signal.aborted) return;
      const command = component.command(context);
      // By nice(1), so that every thread and child has it from its first moment; it counts from our own.
      const weight = this.weighing.wanted;
      const priority = ["nice", "-n", String(weight - getPriority())];
      const [program, ...args] = [...priority, ...command.argv, ...extra];
      const log = openSync(join(context.dirs.fresh, `${component.name}.log`), "a", 0o640);
      const child = spawn(program ?? "", args, {
        detached: true,
        stdio: ["ignore", log, log],
        cwd: context.dirs.data,
        env: { ...process.env, ...command.env },
      });
      closeSync(log);
      const pid = await new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("spawn", () => resolve(child.pid ?? 0));
      });
      child.unref();
      setWeight(pid, weight);
      this.weighing.started(weight);
      this.ours = true;
      this.id = identify(pid) ?? { pid, start: "0" };
      const id = this.id;
      this.digest = startDigest(component, context);
      this.fresh();
      child.once("exit", (code, signal) =>
        this.onExit(id, signal ? `killed by ${signal}` : `exit code ${code}`),
      );
      if (child.exitCode !== null || child.signalCode !== null)
        this.onExit(id, `exit code ${child.exitCode}`);
      this.events.happened("started", `process ${pid}`);
      this.enter("starting", "started, not yet answering");
      this.nextProbe = 0;
    } catch (error) {
      this.events.happened("failed", `could not be started: ${lineOf(error)}`);
      this.scheduleRestart(`could not be started: ${lineOf(error)}`);
    } finally {
      if (this.starting === starting) this.starting = undefined;
    }
  }

  private scheduleRestart(why: string): void {
    const now = performance.now();
    this.restartTimes = this.restartTimes.filter((time) => now - time < backoffWindowMs);
    this.retryAt = now + backoffMs(this.restartTimes.length);
    this.restartTimes.push(now);
    this.enter("backoff", why);
  }

  private onExit(id: ProcessId, how: string): void {
    if (this.id !== id) return;
    // A dead leader can leave members of its group behind that keep its ports.
    signalTree(id, "SIGKILL");
    this.id = undefined;
    this.health = undefined;
    if (this.phase === "stopping") {
      this.enter("stopped", "stopped");
      return;
    }
    this.restarts++;
    this.events.happened(
      "exited",
      `${how}; log: ${join(this.context.dirs.log, `${this.component.name}.log`)}`,
    );
    this.scheduleRestart(how);
  }

  private async probe(): Promise<void> {
    this.probing = true;
    const { id, stalls } = this;
    // Not AbortSignal.timeout(): it wakes the process and makes an error each time, long after the answer.
    const late = new AbortController();
    const deadline = setTimeout(
      // Timers come before what lies in sockets: an agent that wakes late reads the answer first.
      () => setImmediate(() => late.abort(new Error(`nothing within ${this.component.probeDeadlineMs} ms`))),
      this.component.probeDeadlineMs,
    );
    try {
      const health = await this.component.probe(this.context, late.signal);
      if (this.id !== id || !id) return;
      this.health = health;
      if (health.ok) this.answered(health.detail);
      else {
        this.failedProbes++;
        this.detail = health.detail;
      }
    } catch (error) {
      if (this.id === id) this.unanswered(error, stalls);
    } finally {
      clearTimeout(deadline);
      this.probing = false;
      this.nextProbe = performance.now() + this.pauseMs;
    }
  }

  /** Until the next probe: soon where there is doubt; otherwise spread, so that not everything wakes at the same moment. */
  private get pauseMs(): number {
    const { probeEveryMs } = this.component;
    if (this.failedProbes > 0) return Math.min(doubtMs, probeEveryMs);
    return probeEveryMs * (1 + spread * (2 * Math.random() - 1));
  }

  private unanswered(error: unknown, stallsBefore: number): void {
    // An agent that was late itself may have had the answer and not seen it in time.
    if (this.stalls !== stallsBefore && this.voidProbes++ < excusedProbes) return;
    this.failedProbes++;
    if (this.phase !== "sick") this.detail = `no answer: ${lineOf(error)}`;
  }

  private answered(detail: string): void {
    if (!this.answeredOnce && this.ours) {
      const seconds = (performance.now() - this.phaseSince) / 1000;
      this.events.happened("answers", `${seconds.toFixed(1)} s after its start`);
    }
    this.answeredOnce = true;
    if (this.busy !== undefined)
      this.events.happened("recovered", `was busy, and answers again after ${Math.round(this.silentMs)} ms`);
    this.heard();
    if (this.phase === "running") this.detail = detail;
    if (this.phase !== "starting" && this.phase !== "sick") return;
    if (this.phase === "sick")
      this.events.happened(
        "recovered",
        `answers again after ${Math.round(performance.now() - this.phaseSince)} ms`,
      );
    this.enter("running", detail);
  }

  /** Ends the running process in order; it is restarted, or rests, as its rest and gate say then. */
  end(why: string): void {
    if (!this.id || this.phase === "stopping") return;
    this.enter("stopping", why);
    if (isAlive(this.id)) process.kill(this.id.pid, "SIGTERM");
  }

  /** Kills the whole process tree; the restart follows from its exit. @returns false: it was killed a moment ago. */
  kill(why: string): boolean {
    if (!this.id || performance.now() - this.killedAt < killAgainMs) return false;
    this.killedAt = performance.now();
    this.events.happened("killed", why);
    signalTree(this.id, "SIGKILL");
    return true;
  }

  /** One step of supervision; called often, never waits. */
  tick(): void {
    const now = performance.now();
    const elapsed = Math.min(now - this.lastTick, awakeMs);
    if (elapsed === awakeMs) this.stalls++;
    this.lastTick = now;
    if (this.id && !this.ours && !isAlive(this.id)) this.onExit(this.id, "ended");
    const rest = this.halted ? undefined : this.rest();
    if (rest !== undefined && !this.starting) {
      if (this.id) this.end(rest);
      else if (this.phase !== "resting") this.enter("resting", rest);
    } else if (this.phase === "stopped" || this.phase === "resting") this.tryStart();
    else if ((this.phase === "backoff" && now >= this.retryAt) || this.phase === "waiting") this.tryStart();
    if (this.phase === "stopping" && !this.halted && now - this.phaseSince > this.component.stopGraceMs)
      this.kill(`did not stop within ${this.component.stopGraceMs} ms`);
    if (!this.id || this.phase === "stopping") return;
    if (!this.probing && now >= this.nextProbe) void this.probe();
    this.silentMs += elapsed;
    if (this.failedProbes > 0) this.judgeSilence(this.id, now);
  }

  /** It does not answer: is it stuck, or busy? */
  private judgeSilence(id: ProcessId, now: number): void {
    const { component, context } = this;
    this.evidence.look(id.pid, component.ports?.(context) ?? [], now);
    const says = this.evidence.says(now);
    if (this.failedProbes < sickAfterProbes && says.verdict !== "stopped") return;
    const { sick, busy, kill } = meaningOf({
      silentMs: this.silentMs,
      sickAfterMs: this.answeredOnce ? component.sickAfterMs : component.startTimeoutMs,
      killAfterMs: component.killAfterMs,
      factor: patience(this.strikes, now),
      says,
    });
    if (busy !== undefined && this.busy === undefined) this.events.happened("busy", busy);
    this.busy = busy;
    if (sick && this.phase !== "sick") {
      this.enter("sick", `does not answer (${this.detail}); ${says.why}`);
      this.events.happened("sick", this.detail);
    }
    if (kill && this.kill(`no answer for ${Math.round(this.silentMs)} ms: ${says.why}`))
      this.strikes = strike(this.strikes, now);
  }

  private tryStart(): void {
    if (this.starting || this.id || this.halted) return;
    const gate = this.gate();
    if (gate.go) void this.launch(gate);
    else if (this.phase !== "waiting" || this.detail !== gate.why) this.enter("waiting", gate.why);
  }

  /** Stops in order: SIGTERM, then SIGKILL after the component's grace. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.halted = true;
    this.starting?.abort();
    if (!this.id) {
      this.enter("stopped", "stopped");
      return;
    }
    this.enter("stopping", "stopping");
    const id = this.id;
    if (isAlive(id)) process.kill(id.pid, "SIGTERM");
    // What never answered has nothing to finish, and may be waiting for somebody who does not come.
    const graceMs = this.mayHaveAnswered
      ? this.component.stopGraceMs
      : Math.min(neverAnsweredGraceMs, this.component.stopGraceMs);
    const deadline = performance.now() + graceMs;
    while (isAlive(id)) {
      if (performance.now() > deadline) {
        this.kill(`did not stop within ${graceMs} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.onExit(id, "stopped");
  }
}
