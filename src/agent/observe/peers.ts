import { setTimeout as delay } from "node:timers/promises";
import { type HostContext, peersOf } from "../../cluster/facts.ts";
import { peerClient } from "../../http/peer-reader.ts";
import { type HostReport, type PeerNews, readReport } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";
import { Line } from "./line.ts";
import { LifeClock, type Pulse, refreshed } from "./pulse.ts";
import type { Trip } from "./watch.ts";

const pollEveryMs = 250;
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
  private hurrying = false;
  /** Ends the pauses that are going on. */
  private wake = new AbortController();
  private readonly loops: Promise<void>[];

  constructor(context: HostContext, onNews: OnNews) {
    this.context = context;
    this.onNews = onNews;
    this.loops = peersOf(context.cluster, context.self.name).map((peer) => this.follow(peer.name));
  }

  private async follow(name: string): Promise<void> {
    const { port } = this.context.cluster.agent;
    await using client = peerClient(this.context, name, { port, connections: 1, connectMs: deadlineMs });
    const stop = this.stopped.signal;
    while (!stop.aborted) {
      const began = performance.now();
      const sentMs = Date.now();
      try {
        const report = readReport(await client.json({ path: "/status", deadlineMs, signal: stop }));
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
      await this.pause(began);
    }
  }

  /** Ask all the time: for moments only. */
  set hurried(hurried: boolean) {
    this.hurrying = hurried;
    this.wake.abort();
    this.wake = new AbortController();
  }

  private async pause(began: number): Promise<void> {
    const left = pollEveryMs - (performance.now() - began);
    const ms = this.hurrying ? hurriedMs : Math.max(left, hurriedMs);
    // Rejects when it is woken, which is what it is for.
    await delay(ms, undefined, { signal: this.wake.signal }).catch(() => undefined);
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

  /** Only pulses of the life that the peer's last report was of count: an old one, sent again, is none of it. */
  pulse(pulse: Pulse): void {
    const last = this.pulses.get(pulse.host)?.pulse;
    if (last && last.life === pulse.life && pulse.lifeMs <= last.lifeMs) return;
    const now = performance.now();
    const at = this.clockOf(pulse.host).at(pulse, now);
    if (at === undefined) return;
    this.lineOf(pulse.host).heard(pulse.n, now);
    this.pulses.set(pulse.host, { at, pulse });
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

  /** What keeps pulses from arriving, in words. */
  get troubles(): string[] {
    const now = performance.now();
    return [...this.heard].flatMap(([name, { at, report }]) => {
      const sends = report.life !== undefined && report.life.ms > pulsesMissingMs && now - at < contactMs;
      const silentMs = now - (this.pulses.get(name)?.at ?? Number.NEGATIVE_INFINITY);
      if (!sends || silentMs < pulsesMissingMs) return [];
      return [
        `${name} is heard over TCP only: let UDP from it to port ${this.context.cluster.agent.port} through`,
      ];
    });
  }

  async close(): Promise<void> {
    this.stopped.abort();
    this.wake.abort();
    await Promise.all(this.loops);
  }
}
