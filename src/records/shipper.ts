import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../base/message.ts";
import type { CallEvent } from "../call/contract.ts";
import { isDataFault } from "../db/errors.ts";
import type { Checkpoint } from "../journal/checkpoint.ts";
import { Follower } from "../journal/follower.ts";
import type { Line, Segment } from "../journal/segments.ts";
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

interface Followed {
  source: Source;
  follower: Follower;
}

/** A segment with lines that are not stored yet. */
interface Grown extends Followed {
  segment: Segment;
  offset: number;
}

interface Portion {
  segment: Segment;
  next: number;
  events: { event: CallEvent; line: Line }[];
  probe: ProbeEvent | undefined;
}

const batchSize = 500;
/** Segments; a journal of days may wait when the database was away for so long. */
const readAtOnce = 8;
/** From the first notice to the batch: an answer often follows its start at once. */
const gatherMs = 40;
/** From batch to batch: what a transaction costs on all nodes is shared by all events of that time. */
const paceMs = 500;
/** Two syncs a time: not after each batch. Shipping twice is harmless. */
const saveMs = 1000;

/** Follows the journals and stores their events in the ledger, half a second later when the database is there. */
export class Shipper {
  private readonly followed: Followed[];
  private readonly ledger: Pick<Ledger, "store">;
  private readonly probes: Pick<ProbeStore, "store">;
  private readonly checkpoint: Checkpoint;
  private readonly quarantine: Quarantine;
  private readonly events: Events;
  /** By segment: bytes that are not in the database. */
  private readonly behind = new Map<string, number>();
  private waitingSince: number | undefined;
  private shipped = 0;
  private error: string | undefined;
  private wake: () => void = () => {};

  constructor(parts: {
    sources: Source[];
    ledger: Pick<Ledger, "store">;
    probes: Pick<ProbeStore, "store">;
    checkpoint: Checkpoint;
    quarantine: Quarantine;
    events: Events;
  }) {
    const { events } = parts;
    this.followed = parts.sources.map((source) => ({
      source,
      follower: new Follower(source.directory, (error) => events.journalFollowFault(source.directory, error)),
    }));
    this.ledger = parts.ledger;
    this.probes = parts.probes;
    this.checkpoint = parts.checkpoint;
    this.quarantine = parts.quarantine;
    this.events = events;
  }

  state(): ShipperState {
    return {
      pending_bytes: [...this.behind.values()].reduce((sum, bytes) => sum + bytes, 0),
      waiting_ms: this.waitingSince === undefined ? 0 : Math.round(performance.now() - this.waitingSince),
      shipped: this.shipped,
      quarantined: this.quarantine.count,
      error: this.error,
    };
  }

  /** Runs until `signal` aborts; the checkpoint is saved at the end. */
  async run(signal: AbortSignal): Promise<void> {
    await using following = new AsyncDisposableStack();
    for (const { follower } of this.followed) {
      following.use(follower);
      follower.start(() => this.wake());
    }
    signal.addEventListener("abort", () => this.wake());
    let pause = 100;
    let savedAt = 0;
    while (!signal.aborted) {
      // The promise is made before looking, so that a write during the look is not missed.
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      const started = performance.now();
      try {
        const busy = await this.ship();
        if (this.error !== undefined) this.events.shippingWorks(this.state().waiting_ms);
        this.error = undefined;
        pause = 100;
        if (performance.now() - savedAt > saveMs) {
          await this.checkpoint.save();
          savedAt = performance.now();
        }
        if (busy) continue;
        this.waitingSince = undefined;
        await this.notice(woken, started, signal);
      } catch (error) {
        if (this.error === undefined) this.events.shippingFails(error);
        this.error = messageOf(error);
        await sleep(pause * (0.5 + Math.random()), signal);
        pause = Math.min(1000, pause * 2);
      }
    }
    await this.checkpoint.save();
  }

  /** Waits until there is something to be shipped, and then for more of it. */
  private async notice(woken: Promise<void>, started: number, signal: AbortSignal): Promise<void> {
    const due = Math.min(...this.followed.map(({ follower }) => follower.dueInMs()));
    const timer = setTimeout(() => this.wake(), Math.max(0, due));
    await woken;
    clearTimeout(timer);
    for (const { follower } of this.followed) follower.pause();
    await sleep(Math.max(gatherMs, started + paceMs - performance.now()), signal);
  }

  /** Stores one batch. @returns whether there is more. @throws when the database can not be used. */
  async ship(): Promise<boolean> {
    try {
      return await this.shipGrown();
    } catch (error) {
      for (const { follower } of this.followed) follower.again();
      throw error;
    }
  }

  private async shipGrown(): Promise<boolean> {
    const grown = await this.look();
    if (grown.length === 0) return false;
    const { portions, more } = await this.take(grown);
    if (portions.length === 0) return false;
    this.waitingSince ??= performance.now();
    const started = performance.now();
    const batch = portions.flatMap((portion) => portion.events.map(({ event }) => event));
    await this.store(batch, portions);
    const probe = portions.findLast((portion) => portion.probe)?.probe;
    if (probe) await this.probes.store(probe);
    for (const { segment, next } of portions) {
      this.checkpoint.advance(segment.key, segment.name, next);
      this.behind.set(segment.key, Math.max(0, segment.size - next));
    }
    this.shipped += batch.length;
    if (batch.length > 0)
      this.events.shipped(
        batch.length,
        new Set(batch.map((event) => event.call_id)).size,
        Math.round(performance.now() - started),
      );
    return more;
  }

  /** What has grown behind the checkpoint. */
  private async look(): Promise<Grown[]> {
    const all = this.followed.some(({ follower }) => follower.dueInMs() <= 0);
    const looks = await Promise.all(
      this.followed.map(async (followed) => ({
        ...followed,
        segments: await followed.follower.look(all),
      })),
    );
    if (all) {
      const keys = new Set(looks.flatMap(({ segments }) => segments.map((segment) => segment.key)));
      this.checkpoint.keepOnly(keys);
      for (const key of this.behind.keys()) if (!keys.has(key)) this.behind.delete(key);
    }
    return looks.flatMap(({ source, follower, segments }) =>
      segments.flatMap((segment) => {
        let offset = this.checkpoint.offsetOf(segment.key);
        if (segment.size < offset) {
          // A power failure took the end of the file: begin again, storing twice is harmless.
          offset = 0;
          this.checkpoint.advance(segment.key, segment.name, 0);
        }
        this.behind.set(segment.key, segment.size - offset);
        return segment.size === offset ? [] : [{ source, follower, segment, offset }];
      }),
    );
  }

  /** One batch of it, on the disk, and whether there is more. */
  private async take(grown: Grown[]): Promise<{ portions: Portion[]; more: boolean }> {
    let room = batchSize;
    let more = grown.length > readAtOnce;
    const portions: Portion[] = [];
    for (const { follower, segment } of grown.slice(readAtOnce)) follower.again(segment.name);
    const reads = await Promise.all(
      grown
        .slice(0, readAtOnce)
        .map(async (from) => ({ from, ...(await from.follower.read(from.segment, from.offset)) })),
    );
    const syncs: Promise<void>[] = [];
    for (const { from, lines, next } of reads) {
      const { source, follower, segment, offset } = from;
      const taken = lines.slice(0, room);
      room -= taken.length;
      const reached = taken.length < lines.length ? (taken.at(-1)?.next ?? offset) : next;
      // A last line without its end waits for the rest of it, and for the notice of that.
      const left = taken.length < lines.length || (next > offset && next < segment.size);
      if (left) {
        more = true;
        follower.again(segment.name);
      }
      // Otherwise a power failure could take lines that are shipped, and new ones come to stand in their place.
      if (taken.length > 0 && !source.closedByRestart) syncs.push(follower.sync(segment));
      if (reached > offset) portions.push(await this.portion(from, taken, reached));
    }
    await Promise.all(syncs);
    return { portions, more };
  }

  private async portion({ source, segment }: Grown, lines: Line[], next: number): Promise<Portion> {
    const events: Portion["events"] = [];
    let probe: ProbeEvent | undefined;
    for (const line of lines) {
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
    return { segment, next, events, probe };
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
}

const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => {}); // aborted: the loop sees it
