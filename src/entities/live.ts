import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/database.ts";
import type { Events } from "../telemetry/log.ts";
import { type Heads, heads, readSnapshot } from "./changes.ts";
import type { Registry, SnapshotOf } from "./entity.ts";
import { emptySnapshot } from "./snapshot.ts";
import { loadSnapshot, packedAgain, saveSnapshot } from "./snapshot-file.ts";

/** How old the data is that calls are decided by. */
export type SnapshotState<R extends Registry> = { [P in keyof R]: number } & {
  version: number;
  /** Since the database last confirmed this version; null: not yet since the start. */
  confirmed_ms_ago: number | null;
  source: "empty" | "disk" | "database";
};

/** The snapshot that decides, kept up to date from the database and kept on disk for the next start. */
export class LiveSnapshot<R extends Registry> {
  private current: SnapshotOf<R>;
  private source: "empty" | "disk" | "database" = "empty";
  private confirmedAt: number | undefined;
  private refreshing: Promise<void> | undefined;
  private saved = 0;
  /** What was loaded lacks entities that the release which wrote it did not know. */
  private lacking = false;
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private known: Omit<Heads, "version"> = { feed: 0, dials: 0, access: 0 };
  private readonly registry: R;
  private readonly file: string;
  private readonly database: Database;
  private readonly events: Events;

  constructor(registry: R, file: string, database: Database, events: Events) {
    this.registry = registry;
    this.file = file;
    this.database = database;
    this.events = events;
    this.current = emptySnapshot(registry);
  }

  /** A value: who keeps it keeps this version. */
  get snapshot(): SnapshotOf<R> {
    return this.current;
  }

  state(): SnapshotState<R> {
    const { version, parts } = this.current;
    return {
      version,
      ...Object.fromEntries(Object.entries(parts).map(([part, values]) => [part, values.size])),
      confirmed_ms_ago:
        this.confirmedAt === undefined ? null : Math.round(performance.now() - this.confirmedAt),
      source: this.source,
    } as SnapshotState<R>;
  }

  /** Takes the last known data from disk, so that calls are decided before the database answers. */
  async loadFromDisk(): Promise<void> {
    try {
      const loaded = await loadSnapshot(this.registry, this.file);
      if (!loaded) return;
      this.current = loaded.snapshot;
      this.lacking = loaded.unknown.length > 0;
      this.saved = loaded.snapshot.version;
      this.source = "disk";
      this.events.snapshotLoaded(this.state());
    } catch (error) {
      this.events.snapshotUnreadable(this.file, error);
    }
  }

  /**
   * Resolves when the snapshot is another one, or `signal` aborts. Called right after a look, it misses no change. Whoever follows
   * the snapshot waits here, so that nobody wakes an app at rest.
   */
  async changed(signal: AbortSignal): Promise<void> {
    await once(this.changes, "changed", { signal }).catch(() => {}); // aborted
  }

  /** The newest position of the feed of calls that this app knows of (records/feed.ts). */
  get feed(): number {
    return this.known.feed;
  }

  /** The newest order to dial that this app knows of. */
  get dials(): number {
    return this.known.dials;
  }

  /** Since the database last answered, ms; undefined: not yet since the start. */
  get confirmedMsAgo(): number | undefined {
    return this.confirmedAt === undefined ? undefined : performance.now() - this.confirmedAt;
  }

  /** The newest change of people and sessions that this app knows of. */
  get access(): number {
    return this.known.access;
  }

  /** Resolves when there is news of calls, of people or sessions, the snapshot is another one, or `signal` aborts. Wakes nobody at rest. */
  async moved(signal: AbortSignal): Promise<void> {
    await once(this.changes, "moved", { signal }).catch(() => {}); // aborted
  }

  /** Brings the snapshot up to the database's version; a refresh that is under way is followed by another one. */
  async refresh(): Promise<void> {
    const before = this.refreshing;
    const mine = (async () => {
      await before?.catch(() => {}); // its own caller sees that error
      const { version, ...found } = await heads(this.database.db);
      const { feed, dials, access } = this.known;
      this.known = found;
      if (feed !== found.feed || dials !== found.dials || access !== found.access) this.changes.emit("moved");
      if (this.lacking || version !== this.current.version) await this.follow();
      this.confirmedAt = performance.now();
      this.source = "database";
    })();
    this.refreshing = mine;
    try {
      await mine;
    } finally {
      if (this.refreshing === mine) this.refreshing = undefined;
    }
  }

  private async follow(): Promise<void> {
    const before = this.lacking ? emptySnapshot(this.registry) : this.current;
    const { snapshot, whole, skipped } = await readSnapshot(this.registry, this.database, before);
    if (snapshot === before) return;
    if (skipped.length > 0) this.events.entitiesSkipped(skipped);
    if (this.lacking) this.saved = 0;
    this.lacking = false;
    this.current = snapshot;
    this.changes.emit("changed");
    this.changes.emit("moved");
    if (whole) this.events.snapshotLoaded(this.state());
    else this.events.snapshotChanged(snapshot.version);
  }

  /**
   * After a change that this node committed: decide by it at once. When the database is lost just then, the change
   * stands nevertheless, and the loop in `run` catches up (and logs the outage).
   */
  async catchUp(): Promise<void> {
    await this.refresh().catch(() => {});
  }

  /** Follows the database until `signal` aborts; faults are logged once per outage. */
  async run(signal: AbortSignal, everyMs = 500): Promise<void> {
    let failing = false;
    let saveAt = 0;
    let saving: Promise<void> | undefined;
    while (!signal.aborted) {
      try {
        await this.refresh();
        if (failing) this.events.databaseBack();
        failing = false;
      } catch (error) {
        if (!failing) this.events.databaseLost(error);
        failing = true;
      }
      if (this.current.version !== this.saved && !saving && performance.now() >= saveAt) {
        // At most once a second: a bulk import would otherwise write the file for each number.
        saveAt = performance.now() + 1000;
        // Beside the following: writing 100,000 numbers may take longer than a change may, and a disk may not answer.
        saving = this.save().finally(() => {
          saving = undefined;
        });
      }
      await delay(everyMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
    await saving;
    if (this.current.version !== this.saved) await this.save();
  }

  private async save(): Promise<void> {
    const { current } = this;
    try {
      await saveSnapshot(this.registry, this.file, current);
      this.saved = current.version;
      const packed = await packedAgain(this.registry, this.file, current);
      // The same values. Where they have changed meanwhile, the next time is early enough.
      if (packed && this.current === current) this.current = packed;
    } catch (error) {
      this.events.snapshotNotSaved(this.file, error);
    }
  }
}
