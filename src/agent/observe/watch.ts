import { X509Certificate } from "node:crypto";
import { statfs } from "node:fs/promises";
import { Alerter } from "../../alerts/alerter.ts";
import { messageOf } from "../../base/message.ts";
import { allHosts, type HostContext } from "../../cluster/facts.ts";
import { silenceText } from "../../explain/silence.ts";
import { PeerReader } from "../../http/peer-reader.ts";
import type { AppHealth } from "../../report/app-health.ts";
import type { HostReport, PeerNews } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";
import type { Silence } from "../../report/silence.ts";
import { type OwnTimeline, readOwnTimeline, type WatchReport } from "../../report/watch.ts";
import { LoopMonitor } from "../../telemetry/loop-delay.ts";
import { addSample, type ClockSample, clockSample, estimateClock } from "../../timeline/clock.ts";
import type { Source } from "../../timeline/merge.ts";
import { EventMirror } from "../../timeline/mirror.ts";
import { askWhySilent } from "./ask-why-silent.ts";
import { bootId, type EventLog, monotonicMs } from "./events.ts";

const lookEveryMs = 200;
const alertEveryMs = 1000;
const diskEveryMs = 10_000;
/** A pause of this length is one that its peers notice. */
const stallMs = contactMs;
const whyDeadlineMs = 500;
const readDeadlineMs = 3000;

/** One request for a report, as it was measured. */
export interface Trip {
  /** Own wall clock when it left. */
  sentMs: number;
  roundTripMs: number;
}

/** What an agent does as a watcher of the others: their silence, their clocks, their logs. */
export class Watch {
  private readonly context: HostContext;
  private readonly log: EventLog;
  private readonly reader: PeerReader;
  private readonly mirror: EventMirror;
  private readonly boot = bootId();
  private readonly clocks = new Map<string, ClockSample[]>();
  private readonly silent = new Map<string, { since: number; why: Silence | undefined }>();
  private readonly loop = new LoopMonitor();
  private readonly certificateEnds: number;
  readonly alerter: Alerter;
  private alertsAt = Number.NEGATIVE_INFINITY;
  private disk: WatchReport["disk"];
  private diskAt = Number.NEGATIVE_INFINITY;
  private tickedAt: number | undefined;
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(context: HostContext, log: EventLog) {
    this.context = context;
    this.log = log;
    this.reader = new PeerReader(context);
    this.alerter = new Alerter(context, (subject, text) => log.add("alert", subject, text));
    this.certificateEnds = Date.parse(new X509Certificate(context.secrets.tls.cert).validTo);
    this.mirror = new EventMirror((host, path, deadlineMs) => this.reader.get(host, path, deadlineMs));
  }

  heard(report: HostReport, trip: Trip): void {
    const now = performance.now();
    const sample = clockSample(trip.sentMs, trip.roundTripMs, report.wallMs, now);
    this.clocks.set(report.host, addSample(this.clocks.get(report.host) ?? [], sample));
    const silence = this.silent.get(report.host);
    if (silence) {
      this.silent.delete(report.host);
      this.log.add("peer-heard", report.host, `again, after ${((now - silence.since) / 1000).toFixed(1)} s`);
    }
    void this.mirror.heard(report);
  }

  /** With each tick of the agent. */
  tick(news: Record<string, PeerNews | undefined>, ownReport: () => HostReport): void {
    const now = performance.now();
    const stalledMs = Math.round(now - (this.tickedAt ?? now));
    this.tickedAt = now;
    if (stalledMs > stallMs)
      this.log.add("agent-stalled", this.context.self.name, `did nothing for ${stalledMs} ms`, stalledMs);
    if (now - this.lookedAt < lookEveryMs) return;
    this.lookedAt = now;
    if (now - this.alertsAt > alertEveryMs) {
      this.alertsAt = now;
      this.alerter.look([
        { ageMs: 0, report: ownReport() },
        ...Object.values(news).flatMap((item) => (item ? [item] : [])),
      ]);
    }
    if (now - this.diskAt > diskEveryMs) void this.lookAtDisk(now);
    for (const [host, item] of Object.entries(news))
      if (item && item.ageMs > contactMs && !this.silent.has(host)) {
        this.silent.set(host, { since: now - item.ageMs, why: undefined });
        void this.askWhy(host, now - item.ageMs);
      }
  }

  private async lookAtDisk(now: number): Promise<void> {
    this.diskAt = now;
    try {
      const { bavail, blocks, bsize } = await statfs(this.context.dirs.data);
      this.disk = { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    } catch (error) {
      this.disk = undefined;
      this.log.add("housekeeping", "disk", messageOf(error));
    }
  }

  private async askWhy(host: string, since: number): Promise<void> {
    const { address } = this.context.cluster.hosts[host] ?? { address: "" };
    const why = await askWhySilent(address, this.context.cluster.agent.port, whyDeadlineMs);
    const silence = this.silent.get(host);
    const silentMs = Math.round(performance.now() - since);
    if (silence?.since === since) silence.why = why;
    this.log.add("peer-silent", host, silence ? silenceText[why] : "for a moment", silentMs);
  }

  /** @param app its last answer; undefined: it does not answer */
  report(app: Pick<AppHealth, "problems" | "tokens_ending"> | undefined): WatchReport {
    const now = performance.now();
    const clocks = [...this.clocks].flatMap(([host, samples]) => {
      const found = estimateClock(samples, now);
      return found ? [[host, found] as const] : [];
    });
    return {
      boot: this.boot,
      monotonicMs: monotonicMs(),
      hosts: Object.fromEntries(allHosts(this.context.cluster).map(({ name, role }) => [name, role])),
      lastEvent: this.log.last,
      clocks: Object.fromEntries(clocks),
      silent: Object.fromEntries([...this.silent].map(([host, { why }]) => [host, why ?? "unknown"])),
      loop: this.loop.read(),
      ...(this.disk ? { disk: this.disk } : {}),
      certificateEnds: this.certificateEnds,
      ...(app && { appProblems: app.problems }),
      ...(app?.tokens_ending && { endingTokens: app.tokens_ending }),
      alerts: this.alerter.report(),
    };
  }

  async own(since: number): Promise<OwnTimeline> {
    const events = await this.log.sinceTime(since);
    return { wallMs: Date.now(), monotonicMs: monotonicMs(), boot: this.boot, events };
  }

  /** The incident logs of all hosts since a moment of the own wall clock; of a host that does not answer, the copy kept here. */
  timeline(since: number): Promise<Source[]> {
    const self = this.context.self.name;
    return Promise.all(
      allHosts(this.context.cluster).map(async ({ name }): Promise<Source> => {
        if (name === self) {
          const { events, ...now } = await this.own(since);
          return { host: name, from: "itself", now, clock: { offsetMs: 0, withinMs: 0 }, events };
        }
        const clock = estimateClock(this.clocks.get(name) ?? [], performance.now()) ?? null;
        const theirSince = since + (clock?.offsetMs ?? 0);
        try {
          const path = `/timeline/own?since=${theirSince}`;
          const { events, ...now } = readOwnTimeline(await this.reader.get(name, path, readDeadlineMs));
          return { host: name, from: "itself", now, clock, events };
        } catch (error) {
          const events = this.mirror.of(name).filter((event) => event.wallMs >= theirSince);
          return {
            host: name,
            from: events.length > 0 ? "copy" : "nobody",
            problem: messageOf(error),
            clock,
            events,
          };
        }
      }),
    );
  }

  /** A person or a program of this host adds what the agents can not know. */
  note(subject: string, text: string): void {
    this.log.add("note", subject, text);
  }

  async close(): Promise<void> {
    this.alerter.close();
    await this.reader.close();
  }
}
