import type { CallEvent } from "../call/contract.ts";
import type { CallRecord } from "./call-record.ts";

/** So many calls that go on; the others' events are read back from the database. */
const capacity = 2048;

interface Known {
  revision: number;
  events: readonly CallEvent[];
  /** Ids of the call's records. */
  before: readonly string[];
}

/**
 * Calls that go on, with all their events, so that the next event of a call does not need to read back those before it.
 * The database says whether that is still all: each transaction that touches a call counts its `revision` up, whoever it
 * is of.
 */
export class RecentCalls {
  private readonly calls = new Map<string, Known>();

  /**
   * All events of a call to which `added` were added just now.
   * @param stored what the database has, in the same transaction.
   * @returns undefined: some are not known here.
   */
  complete(
    key: string,
    added: readonly CallEvent[],
    stored: { revision: number; count: number } | undefined,
  ): Pick<Known, "events" | "before"> | undefined {
    const known = this.calls.get(key);
    if (stored?.revision !== (known?.revision ?? 0) + 1) return undefined;
    const unique = new Map(
      [...(known?.events ?? []), ...added].map((event) => [event.id.toLowerCase(), event]),
    );
    if (unique.size !== stored.count) return undefined;
    return { events: [...unique.values()], before: known?.before ?? [] };
  }

  /** After the commit. A call that is over is forgotten: what comes late is read back. */
  remember(call: {
    key: string;
    revision: number;
    events: readonly CallEvent[];
    records: readonly CallRecord[];
  }): void {
    const { key, revision, events, records } = call;
    this.calls.delete(key);
    if (records.every((record) => record.closed_how !== null)) return;
    this.calls.set(key, { revision, events, before: records.map((record) => record.id) });
    const [oldest] = this.calls.keys();
    if (this.calls.size > capacity && oldest !== undefined) this.calls.delete(oldest);
  }
}
