import { existsSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { messageOf } from "../base/message.ts";
import { noWorld, type World } from "../carriers/choose.ts";
import { wanted } from "../carriers/live-prices.ts";
import { compileAside } from "../carriers/price-threads.ts";
import { ratesOf } from "../carriers/prices.ts";
import { openDatabase } from "../db/database.ts";
import { LiveSnapshot } from "../entities/live.ts";
import { registry, type Snapshot } from "../routing/registry.ts";
import { createEvents } from "../telemetry/log.ts";
import { withEdits } from "./documents.ts";
import { Drafts } from "./drafts.ts";
import { pastCalls } from "./past-calls.ts";
import { Replay, type Side } from "./replay.ts";
import type { FromReplay, ReplayOrder } from "./replay-host.ts";

/** The process that decides past calls again, started by replay-host.ts: its memory and its time are not those of calls. */

async function worldOf({ parts }: Snapshot, directory: string, since: number): Promise<World> {
  const tables = wanted(parts.prices, since)
    .map((table) => ({ ...table, file: join(directory, `${table.digest}.zst`) }))
    .filter(({ file }) => existsSync(file));
  if (tables.length === 0) return noWorld;
  return { ...noWorld, book: await compileAside(tables), rates: ratesOf(parts.currencies.values()) };
}

async function replayed(order: ReplayOrder): Promise<FromReplay> {
  const started = performance.now();
  const { endpoints, login, snapshot: file, prices, setting, draft, groups } = order;
  await using database = openDatabase({ endpoints, login, size: 2, queryMs: 60_000 });
  const live = new LiveSnapshot(registry, file, database, createEvents(pino({ level: "silent" })));
  await live.loadFromDisk();
  await live.refresh();
  const [since, until] = [new Date(order.since), new Date(order.until)];
  const sideOf = async (snapshot: Snapshot): Promise<Side> => ({
    snapshot,
    world: await worldOf(snapshot, prices, since.getTime()),
  });
  const now = await sideOf(live.snapshot);
  let replay = new Replay(undefined, now);
  if (draft !== undefined) {
    const { edits } = await new Drafts(registry, database, setting).edits(draft);
    const snapshot = await withEdits(registry, live.snapshot, edits);
    const samePrices =
      snapshot.parts.prices === live.snapshot.parts.prices &&
      snapshot.parts.currencies === live.snapshot.parts.currencies;
    replay = new Replay(now, samePrices ? { snapshot, world: now.world } : await sideOf(snapshot));
  }
  for await (const calls of pastCalls(database, since, until)) for (const call of calls) replay.add(call);
  const tenths = (ms: number) => Math.round(ms / 100) / 10;
  const { user, system } = process.cpuUsage();
  return {
    report: {
      ...replay.report(groups),
      since: since.toISOString(),
      until: until.toISOString(),
      seconds: tenths(performance.now() - started),
      cpu_seconds: tenths((user + system) / 1000),
    },
  };
}

process.on("message", (order: ReplayOrder) => {
  replayed(order)
    .catch((error: unknown): FromReplay => ({ failed: messageOf(error) }))
    .then((answer) => process.send?.(answer, () => process.exit(0)))
    .catch(() => process.exit(1));
});
process.on("disconnect", () => process.exit(1));
