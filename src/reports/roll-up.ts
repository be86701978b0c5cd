import { setTimeout as delay } from "node:timers/promises";
import { sql, type Transaction } from "kysely";
import { insertRows, overwrite } from "../db/bulk.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { type HourMarks, hourMs } from "../records/hour-marks.ts";
import {
  countNames,
  type Dimension,
  differences,
  dimensions,
  type Figures,
  instantMs,
  mostValues,
  peakOf,
  withRest,
} from "./figures.ts";

/**
 * Counts the records of whole hours again, when some of them changed: a late event, a takeover, a repair make no difference.
 * Each node counts what it changed itself; what a dead one left, the others take on.
 */

const everyMs = 300_000;
/** A transaction that began before the marks were taken has ended by then. */
const settleMs = 30_000;
/** Marks of another node that are so old: it is dead, or its database was away. */
const abandonedMs = 3 * everyMs;
/** Between two hours: whoever writes calls goes first. */
const breathMs = 100;
const keepHours = 24 * 100;
const keepDays = 800;
const keepFlowHours = 72;
const dayMs = 24 * hourMs;
const perHour = hourMs / instantMs;

const dayOf = (ms: number): number => Math.floor(ms / dayMs) * dayMs;

/** The text by which a dimension counts. */
const keyBy: Record<Exclude<Dimension, "all">, ReturnType<typeof sql>> = {
  number: sql`LEFT(number, 190)`,
  user: sql`LEFT(user_name, 190)`,
  carrier: sql`CAST(COALESCE(JSON_VALUE(details, '$.carrier'), '') AS CHAR(64))`,
  rule: sql`LEFT(rule, 190)`,
  node: sql`origin`,
};

interface Parts {
  node: string;
  database: Database;
  marks: HourMarks;
  /** After so long a call is over. */
  longestCallMs: number;
  events: { rollUpFailed(error: unknown): void };
}

export class RollUp {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Every few minutes until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    for (let round = 0; !signal.aborted; round++) {
      await pause(round === 0 ? 10_000 : everyMs - settleMs);
      if (signal.aborted) return;
      try {
        await this.markHistory();
        await this.once(() => pause(settleMs), signal);
        await this.prune();
      } catch (error) {
        this.parts.events.rollUpFailed(error);
      }
    }
  }

  /** The first time: hours that no mark tells of, because the release before made none. */
  private async markHistory(): Promise<void> {
    const { database, node } = this.parts;
    const known = await database.read((db) =>
      db.selectFrom("report_state").select("hour").limit(1).executeTakeFirst(),
    );
    if (known) return;
    await database.transact((trx) =>
      sql`INSERT IGNORE INTO report_marks (hour, node, at)
        SELECT DISTINCT DATE_FORMAT(started_at, '%Y-%m-%d %H:00:00'), ${node}, ${new Date()}
        FROM records WHERE started_at > ${new Date(Date.now() - keepHours * hourMs)}`.execute(trx),
    );
  }

  /** Counts all hours that are marked. @returns how many */
  async once(settle: () => Promise<unknown>, signal?: AbortSignal): Promise<number> {
    const { database, marks, node } = this.parts;
    const takenAt = new Date();
    const taken = marks.take();
    try {
      await settle();
      const rows = await database.read((db) =>
        db
          .selectFrom("report_marks")
          .select(["hour", "node"])
          .where((where) =>
            where.or([
              where.and([where("node", "=", node), where("at", "<=", takenAt)]),
              where("at", "<", new Date(takenAt.getTime() - abandonedMs)),
            ]),
          )
          .execute(),
      );
      const hours = [...new Set([...taken, ...rows.map(({ hour }) => hour.getTime())])].sort((a, b) => b - a);
      const days = new Map<number, number[]>();
      for (const hour of hours) {
        if (signal?.aborted) break;
        await this.countHour(hour);
        days.set(dayOf(hour), [...(days.get(dayOf(hour)) ?? []), hour]);
        if (hours.length > 4) await delay(breathMs);
      }
      // The newest day first; its marks go when it is whole.
      for (const [day, counted] of days) {
        await this.sumDay(day);
        await this.forget(counted, takenAt);
      }
      for (const hour of hours.toReversed()) await this.countPeaks(hour);
      return hours.length;
    } catch (error) {
      // They are marked in the database, all but those that were in memory alone.
      marks.add(taken);
      throw error;
    }
  }

  private async forget(hours: readonly number[], takenAt: Date): Promise<void> {
    const { database, node } = this.parts;
    const abandoned = new Date(takenAt.getTime() - abandonedMs);
    await database.transact((trx) =>
      trx
        .deleteFrom("report_marks")
        .where(
          "hour",
          "in",
          hours.map((hour) => new Date(hour)),
        )
        .where((where) =>
          where.or([
            where.and([where("node", "=", node), where("at", "<=", takenAt)]),
            where("at", "<", abandoned),
          ]),
        )
        .execute(),
    );
  }

  /** One hour anew from its records. Two nodes at once: one of them begins again, with the other's in sight. */
  async countHour(hour: number): Promise<void> {
    const at = new Date(hour);
    await this.parts.database.transact(async (trx) => {
      await sql`INSERT INTO report_state (hour, revision) VALUES (${at}, 1)
        ON DUPLICATE KEY UPDATE revision = revision + 1`.execute(trx);
      const now: Figures[] = [];
      const [all] = await figuresOf(trx, "all", hour);
      if (all) {
        now.push(all);
        for (const dimension of dimensions)
          if (dimension !== "all") now.push(...withRest(await figuresOf(trx, dimension, hour), all));
      }
      const before = await trx
        .selectFrom("report_hours")
        .select(["dimension", "value", ...countNames])
        .where("hour", "=", at)
        .where("dimension", "in", [...dimensions])
        .execute();
      const { write, remove } = differences(before.map(plain), now);
      for (let from = 0; from < write.length; from += 500) {
        const rows = write.slice(from, from + 500).map((row) => ({ hour: at, ...row }));
        await trx.executeQuery(insertRows("report_hours", rows, overwrite("hour")));
      }
      for (const { dimension, value } of remove)
        await trx
          .deleteFrom("report_hours")
          .where("hour", "=", at)
          .where("dimension", "=", dimension)
          .where("value", "=", value)
          .execute();
      if (hour > Date.now() - keepFlowHours * hourMs) await writeFlow(trx, hour);
    });
  }

  private async sumDay(day: number): Promise<void> {
    const [from, to] = [new Date(day), new Date(day + dayMs)];
    const sums = sql.join(countNames.map((name) => sql`SUM(${sql.ref(name)})`));
    const names = sql.join(countNames.map((name) => sql.ref(name)));
    const updates = sql.join(countNames.map((name) => sql`${sql.ref(name)} = VALUES(${sql.ref(name)})`));
    await this.parts.database.transact(async (trx) => {
      await sql`DELETE FROM report_days WHERE day = ${from} AND (dimension, value) NOT IN
        (SELECT dimension, value FROM report_hours WHERE hour >= ${from} AND hour < ${to})`.execute(trx);
      await sql`INSERT INTO report_days (day, dimension, value, ${names})
        SELECT ${from}, dimension, value, ${sums} FROM report_hours
        WHERE hour >= ${from} AND hour < ${to} AND dimension IN (${sql.join([...dimensions])})
        GROUP BY dimension, value
        ON DUPLICATE KEY UPDATE ${updates}`.execute(trx);
    });
  }

  /** Of an hour and of those into which its calls reached. Nothing where the flow before is not kept any more. */
  private async countPeaks(hour: number): Promise<void> {
    const { database, longestCallMs } = this.parts;
    if (hour - longestCallMs < Date.now() - keepFlowHours * hourMs) return;
    const rows = await database.read((db) =>
      db
        .selectFrom("report_flow")
        .select("instant")
        .where("hour", "=", new Date(hour))
        .orderBy("instant", "desc")
        .limit(1)
        .execute(),
    );
    const last = Math.min(Date.now(), Number(rows[0]?.instant ?? 0) * instantMs);
    for (let one = hour; one <= Math.max(hour, last); one += hourMs) {
      const first = one / instantMs;
      const flow = await database.read((db) =>
        db
          .selectFrom("report_flow")
          .select(["instant", ({ fn }) => fn.sum<string>("delta").as("delta")])
          .where("hour", ">=", new Date(one - longestCallMs))
          .where("instant", "<", first + perHour)
          .groupBy("instant")
          .execute(),
      );
      const past = flow.filter(({ instant }) => Number(instant) < first);
      const within = new Map(
        flow
          .filter(({ instant }) => Number(instant) >= first)
          .map(({ instant, delta }) => [Number(instant), Number(delta)]),
      );
      const baseline = past.reduce((total, { delta }) => total + Number(delta), 0);
      // The hour that goes on: as far as it has come.
      const instants = Math.max(1, Math.min(perHour, Math.floor(Date.now() / instantMs) - first));
      const figures = { hour: new Date(one), ...peakOf(baseline, within, first, instants) };
      await database.transact((trx) =>
        trx.executeQuery(insertRows("report_peaks", [figures], overwrite("hour"))),
      );
    }
  }

  private async prune(): Promise<void> {
    const before = (hours: number) => new Date(Date.now() - hours * hourMs);
    await this.parts.database.transact(async (trx) => {
      for (const dimension of dimensions)
        await trx
          .deleteFrom("report_hours")
          .where("dimension", "=", dimension)
          .where("hour", "<", before(keepHours))
          .limit(5000)
          .execute();
      await trx.deleteFrom("report_flow").where("hour", "<", before(keepFlowHours)).limit(5000).execute();
      for (const dimension of dimensions)
        await trx
          .deleteFrom("report_days")
          .where("dimension", "=", dimension)
          .where("day", "<", before(24 * keepDays))
          .limit(5000)
          .execute();
    });
  }
}

/** Sums come as text. */
const plain = (row: Record<keyof Figures, unknown>): Figures => ({
  dimension: String(row.dimension),
  value: String(row.value),
  ...(Object.fromEntries(countNames.map((name) => [name, Number(row[name])])) as Pick<
    Figures,
    (typeof countNames)[number]
  >),
});

/** The records of an hour by one dimension, those with most calls first. */
async function figuresOf(trx: Transaction<Tables>, dimension: Dimension, hour: number): Promise<Figures[]> {
  const value = dimension === "all" ? sql`''` : keyBy[dimension];
  const { rows } = await sql<Record<keyof Figures, unknown>>`
    SELECT ${dimension} AS dimension, ${value} AS value, COUNT(*) AS calls,
      SUM(outcome = 'answered') AS answered, SUM(outcome = 'busy') AS busy,
      SUM(outcome = 'no_answer') AS no_answer, SUM(outcome = 'cancelled') AS cancelled,
      SUM(outcome NOT IN ('answered', 'busy', 'no_answer', 'cancelled', 'in_progress')) AS failed,
      SUM(outcome = 'in_progress') AS trying,
      SUM(COALESCE(duration_ms, 0)) AS talk_ms,
      SUM(COALESCE(GREATEST(0, TIMESTAMPDIFF(MICROSECOND, started_at, answered_at) DIV 1000), 0)) AS wait_ms
    FROM records WHERE started_at >= ${new Date(hour)} AND started_at < ${new Date(hour + hourMs)}
    GROUP BY value ORDER BY calls DESC, value LIMIT ${sql.lit(mostValues)}`.execute(trx);
  return rows.map(plain);
}

/** Replaces what the calls of an hour add to how many there are at a time. */
async function writeFlow(trx: Transaction<Tables>, hour: number): Promise<void> {
  const [from, to] = [new Date(hour), new Date(hour + hourMs)];
  const { rows } = await sql<{ instant: string; delta: string }>`
    SELECT instant, SUM(delta) AS delta FROM (
      SELECT CEIL(UNIX_TIMESTAMP(started_at) / 15) AS instant, 1 AS delta
        FROM records WHERE started_at >= ${from} AND started_at < ${to}
      UNION ALL
      SELECT CEIL(UNIX_TIMESTAMP(ended_at) / 15), -1
        FROM records WHERE started_at >= ${from} AND started_at < ${to} AND ended_at IS NOT NULL
    ) flow GROUP BY instant HAVING SUM(delta) <> 0`.execute(trx);
  await trx.deleteFrom("report_flow").where("hour", "=", from).execute();
  const flow = rows.map(({ instant, delta }) => ({
    hour: from,
    instant: Number(instant),
    delta: Number(delta),
  }));
  for (let at = 0; at < flow.length; at += 500)
    await trx.executeQuery(insertRows("report_flow", flow.slice(at, at + 500), () => "delta=VALUES(delta)"));
}
