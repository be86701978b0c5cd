import { setTimeout as delay } from "node:timers/promises";
import type { CallEvent } from "../call/contract.ts";
import { Follower } from "../journal/follower.ts";
import type { Segment } from "../journal/segments.ts";

/** A journal directory and how its lines are read. */
export interface WatchedJournal {
  directory: string;
  /** @throws Error when the line is not an event. */
  parse(line: string): CallEvent;
}

/** What happened while this app was not there: so many bytes before the end are read at the start. */
const pastBytes = 1024 * 1024;
/** From one look to the next. */
const paceMs = 50;

/**
 * Reads this node's journals as they grow, beside the shipper: whether calls are over must be known also while no database can
 * be used. Reads nothing while it is not wanted.
 */
export class CallWatch {
  private readonly followed: { journal: WatchedJournal; follower: Follower; at: Map<string, number> }[];
  private readonly seen: (event: CallEvent) => void;
  private wake: () => void = () => {};
  private begun = false;

  constructor(
    journals: readonly WatchedJournal[],
    seen: (event: CallEvent) => void,
    onFault: (directory: string, error: unknown) => void,
  ) {
    this.followed = journals.map((journal) => ({
      journal,
      follower: new Follower(journal.directory, (error) => onFault(journal.directory, error)),
      at: new Map(),
    }));
    this.seen = seen;
  }

  /** Runs until `signal` aborts; reads nothing before it is `wanted`. */
  async run(signal: AbortSignal, wanted: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await wanted(signal);
    if (signal.aborted) return;
    await using following = new AsyncDisposableStack();
    for (const { follower } of this.followed) {
      following.use(follower);
      follower.start(() => this.wake());
    }
    signal.addEventListener("abort", () => this.wake());
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      // A disk that fails is the shipper's to tell; the next look tries again.
      const more = await this.look().catch(() => false);
      this.begun = true;
      if (more) continue;
      const due = Math.min(...this.followed.map(({ follower }) => follower.dueInMs()));
      const timer = setTimeout(() => this.wake(), Math.max(paceMs, due));
      await woken;
      clearTimeout(timer);
      await pause(paceMs, signal);
    }
  }

  /** @returns whether there is more to be read at once */
  async look(): Promise<boolean> {
    let more = false;
    for (const { journal, follower, at } of this.followed) {
      const segments = await follower.look(follower.dueInMs() <= 0);
      for (const segment of segments) {
        const from = this.offset(at, segment);
        if (segment.size <= from) continue;
        const { lines, next } = await follower.read(segment, from);
        at.set(segment.key, next);
        for (const { text } of lines) this.take(journal, text);
        if (next > from && next < segment.size) {
          follower.again(segment.name);
          more = true;
        }
      }
    }
    return more;
  }

  /** A file that is there at the start is read from near its end; one that comes later from its begin. */
  private offset(at: Map<string, number>, { key, size }: Segment): number {
    const known = at.get(key);
    if (known !== undefined && known <= size) return known;
    return this.begun ? 0 : Math.max(0, size - pastBytes);
  }

  private take({ parse }: WatchedJournal, text: string): void {
    let event: CallEvent;
    try {
      event = parse(text.replace(/^\0+/, "").trimEnd());
    } catch {
      // Of the functional test, torn, or for the quarantine: the shipper sees it too.
      return;
    }
    this.seen(event);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => {}); // aborted: the loop ends
