import type { HostReport } from "../report/host-report.ts";
import { type AgentEvent, readEvents } from "../report/watch.ts";

/** As many as an agent has in memory itself. */
const keep = 2000;
const deadlineMs = 2000;

/**
 * Copies of the other hosts' incident logs, so that what a host wrote before it died can be read while it is dead.
 * Followed by what the reports say is new.
 */
export class EventMirror {
  private readonly copies = new Map<string, AgentEvent[]>();
  private readonly busy = new Set<string>();
  private readonly read: (host: string, path: string, deadlineMs: number) => Promise<unknown>;

  constructor(read: (host: string, path: string, deadlineMs: number) => Promise<unknown>) {
    this.read = read;
  }

  of(host: string): AgentEvent[] {
    return this.copies.get(host) ?? [];
  }

  /** With each report: fetches what is new. Never throws: what could not be read is asked for with the next report. */
  async heard(report: HostReport): Promise<void> {
    const { host, watch } = report;
    const copy = this.of(host);
    const have = copy.at(-1)?.seq ?? 0;
    if (!watch || watch.lastEvent === have || this.busy.has(host)) return;
    this.busy.add(host);
    try {
      // A log that ends before our copy was begun again, with an empty disk.
      const fresh = watch.lastEvent < have;
      const since = fresh ? 0 : Math.max(have, watch.lastEvent - keep);
      const news = readEvents(await this.read(host, `/events?since=${since}`, deadlineMs));
      this.copies.set(host, [...(fresh ? [] : copy), ...news].slice(-keep));
    } catch {
      // Its silence is noticed by those whose business it is (peers.ts).
    } finally {
      this.busy.delete(host);
    }
  }
}
