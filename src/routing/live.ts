import { setTimeout as delay } from "node:timers/promises";
import type { Decision, Question } from "../call/contract.ts";
import type { Database } from "../db/database.ts";
import type { Events } from "../telemetry/log.ts";
import { decide } from "./decide.ts";
import { compile, emptyData, type Snapshot } from "./snapshot.ts";
import { loadSnapshot, saveSnapshot } from "./snapshot-file.ts";
import { currentVersion, type Delta, readDelta } from "./store.ts";

/** How old the data is that calls are decided by. */
export interface SnapshotState {
  version: number;
  users: number;
  numbers: number;
  rules: number;
  /** Since the database last confirmed this version; null: not yet since the start. */
  confirmed_ms_ago: number | null;
  source: "empty" | "disk" | "database";
}

/** The snapshot that decides, kept up to date from the database and kept on disk for the next start. */
export class LiveSnapshot {
  private current: Snapshot = compile(emptyData());
  private source: SnapshotState["source"] = "empty";
  private confirmedAt: number | undefined;
  private refreshing: Promise<void> | undefined;
  private saved = 0;
  private readonly file: string;
  private readonly database: Database;
  private readonly events: Events;

  constructor(file: string, database: Database, events: Events) {
    this.file = file;
    this.database = database;
    this.events = events;
  }

  get snapshot(): Snapshot {
    return this.current;
  }

  decide(question: Question): Decision {
    return decide(this.current, question);
  }

  state(): SnapshotState {
    const { version, users, numbers, rules } = this.current;
    return {
      version,
      users: users.size,
      numbers: numbers.size,
      rules: rules.size,
      confirmed_ms_ago:
        this.confirmedAt === undefined ? null : Math.round(performance.now() - this.confirmedAt),
      source: this.source,
    };
  }

  /** Takes the last known data from disk, so that calls are decided before the database answers. */
  async loadFromDisk(): Promise<void> {
    try {
      const data = await loadSnapshot(this.file);
      if (!data) return;
      this.current = compile(data);
      this.saved = data.version;
      this.source = "disk";
      this.events.snapshotLoaded(this.state());
    } catch (error) {
      this.events.snapshotUnreadable(this.file, error);
    }
  }

  /** Brings the snapshot up to the database's version; a refresh that is under way is followed by another one. */
  async refresh(): Promise<void> {
    const before = this.refreshing;
    const mine = (async () => {
      await before?.catch(() => {}); // its own caller sees that error
      if ((await currentVersion(this.database.db)) !== this.current.version)
        this.apply(await readDelta(this.database, this.current.version));
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

  /**
   * After a change that this node committed: decide by it at once. When the database is lost just then, the change
   * stands nevertheless, and the loop in `run` catches up (and logs the outage).
   */
  async catchUp(): Promise<void> {
    await this.refresh().catch(() => {});
  }

  /** Between two decisions: nobody sees half of it. */
  private apply(delta: Delta): void {
    if (delta.type === "same") return;
    if (delta.skipped.length > 0) this.events.rulesSkipped(delta.skipped);
    if (delta.type === "all") {
      this.current = compile(delta.data);
      this.events.snapshotLoaded(this.state());
      return;
    }
    const { users, numbers, rules } = this.current;
    const put = <T>(map: Map<string, T>, changed: Map<string, T | undefined>) => {
      for (const [key, value] of changed)
        if (value === undefined) map.delete(key);
        else map.set(key, value);
    };
    put(users, delta.users);
    put(numbers, delta.numbers);
    put(rules, delta.rules);
    this.current =
      delta.rules.size > 0 || delta.skipped.length > 0
        ? compile({ version: delta.version, users, numbers, rules })
        : { ...this.current, version: delta.version };
    this.events.snapshotChanged(this.current.version);
  }

  /** Follows the database until `signal` aborts; faults are logged once per outage. */
  async run(signal: AbortSignal, everyMs = 250): Promise<void> {
    let failing = false;
    let saveAt = 0;
    while (!signal.aborted) {
      try {
        await this.refresh();
        if (failing) this.events.databaseBack();
        failing = false;
      } catch (error) {
        if (!failing) this.events.databaseLost(error);
        failing = true;
      }
      if (this.current.version !== this.saved && performance.now() >= saveAt) {
        // At most once a second: a bulk import would otherwise write the file for each number.
        saveAt = performance.now() + 1000;
        await this.save();
      }
      await delay(everyMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
    if (this.current.version !== this.saved) await this.save();
  }

  private async save(): Promise<void> {
    const data = this.current;
    try {
      const done = await saveSnapshot(this.file, data, () => this.current.version !== data.version);
      if (done) this.saved = data.version;
    } catch (error) {
      this.events.snapshotNotSaved(this.file, error);
    }
  }
}
