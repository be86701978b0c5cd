import { setTimeout as delay } from "node:timers/promises";
import { Agent, request } from "undici";
import { type HostContext, peersOf } from "../cluster/facts.ts";
import type { PeerNews } from "./judge.ts";
import type { HostReport } from "./report.ts";
import type { Trip } from "./watch.ts";

const pollEveryMs = 250;
const deadlineMs = 400;
/** While the address changes hands by plan, the news of a few milliseconds ago is old. */
const hurriedMs = 15;

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
  private readonly stopped = new AbortController();
  private readonly onNews: OnNews;
  private hurrying = false;
  /** Ends the pauses that are going on. */
  private wake = new AbortController();
  private readonly loops: Promise<void>[];

  constructor(context: HostContext, onNews: OnNews) {
    this.context = context;
    this.onNews = onNews;
    this.loops = peersOf(context.cluster, context.self.name).map((peer) =>
      this.follow(peer.name, peer.address),
    );
  }

  private async follow(name: string, address: string): Promise<void> {
    const { secrets, cluster } = this.context;
    const client = new Agent({
      connections: 1,
      connect: { ca: secrets.tls.ca, cert: secrets.tls.cert, key: secrets.tls.key, timeout: deadlineMs },
    });
    const headers = { authorization: `Bearer ${secrets.peer_token}` };
    const url = `https://${address}:${cluster.agent.port}/status`;
    const stop = this.stopped.signal;
    while (!stop.aborted) {
      const began = performance.now();
      const sentMs = Date.now();
      try {
        const signal = AbortSignal.any([stop, AbortSignal.timeout(deadlineMs)]);
        const response = await request(url, { dispatcher: client, headers, signal });
        if (response.statusCode !== 200) throw new Error(`${name} answered ${response.statusCode}`);
        const report = (await response.body.json()) as HostReport;
        const before = this.heard.get(name);
        // A report is as old as its request: the peer may have written it just after it was asked.
        this.heard.set(name, { at: began, report });
        const trip = { sentMs, roundTripMs: performance.now() - began };
        this.onNews(report, before && { report: before.report, silenceMs: began - before.at }, trip);
      } catch {
        // Silence is news too: it shows as the age of the last report.
      }
      await this.pause(began);
    }
    await client.destroy();
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

  /** All other hosts; age Infinity: never heard since this agent started. */
  news(): Record<string, PeerNews | undefined> {
    const now = performance.now();
    return Object.fromEntries(
      [...this.heard].map(([name, { at, report }]) => [name, { ageMs: now - at, report }]),
    );
  }

  async close(): Promise<void> {
    this.stopped.abort();
    this.wake.abort();
    await Promise.all(this.loops);
  }
}
