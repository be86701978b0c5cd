import type { Transaction } from "kysely";
import type { CallEvent } from "../call/contract.ts";
import { insertRows } from "../db/bulk.ts";
import type { Tables } from "../db/tables.ts";

/**
 * Which hours have records that changed since they were counted for reports (reports/roll-up.ts). A mark is written in the
 * transaction that changes the records, so that none is lost with a process or a host; one a roll-up and hour, not one a call.
 */

export const hourMs = 3_600_000;

const hourOf = (ms: number): number => Math.floor(ms / hourMs) * hourMs;

/** The hours in which the records of these events may stand or have stood: a record begins with one of its events. Pure. */
export function hoursOf(events: readonly CallEvent[]): Set<number> {
  const hours = new Set<number>();
  for (const { time, started } of events) {
    hours.add(hourOf(Date.parse(time)));
    if (started !== undefined) hours.add(hourOf(Date.parse(started)));
  }
  return hours;
}

export class HourMarks {
  private readonly node: string;
  private marked = new Set<number>();

  constructor(node: string) {
    this.node = node;
  }

  /** In the transaction that changes records. */
  async write(trx: Transaction<Tables>, hours: Iterable<number>): Promise<void> {
    const missing = [...hours].filter((hour) => !this.marked.has(hour)).sort((a, b) => a - b);
    if (missing.length === 0) return;
    const at = new Date();
    const rows = missing.map((hour) => ({ hour: new Date(hour), node: this.node, at }));
    await trx.executeQuery(insertRows("report_marks", rows, () => "at=VALUES(at)"));
  }

  /** After the commit. */
  add(hours: Iterable<number>): void {
    for (const hour of hours) this.marked.add(hour);
  }

  /** What was marked; from now on everything is marked anew. */
  take(): number[] {
    const taken = [...this.marked];
    this.marked = new Set();
    return taken;
  }
}
