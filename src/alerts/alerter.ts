import PQueue from "p-queue";
import pRetry from "p-retry";
import { messageOf } from "../base/message.ts";
import { allHosts, type HostContext, voters } from "../cluster/facts.ts";
import type { AlertProblem, AlertReport } from "../report/alerts.ts";
import type { HostReport } from "../report/host-report.ts";
import { channelsOf } from "./channels.ts";
import type { AlertMessage } from "./message.ts";
import { problemsOf } from "./problems.ts";
import {
  type AlertState,
  adopt,
  advance,
  type Change,
  nothingKnown,
  type Timing,
  takeOver,
  tellerOf,
  toldOf,
} from "./state.ts";

/** News that is older does not count, ms. */
const freshMs = 1500;
/** A new agent does not know the others yet. */
const settleMs = 5000;
/** Who hears no majority lets those who do tell first: they know more. */
const minorityMs = 60_000;
const giveUpMs = 24 * 3_600_000;
/** After so many failed attempts without a success another host shall try. */
const undeliverableAfter = 3;

/** Tells people what is wrong. One host of the cluster does it, the others keep count; nothing here makes the agent wait. */
export class Alerter {
  private readonly context: HostContext;
  private readonly tell: (subject: string, text: string) => void;
  private readonly channels: ReturnType<typeof channelsOf>;
  private readonly queues = new Map<string, PQueue>();
  private readonly timing: Timing;
  private readonly startedAt = performance.now();
  private stopped = new AbortController();
  private state: AlertState = nothingKnown;
  /** Failed attempts since the last success, of each channel. */
  private readonly failures = new Map<string, number>();
  private count = 0;
  private teller: string | undefined;
  /** For metrics. */
  readonly sent = { delivered: 0, failed: 0 };

  constructor(context: HostContext, tell: (subject: string, text: string) => void) {
    const { alerts } = context.cluster;
    this.context = context;
    this.tell = tell;
    this.channels = channelsOf(context);
    this.timing = {
      repeatMs: alerts.repeat_hours * 3_600_000,
      criticalAfterMs: alerts.critical_after_s * 1000,
      warningAfterMs: alerts.warning_after_s * 1000,
      clearAfterMs: alerts.clear_after_s * 1000,
      maxPerHour: alerts.max_per_hour,
    };
  }

  /** Every second or so, with all reports and their ages; the own one included. */
  look(reports: readonly { ageMs: number; report: HostReport }[]): void {
    const now = performance.now();
    if (now - this.startedAt < settleMs) return;
    const self = this.context.self.name;
    const fresh = reports.filter(({ ageMs }) => ageMs <= freshMs).map(({ report }) => report);
    const heard = fresh.map(({ host, watch }) => ({
      host,
      undeliverable: watch?.alerts.undeliverable ?? false,
    }));
    // Nodes first, as cluster.yaml has them: a witness may be a very small machine.
    const order = allHosts(this.context.cluster).sort(
      (one, other) => Number(one.role !== "node") - Number(other.role !== "node"),
    );
    const teller = tellerOf(
      order.map(({ name }) => name),
      heard,
    );
    if (teller !== this.teller && (this.teller === self || teller === self) && this.channels.length > 0)
      this.tell(teller === self ? "teller" : "no-teller", `${teller} tells people from now on`);
    // What did not get out here is told by the new one.
    if (teller !== self && this.teller === self && this.undeliverable) this.drop();
    this.teller = teller;
    const told = fresh.find(({ host }) => host === teller)?.watch?.alerts.told;
    if (teller !== self && told) this.state = adopt(this.state, told, now);
    if (teller === self)
      for (const { host, watch } of fresh)
        if (host !== self && watch) this.state = takeOver(this.state, watch.alerts.told, now);
    const stale = reports.filter(({ ageMs }) => ageMs > freshMs).map(({ report }) => report);
    const heldLast = stale.filter(({ holds }) => holds).map(({ host }) => host);
    const problems = problemsOf({ self, reports: fresh, heldLast, now: Date.now() });
    const votes = voters(this.context.cluster).map(({ name }) => name);
    const minority = 2 * heard.filter(({ host }) => votes.includes(host)).length <= votes.length;
    const mayTell = teller === self && this.channels.length > 0;
    const step = advance(this.state, problems, now, this.timing, mayTell, minority ? minorityMs : 0);
    this.state = step.state;
    if (step.changes.length > 0) this.send(step.changes);
  }

  private message(changes: Change[], test: boolean): AlertMessage {
    const { cluster, self } = this.context;
    const time = Date.now();
    const changed = new Set(changes.map(({ key }) => key));
    const open = Object.values(this.state.alerts).filter(
      ({ key, toldAt, goneSince }) => toldAt !== null && goneSince === null && !changed.has(key),
    );
    return {
      id: `${cluster.cluster}-${self.name}-${time}-${++this.count}`,
      cluster: cluster.cluster,
      host: self.name,
      time,
      test,
      changes,
      open: open.map(({ title }) => title),
    };
  }

  private send(changes: Change[]): void {
    for (const { what, key, title } of changes) this.tell(what, `${key}: ${title}`);
    const message = this.message(changes, false);
    for (const channel of this.channels) {
      const queue = this.queues.get(channel.name) ?? new PQueue({ concurrency: 1 });
      this.queues.set(channel.name, queue);
      void queue.add(() => this.deliver(channel, message));
    }
  }

  /** Tries for a day, with growing pauses; then says that it gave up. Never throws. */
  private async deliver(channel: Alerter["channels"][number], message: AlertMessage): Promise<void> {
    const { signal } = this.stopped;
    try {
      await pRetry(() => channel.send(message, signal), {
        retries: 1000,
        factor: 2,
        minTimeout: 1000,
        maxTimeout: 600_000,
        maxRetryTime: giveUpMs,
        signal,
        onFailedAttempt: ({ error, attemptNumber }) => {
          this.failures.set(channel.name, (this.failures.get(channel.name) ?? 0) + 1);
          this.sent.failed++;
          if (attemptNumber === 1)
            this.tell("not-delivered", `${channel.name}: ${error.message}; trying again`);
        },
      });
      this.failures.delete(channel.name);
      this.sent.delivered++;
    } catch (error) {
      if (!signal.aborted) this.tell("given-up", `${channel.name}: ${messageOf(error)}`);
    }
  }

  /** Sends a test by every channel, once, and says what became of it. */
  test(): Promise<{ channel: string; problem: string | null }[]> {
    const message = this.message([], true);
    return Promise.all(
      this.channels.map(async (channel) => {
        try {
          await channel.send(message, this.stopped.signal);
          return { channel: channel.name, problem: null };
        } catch (error) {
          return { channel: channel.name, problem: messageOf(error) };
        }
      }),
    );
  }

  /** Everything that is wrong now, told or not. */
  open(): (AlertProblem & { sinceMs: number; told: boolean })[] {
    const now = performance.now();
    return Object.values(this.state.alerts)
      .filter(({ goneSince }) => goneSince === null)
      .map(({ since, toldAt, goneSince: _, ...problem }) => ({
        ...problem,
        sinceMs: Math.round(now - since),
        told: toldAt !== null,
      }));
  }

  /** No channel works. */
  private fails(times: number): boolean {
    const { channels, failures } = this;
    return channels.length > 0 && channels.every(({ name }) => (failures.get(name) ?? 0) >= times);
  }

  private get undeliverable(): boolean {
    return this.fails(undeliverableAfter);
  }

  report(): AlertReport {
    // What did not get out is for the next teller to tell.
    const told = this.fails(1) ? [] : toldOf(this.state, performance.now());
    return { undeliverable: this.undeliverable, told };
  }

  private drop(): void {
    for (const queue of this.queues.values()) queue.clear();
    this.stopped.abort();
    this.stopped = new AbortController();
  }

  close(): void {
    this.drop();
    this.stopped.abort();
  }
}
