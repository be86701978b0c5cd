import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../base/message.ts";
import { type HostContext, peersOf } from "../../cluster/facts.ts";
import { peerClient } from "../../http/peer-reader.ts";
import { type HostReport, type PeerNews, readReport } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";
import { Line } from "./line.ts";
import { LifeClock, type Pulse, refreshed } from "./pulse.ts";
import { calmPulseMs } from "./pulse-pace.ts";
import type { Trip } from "./watch.ts";

const pollEveryMs = 250;
/** While all is calm, the peer's pulses come in, and they say that its report is the one that was read last. */
const calmEveryMs = 2000;
/** Of a calm peer: two are missing. */
const latePulses = 3;
const deadlineMs = 400;
/** While the address changes hands by plan, the news of a few milliseconds ago is old. */
const hurriedMs = 15;
/** A peer that is heard over TCP and not by its pulses for so long: something between the two drops them. */
const pulsesMissingMs = 5000;

/** A new report, and the one before it with the time between the two. */
type OnNews = (
  report: HostReport,
  before: { report: HostReport; silenceMs: number } | undefined,
  trip: Trip,
) => void;

/**
 * Asks the other agents for their reports, each in a loop of its own, so that a dead one delays nobody.
 * HTTPS with the cluster's own authority and the peer token.
 */
export class Peers {
  private readonly context: HostContext;
  private readonly heard = new Map<string, { at: number; report: HostReport }>();
  private readonly pulses = new Map<string, { at: number; pulse: Pulse }>();
  private readonly lines = new Map<string, Line>();
  private readonly clocks = new Map<string, LifeClock>();
  private readonly stopped = new AbortController();
  private readonly onNews: OnNews;
  private readonly calm: () => boolean;
  private readonly lateMs: number;
  private hurrying = false;
  /** Ends the pauses that are going on. */
  private wake = new AbortController();
  /** Why a peer's last answer could not be read. */
  private readonly unreadable = new Map<string, string>();
  private readonly names: readonly string[];
  private readonly loops: Promise<void>[];

  /** `calm`: nothing happens on this host. */
  constructor(context: HostContext, onNews: OnNews, calm: () => boolean) {
    this.context = context;
    this.onNews = onNews;
    this.calm = calm;
    this.lateMs = latePulses * calmPulseMs(context.self.role);
    this.names = peersOf(context.cluster, context.self.name).map(({ name }) => name);
    this.loops = this.names.map((name) => this.follow(name));
  }

  private async follow(name: string): Promise<void> {
    const { port } = this.context.cluster.agent;
    await using client = peerClient(this.context, name, { port, connections: 1, connectMs: deadlineMs });
    const stop = this.stopped.signal;
    while (!stop.aborted) {
      const began = performance.now();
      const sentMs = Date.now();
      try {
        const report = this.readable(name, await client.json({ path: "/status", deadlineMs, signal: stop }));
        const before = this.heard.get(name);
        const pulseAt = this.pulses.get(name)?.at ?? Number.NEGATIVE_INFINITY;
        // A report is as old as its request: the peer may have written it just after it was asked.
        this.heard.set(name, { at: began, report });
        if (report.life) this.clockOf(name).learn(report.life, began);
        const trip = { sentMs, roundTripMs: performance.now() - began };
        const silenceMs = Math.max(0, began - Math.max(before?.at ?? began, pulseAt));
        this.onNews(report, before && { report: before.report, silenceMs }, trip);
      } catch {
        // Silence is news too: it shows as the age of the last report.
      }
      await this.pause(name, began);
    }
  }

  /** What can not be read is no news, but no silence either: people must be told. */
  private readable(name: string, answer: unknown): HostReport {
    try {
      const report = readReport(answer);
      this.unreadable.delete(name);
      return report;
    } catch (error) {
      this.unreadable.set(name, messageOf(error));
      throw error;
    }
  }

  /** Ask all the time: for moments only. */
  set hurried(hurried: boolean) {
    this.hurrying = hurried;
    this.look();
  }

  /** Ends the pauses, so that each loop sees again how long it is to wait: the calm has ended, a pulse tells of news. */
  look(): void {
    this.wake.abort();
    this.wake = new AbortController();
  }

  private async pause(name: string, began: number): Promise<void> {
    for (;;) {
      const every = this.isUpToDate(name) ? calmEveryMs : pollEveryMs;
      const left = every - (performance.now() - began);
      if (this.hurrying || left <= hurriedMs) return await this.wait(hurriedMs);
      await this.wait(left);
      if (this.stopped.signal.aborted || this.hurrying) return;
    }
  }

  /** Rejects when it is woken, which is what it is for. */
  private wait(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.wake.signal }).catch(() => undefined);
  }

  /** The last whole report is good for a while: by the peer's pulses nothing has changed in it. */
  private isUpToDate(name: string): boolean {
    const report = this.heard.get(name)?.report;
    const last = this.pulses.get(name);
    if (!report || !last || performance.now() - last.at > this.lateMs) return false;
    const same = report.life?.id === last.pulse.life && report.version === last.pulse.version;
    return same && report.version !== undefined && report.verdict.light === "green" && this.calm();
  }

  /** Since the last sign of the host that has been silent for longest, ms; infinite: one was never heard. */
  get silentMs(): number {
    const now = performance.now();
    const ages = this.names.map((name) => {
      const at = Math.max(this.heard.get(name)?.at ?? 0, this.pulses.get(name)?.at ?? 0);
      return at === 0 ? Number.POSITIVE_INFINITY : now - at;
    });
    return Math.max(0, ...ages);
  }

  private lineOf(name: string): Line {
    const known = this.lines.get(name) ?? new Line();
    this.lines.set(name, known);
    return known;
  }

  /** The share of each host's pulses that arrive here, percent. */
  get heardPercent(): Record<string, number> {
    const now = performance.now();
    return Object.fromEntries(
      [...this.lines].flatMap(([name, line]) => {
        const percent = line.percent(now);
        return percent === undefined ? [] : [[name, percent]];
      }),
    );
  }

  private clockOf(name: string): LifeClock {
    const known = this.clocks.get(name) ?? new LifeClock();
    this.clocks.set(name, known);
    return known;
  }

  /**
   * Only pulses of the life that the peer's last report was of count: an old one, sent again, is none of it.
   * @returns when it was sent; undefined: it does not count
   */
  pulse(pulse: Pulse): number | undefined {
    const last = this.pulses.get(pulse.host)?.pulse;
    if (last && last.life === pulse.life && pulse.lifeMs <= last.lifeMs) return undefined;
    const now = performance.now();
    const at = this.clockOf(pulse.host).at(pulse, now);
    if (at === undefined) return undefined;
    this.lineOf(pulse.host).heard(pulse.n, now);
    this.pulses.set(pulse.host, { at, pulse });
    if (pulse.version !== last?.version) this.look();
    return at;
  }

  /** The last whole report of all other hosts that were heard since this agent started. */
  reports(): Record<string, PeerNews | undefined> {
    const now = performance.now();
    return Object.fromEntries(
      [...this.heard].map(([name, { at, report }]) => [name, { ageMs: now - at, report }]),
    );
  }

  /** The same, as the pulses say that it is by now. */
  news(): Record<string, PeerNews | undefined> {
    const now = performance.now();
    return Object.fromEntries(
      Object.entries(this.reports()).map(([name, news]) => {
        const last = this.pulses.get(name);
        const same = news && last && news.report.life?.id === last.pulse.life;
        return [name, same ? refreshed(news, last.pulse, now - last.at) : news];
      }),
    );
  }

  /** What keeps pulses from arriving, or reports from being read, in words. */
  get troubles(): string[] {
    const now = performance.now();
    const unreadable = [...this.unreadable].map(([name, why]) => `${name}: ${why}`);
    const silent = [...this.heard].flatMap(([name, { at, report }]) => {
      const sends = report.life !== undefined && report.life.ms > pulsesMissingMs && now - at < contactMs;
      const silentMs = now - (this.pulses.get(name)?.at ?? Number.NEGATIVE_INFINITY);
      if (!sends || silentMs < pulsesMissingMs) return [];
      return [
        `${name} is heard over TCP only: let UDP from it to port ${this.context.cluster.agent.port} through`,
      ];
    });
    return [...unreadable, ...silent];
  }

  async close(): Promise<void> {
    this.stopped.abort();
    this.wake.abort();
    await Promise.all(this.loops);
  }
}
