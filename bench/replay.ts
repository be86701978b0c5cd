import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readSheetAside } from "../src/carriers/price-threads.ts";
import { insertRows, overwrite } from "../src/db/bulk.ts";
import { openDatabase } from "../src/db/database.ts";
import { migrate } from "../src/db/migrations.ts";
import { commit, type Edit } from "../src/entities/commit.ts";
import { registry } from "../src/routing/registry.ts";
import { compiled, type Given } from "../src/versions/documents.ts";
import { Drafts } from "../src/versions/drafts.ts";
import { replay } from "../src/versions/replay-host.ts";
import { PrivateMariadb } from "../test/support/private-mariadb.ts";
import { report } from "./common.ts";

/**
 * Past calls decided again by a draft: call records in a MariaDB of its own, an office with carriers and prices, a draft that
 * makes the cheaper carrier the first and closes some numbers.
 *
 *   node bench/replay.ts [--calls 1000000] [--numbers 100000] [--rules 10000] [--runs 3]
 */
const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "1000000" },
    numbers: { type: "string", default: "100000" },
    rules: { type: "string", default: "10000" },
    runs: { type: "string", default: "3" },
  },
});
const counts = { calls: Number(values.calls), numbers: Number(values.numbers), rules: Number(values.rules) };

const setting = { realm: "bench", secret: "bench" };
const users = 1000;
const numberAt = (at: number): string => `+49711${String(at).padStart(7, "0")}`;
const prefixAt = (at: number): string => `+44${String(at).padStart(6, "0")}`;
const toCarrier = (carrier: string) => ({ type: "route", targets: [{ type: "carrier", carrier }] });

function* office(sheets: Record<string, string>): Generator<Given> {
  yield {
    part: "sites",
    key: "s",
    document: { country: "DE", area_code: "711", time_zone: "Europe/Berlin", outside_prefix: "0" },
  };
  for (let at = 0; at < users; at++)
    yield { part: "users", key: `u${at}`, document: { password: "correct horse" } };
  for (let at = 0; at < counts.numbers; at++)
    yield { part: "numbers", key: numberAt(at), document: { user: `u${at % users}` } };
  for (const [carrier, digest] of Object.entries(sheets)) {
    yield { part: "carriers", key: carrier, document: { addresses: [{ host: `${carrier}.example` }] } };
    const revision = { digest, from: "2026-01-01T00:00:00Z", prices: 1, currency: "EUR" };
    yield { part: "prices", key: carrier, document: { revisions: [revision] } };
  }
  for (let at = 0; at < counts.rules; at++)
    yield {
      part: "rules",
      key: `r${at}`,
      document: { match: { prefix: prefixAt(at), authenticated: true }, action: toCarrier("gold") },
    };
  yield { part: "rules", key: "world", document: { match: { prefix: "+" }, action: toCarrier("gold") } };
}

const day = Date.UTC(2026, 10, 27);

/** As evenly spread as digests are. */
function idAt(at: number): Buffer {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(Math.imul(at + 1, 0x9e3779b1) >>> 0, 0);
  id.writeUInt32BE(at, 12);
  return id;
}

function recordAt(at: number) {
  const id = idAt(at);
  const number =
    at % 2 === 0
      ? numberAt((at * 7919) % counts.numbers)
      : `${prefixAt((at * 7919) % counts.rules)}${String(at % 1000).padStart(4, "0")}`;
  const started = day + Math.floor((at / counts.calls) * 86_400_000);
  const answered = at % 4 !== 0;
  const began = new Date(started);
  const end = new Date(started + 90_000);
  return {
    id,
    call_ref: id,
    call_id: `bench-${at}`,
    from_tag: "t",
    caller: `sip:u${at % users}@example`,
    callee: `sip:${number}@example`,
    number,
    user_name: `u${at % users}`,
    source: "192.0.2.9",
    started_at: began,
    answered_at: answered ? began : null,
    ended_at: end,
    duration_ms: answered ? 1000 + (at % 300) * 1000 : null,
    status: answered ? 200 : 486,
    outcome: answered ? "answered" : "busy",
    reason: "",
    target: "",
    origin: "a",
    nodes: '["a"]',
    attempts: "[]",
    rule: at % 2 === 0 ? `number:${number}` : "world",
    decided_by: "own",
    closed_how: "bye",
    note: "",
    events: 3,
    details: null,
  };
}

const root = await mkdtemp(join(tmpdir(), "dialtone-replay-"));
try {
  await chmod(root, 0o755);
  const prices = join(root, "prices");
  await mkdir(prices);
  const sheets: Record<string, string> = {};
  for (const [carrier, price] of [
    ["gold", "0.05"],
    ["iron", "0.02"],
  ] as const) {
    const file = join(root, `${carrier}.csv`);
    const lines = Array.from({ length: 999 }, (_, at) => `${at + 1},${price}`);
    await writeFile(file, `Prefix,Rate\n${lines.join("\n")}\n`);
    const increments = { first: 1, next: 1 };
    const read = await readSheetAside(file, {
      currency: "EUR",
      zone: "UTC",
      bands: {},
      columns: {},
      increments,
    });
    if (read.kind !== "read") throw new Error(JSON.stringify(read));
    await writeFile(join(prices, `${read.digest}.zst`), read.packed);
    sheets[carrier] = read.digest;
  }
  await using server = new PrivateMariadb(join(root, "mysql"), join(root, "mysql", "mysqld.sock"));
  await server.create("bench");
  const login = { user: "dialtone", password: "bench", database: "dialtone" };
  const endpoints = [{ name: "bench", socketPath: server.socket }];
  await using database = openDatabase({ endpoints, login, queryMs: 120_000 });
  await migrate(database);
  const { rows, faults } = await compiled(registry, [...office(sheets)], () => undefined, setting);
  if (faults.length > 0) throw new Error(JSON.stringify(faults[0]));
  const edits: Edit[] = rows.map((row) => ({ ...row, base: 1 }));
  const began = performance.now();
  const done = await commit(registry, database, edits, { how: "import", who: "bench", why: "" }, 1);
  if (done.kind !== "done") throw new Error(done.kind);
  const committed = performance.now() - began;
  // In the order of the table's key, which makes it faster and nothing else.
  const order = Array.from({ length: counts.calls }, (_, at) => at).sort((a, b) =>
    Buffer.compare(idAt(a), idAt(b)),
  );
  for (let at = 0; at < counts.calls; at += 1000) {
    const some = order.slice(at, at + 1000).map(recordAt);
    await database.db.executeQuery(insertRows("records", some, overwrite("id")));
  }
  const drafts = new Drafts(registry, database, setting);
  await drafts.create("cheaper", { who: "bench", why: "" });
  const changes: Given[] = Array.from({ length: Math.min(500, counts.rules) }, (_, at) => ({
    part: "rules",
    key: `r${at}`,
    document: { match: { prefix: prefixAt(at), authenticated: true }, action: toCarrier("iron") },
  }));
  await drafts.set("cheaper", changes, undefined);
  const request = {
    ...{ endpoints, login, setting, prices, snapshot: join(root, "rules.ndjson") },
    ...{
      draft: "cheaper",
      since: new Date(day).toISOString(),
      until: new Date(day + 86_400_000).toISOString(),
    },
    groups: 3,
  };
  const figures = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const found = await replay(request);
    figures.push({
      ...counts,
      "commit s": Math.round(committed / 100) / 10,
      replayed: found.calls,
      changed: found.changed,
      "cost before": found.cost_before,
      "cost after": found.cost_after,
      seconds: found.seconds,
      "CPU s": found.cpu_seconds,
    });
  }
  await report("replay", figures);
} finally {
  await rm(root, { recursive: true, force: true });
}
