import { type FSWatcher, watch } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../base/message.ts";
import type { CallEvent } from "../call/contract.ts";
import { isDataFault } from "../db/errors.ts";
import type { Checkpoint } from "../journal/checkpoint.ts";
import { type Line, readLines, type Segment, SegmentList } from "../journal/segments.ts";
import type { ProbeEvent } from "../journal/sip-journal.ts";
import type { ProbeStore } from "../probe/store.ts";
import type { Events } from "../telemetry/log.ts";
import type { Ledger } from "./ledger.ts";
import type { Quarantine } from "./quarantine.ts";

/** A journal directory and how its lines are read. */
export interface Source {
  directory: string;
  /** @throws Error when the line is not an event. */
  parse: (line: string) => CallEvent;
  /** Is it a line of the functional test? Such lines are no call events. */
  probe?: (line: string) => ProbeEvent | undefined;
  /**
   * True when its writer never appends to a file after a restart: then what a power failure takes from a file's
   * end needs no sync before shipping, because nothing will ever be written at those positions again.
   */
  closedByRestart: boolean;
}

export interface ShipperState {
  /** Bytes in the journals that are not in the database yet. */
  pending_bytes: number;
  /** How long the oldest of them has been waiting, milliseconds; 0: nothing waits. */
  waiting_ms: number;
  shipped: number;
  quarantined: number;
  error: string | undefined;
}

interface Portion {
  segment: Segment;
  next: number;
  events: { event: CallEvent; line: Line }[];
  probe: ProbeEvent | undefined;
}

const batchSize = 500;

/** Follows the journals and stores their events in the ledger, within milliseconds when the database is there. */
export class Shipper {
  private readonly sources: { source: Source; list: SegmentList }[];
  private readonly ledger: Ledger;
  private readonly probes: ProbeStore;
  private readonly checkpoint: Checkpoint;
  private readonly quarantine: Quarantine;
  private readonly events: Events;
  private pending = 0;
  private waitingSince: number | undefined;
  private shipped = 0;
  private error: string | undefined;
  private wake: () => void = () => {};

  constructor(parts: {
    sources: Source[];
    ledger: Ledger;
    probes: ProbeStore;
    checkpoint: Checkpoint;
    quarantine: Quarantine;
    events: Events;
  }) {
    this.sources = parts.sources.map((source) => ({ source, list: new SegmentList(source.directory) }));
    this.ledger = parts.ledger;
    this.probes = parts.probes;
    this.checkpoint = parts.checkpoint;
    this.quarantine = parts.quarantine;
    this.events = parts.events;
  }

  state(): ShipperState {
    return {
      pending_bytes: this.pending,
      waiting_ms: this.waitingSince === undefined ? 0 : Math.round(performance.now() - this.waitingSince),
      shipped: this.shipped,
      quarantined: this.quarantine.count,
      error: this.error,
    };
  }

  /** Something was written just now: look at once. */
  nudge(): void {
    this.wake();
  }

  /** Runs until `signal` aborts; the checkpoint is saved at the end. */
  async run(signal: AbortSignal): Promise<void> {
    using watchers = new DisposableStack();
    for (const { source } of this.sources) {
      const watcher = this.watch(source.directory);
      if (watcher) watchers.defer(() => watcher.close());
    }
    let pause = 100;
    let savedAt = 0;
    while (!signal.aborted) {
      // The promise is made before looking, so that a write during the look is not missed.
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      try {
        const busy = await this.ship();
        if (this.error !== undefined) this.events.shippingWorks(this.state().waiting_ms);
        this.error = undefined;
        pause = 100;
        // Not after each event: two syncs a time would hold up the next one. Shipping twice is harmless.
        if (performance.now() - savedAt > 250) {
          await this.checkpoint.save();
          savedAt = performance.now();
        }
        if (busy) continue;
        this.waitingSince = undefined;
        await Promise.race([woken, sleep(200, signal)]);
      } catch (error) {
        if (this.error === undefined) this.events.shippingFails(error);
        this.error = messageOf(error);
        await sleep(pause * (0.5 + Math.random()), signal);
        pause = Math.min(1000, pause * 2);
      }
    }
    await this.checkpoint.save();
  }

  /** Stores one batch. @returns whether there may be more. @throws when the database can not be used. */
  async ship(): Promise<boolean> {
    const portions: Portion[] = [];
    let room = batchSize;
    let pending = 0;
    const keys = new Set<string>();
    for (const { source, list } of this.sources)
      for (const segment of await list.list()) {
        keys.add(segment.key);
        let offset = this.checkpoint.offsetOf(segment.key);
        if (segment.size < offset) {
          // A power failure took the end of the file: begin again, storing twice is harmless.
          offset = 0;
          this.checkpoint.advance(segment.key, segment.name, 0);
        }
        if (segment.size === offset) continue;
        pending += segment.size - offset;
        if (room <= 0) continue;
        const portion = await this.read(source, segment, offset, room);
        room -= portion.events.length;
        if (portion.next > offset) portions.push(portion);
      }
    this.pending = pending;
    if (portions.length === 0) {
      this.checkpoint.keepOnly(keys);
      return false;
    }
    this.waitingSince ??= performance.now();
    const started = performance.now();
    const batch = portions.flatMap((portion) => portion.events.map(({ event }) => event));
    await this.store(batch, portions);
    const probe = portions.findLast((portion) => portion.probe)?.probe;
    if (probe) await this.probes.store(probe);
    for (const { segment, next } of portions) this.checkpoint.advance(segment.key, segment.name, next);
    this.shipped += batch.length;
    if (batch.length === 0) return true;
    this.events.shipped(
      batch.length,
      new Set(batch.map((event) => event.call_id)).size,
      Math.round(performance.now() - started),
    );
    return true;
  }

  private async read(source: Source, segment: Segment, offset: number, room: number): Promise<Portion> {
    await using handle = await open(segment.path, "r");
    const { lines, next } = await readLines(handle, offset);
    const taken = lines.slice(0, room);
    // Otherwise a power failure could take lines that are shipped, and new ones come to stand in their place.
    if (taken.length > 0 && !source.closedByRestart) await handle.datasync();
    const events: Portion["events"] = [];
    let probe: ProbeEvent | undefined;
    for (const line of taken) {
      // A power failure can leave a hole of zero bytes before the next line.
      const text = line.text.replace(/^\0+/, "").trimEnd();
      if (text === "") continue;
      const found = source.probe?.(text);
      if (found) {
        probe = found;
        continue;
      }
      try {
        events.push({ event: source.parse(text), line });
      } catch (error) {
        await this.quarantine.add(segment.path, line.offset, line.text, error);
      }
    }
    const reached = taken.length < lines.length ? (taken.at(-1)?.next ?? offset) : next;
    return { segment, next: reached, events, probe };
  }

  private async store(batch: CallEvent[], portions: Portion[]): Promise<void> {
    try {
      await this.ledger.store(batch);
    } catch (error) {
      if (!isDataFault(error)) throw error;
      // One of them is refused by the database itself: find it, and let the others through.
      for (const portion of portions)
        for (const { event, line } of portion.events)
          try {
            await this.ledger.store([event]);
          } catch (single) {
            if (!isDataFault(single)) throw single;
            await this.quarantine.add(portion.segment.path, line.offset, line.text, single);
          }
    }
  }

  /** Without inotify the poll every 200 ms does the work alone. */
  private watch(directory: string): FSWatcher | undefined {
    try {
      const watcher = watch(directory, () => this.wake());
      watcher.on("error", (error) => this.events.journalFollowFault(directory, error));
      return watcher;
    } catch (error) {
      this.events.journalFollowFault(directory, error);
      return undefined;
    }
  }
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => {}); // aborted: the loop sees it
