import { setTimeout as delay } from "node:timers/promises";
import { questionSchema } from "../call/contract.ts";
import { inComparedMoney } from "../carriers/charge.ts";
import { microsOf } from "../carriers/money.ts";
import { type Rates, ratesOf } from "../carriers/prices.ts";
import type { Spending } from "../carriers/spending.ts";
import type { Database } from "../db/database.ts";
import { asked } from "../routing/asked.ts";
import { watchedBy } from "../routing/guarded.ts";
import type { LiveRouting } from "../routing/live.ts";
import type { Snapshot } from "../routing/registry.ts";

/** What was called today before this app, or a guard, began: from the ledger, each time that guards change. */

const dayMs = 86_400_000;
const againMs = 2000;
const page = 2000;

interface Called {
  number: string;
  user_name: string;
  source: string;
  started_at: Date;
  duration_ms: number | null;
  details: string | null;
}

interface Details {
  carrier?: string;
  charge?: { currency: string; cost: string } | null;
}

const detailsOf = (details: string | null): Details =>
  details === null ? {} : (JSON.parse(details) as Details);

/** In the money that prices are compared in, micros. */
const costOf = ({ charge }: Details, rates: Rates): number =>
  charge ? (inComparedMoney(microsOf(charge.cost, Number.MAX_SAFE_INTEGER), charge.currency, rates) ?? 0) : 0;

/** Counts one call of the ledger for the guards that it is for. */
function count(snapshot: Snapshot, spending: Spending, called: Called, midnight: number): void {
  const details = detailsOf(called.details);
  if ((details.carrier ?? "") === "") return;
  const { number, user_name: user, source } = called;
  const question = questionSchema.safeParse({
    call_id: "ledger",
    from: { user, domain: "" },
    to: { user: number, domain: "" },
    request_uri: number,
    number,
    source: { address: source.replace(/:[0-9]+$/, ""), port: 0 },
    transport: "udp",
    ...(user !== "" && { user }),
  });
  if (!question.success) return;
  const begun = called.started_at.getTime();
  const length = called.duration_ms ?? 0;
  const ms = Math.max(0, Math.min(length, begun + length - midnight));
  const cost = costOf(details, ratesOf(snapshot.parts.currencies.values()));
  // Of one that began yesterday its share of today.
  const micros = length > 0 ? Math.round((cost * ms) / length) : cost;
  for (const { watched } of watchedBy(asked(snapshot, question.data, begun)))
    spending.add(watched, ms, micros);
}

/** @throws Error of the database */
async function countToday({ db }: Database, snapshot: Snapshot, spending: Spending): Promise<void> {
  const now = Date.now();
  const midnight = Math.floor(now / dayMs) * dayMs;
  spending.forget();
  let last: Buffer = Buffer.alloc(16);
  for (;;) {
    const rows = await db
      .selectFrom("records")
      .select(["id", "number", "user_name", "source", "started_at", "duration_ms", "details"])
      .where("id", ">", last)
      .where("answered_at", "is not", null)
      .where("ended_at", ">=", new Date(midnight))
      .where("ended_at", "<", new Date(now))
      .orderBy("id")
      .limit(page)
      .execute();
    for (const row of rows) count(snapshot, spending, row, midnight);
    last = rows.at(-1)?.id ?? last;
    if (rows.length < page) return;
  }
}

/** Runs until `signal` aborts; without a database what was counted stays. */
export async function followGuards(
  database: Database,
  live: LiveRouting,
  spending: Spending,
  signal: AbortSignal,
): Promise<void> {
  let counted: unknown;
  while (!signal.aborted) {
    const { snapshot } = live;
    const { guards } = snapshot.parts;
    if (guards === counted || (counted === undefined && guards.size === 0)) {
      await live.changed(signal);
      continue;
    }
    try {
      await countToday(database, snapshot, spending);
      counted = guards;
    } catch {
      // Its unavailability is told elsewhere.
      await delay(againMs, undefined, { signal }).catch(() => {});
    }
  }
}
