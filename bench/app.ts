import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { table } from "../src/cli/table.ts";
import { HttpClient } from "../src/http/client.ts";
import { encodeNetstring, NetstringDecoder } from "../src/http/netstring.ts";
import { appSocket, makeTestCluster } from "../test/support/app-host.ts";
import { PrivateMariadb } from "../test/support/private-mariadb.ts";

/**
 * The app alone with 100,000 numbers on one private MariaDB: how quickly it decides, takes events and turns them
 * into records. Usage: bench/app.ts [result.json]. Takes about a minute.
 */
const cluster = await makeTestCluster();
const a = cluster.contextOf("a");
await chmod(cluster.root, 0o755);
await using database = new PrivateMariadb(
  join(cluster.root, "mysql"),
  join(a.dirs.run, "mariadb", "mysqld.sock"),
);
const client = new HttpClient({ name: "the app", socketPath: appSocket(a), connections: 64 });

const ask = (method: "GET" | "POST" | "PUT", path: string, body?: unknown) =>
  client.ask({ method, path, body });

async function until(check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await check().catch(() => false))) {
    if (Date.now() > deadline) throw new Error("not within 60 s");
    await delay(5);
  }
}

interface Row {
  what: string;
  rate: string;
  p50: number;
  p99: number;
  max: number;
}
const rows: Row[] = [];

function note(what: string, times: number[], seconds: number): void {
  const sorted = times.toSorted((x, y) => x - y);
  const at = (share: number) =>
    Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2));
  rows.push({
    what,
    rate: `${Math.round(times.length / seconds)}/s`,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  });
}

const question = (number: string) => ({
  v: 1,
  call_id: randomUUID(),
  request_uri: `sip:${number}@x`,
  number,
  transport: "udp",
  from: { user: "4930111", domain: "x" },
  to: { user: number, domain: "x" },
  source: { address: "192.0.2.9", port: 5060 },
});

/** Questions at a steady rate on one connection, as Kamailio asks. */
async function decide(what: string, perSecond: number, seconds: number): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port: 8081, noDelay: true });
  await once(socket, "connect");
  const decoder = new NetstringDecoder(1_000_000);
  const sent = new Map<number, number>();
  const times: number[] = [];
  socket.on("data", (bytes: Buffer) => {
    for (const frame of decoder.push(bytes)) {
      const { id } = JSON.parse(frame) as { id: number };
      times.push(performance.now() - (sent.get(id) ?? 0));
    }
  });
  const started = performance.now();
  for (let id = 0; id < perSecond * seconds; ) {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
    for (; id < Math.min(due, perSecond * seconds); id++) {
      sent.set(id, performance.now());
      const number = `9${String((id * 7919) % 100_000).padStart(6, "0")}`;
      socket.write(
        encodeNetstring(JSON.stringify({ jsonrpc: "2.0", id, method: "decide", params: question(number) })),
      );
    }
    await delay(1);
  }
  await until(async () => times.length === perSecond * seconds);
  note(what, times, (performance.now() - started) / 1000);
  socket.destroy();
}

const event = (kind: string, callId: string) => ({
  id: randomUUID(),
  kind,
  call_id: callId,
  from_tag: "f",
  time: new Date().toISOString(),
  node: "a",

  method: kind === "end" ? "BYE" : "INVITE",
  code: kind === "start" ? 0 : 200,
  from: "sip:1@x",
  to: "sip:2@x",
});

async function many(
  what: string,
  count: number,
  parallel: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  const times: number[] = [];
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let index = next++; index < count; index = next++) {
        const begun = performance.now();
        await work(index);
        times.push(performance.now() - begun);
      }
    }),
  );
  note(what, times, (performance.now() - started) / 1000);
}

const recordsSince = async (like: string): Promise<number> =>
  Number(
    (
      await database.query(
        `SELECT count(*) AS n FROM records WHERE closed_how = 'bye' AND call_id LIKE '${like}%'`,
      )
    )[0]?.n,
  );

let app: ChildProcess | undefined;
try {
  await database.create(a.secrets.database.app);
  app = spawn(
    process.execPath,
    ["src/main.ts", "--config", a.clusterFile, "app", "--host", "a", "--data", a.dirs.data],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  await until(async () => JSON.parse((await ask("GET", "/v1/health")).text).database.schema_ready);
  await ask("PUT", "/v1/users/ada", { password: "correct horse" });
  const loaded = performance.now();
  await database.query(
    "INSERT INTO numbers (number, user_name) SELECT concat('9', lpad(seq, 6, '0')), 'ada' FROM seq_0_to_99999",
  );
  // A change from far away that this app can not know in part: it reads everything from scratch.
  await database.query("UPDATE rules_version SET version = version + 5000");
  const during = decide("decide, 1000/s, while 100,000 numbers are read", 1000, 3);
  await until(async () => JSON.parse((await ask("GET", "/v1/health")).text).rules.numbers === 100_000);
  const loadMs = performance.now() - loaded;
  await during;
  await decide("decide, 200/s", 200, 4);
  await decide("decide, 1000/s", 1000, 4);
  await decide("decide, 4000/s", 4000, 4);
  const changing = new AbortController();
  const changes = (async () => {
    for (let index = 0; !changing.signal.aborted; index++)
      await ask("PUT", `/v1/numbers/7${index}`, { user: "ada" });
  })();
  await decide("decide, 1000/s, while numbers are changed without pause", 1000, 4);
  changing.abort();
  await changes;
  await many("HTTP decide, 8 at once", 4000, 8, async (index) => {
    await ask("POST", "/v1/calls/decide", question(`9${String(index).padStart(6, "0")}`));
  });
  await many("HTTP event, fsynced, 1 at once", 300, 1, async (index) => {
    await ask("POST", "/v1/calls/events", event("start", `one-${index}`));
  });
  await many("HTTP event, fsynced, 32 at once", 4000, 32, async (index) => {
    await ask("POST", "/v1/calls/events", event("start", `many-${index}`));
  });
  await many("event until it is in a record", 100, 1, async (index) => {
    const id = `latency-${index}`;
    await ask("POST", "/v1/calls/events", [event("start", id), event("answer", id), event("end", id)]);
    while ((await recordsSince(`${id}`)) === 0) await delay(1);
  });
  const journal = Array.from({ length: 5000 }, (_, index) =>
    ["start", "answer", "end"].map((kind) => `${JSON.stringify(event(kind, `bulk-${index}`))}\n`).join(""),
  ).join("");
  const begun = performance.now();
  await writeFile(join(a.dirs.journal, "http", "bulk.log"), journal);
  await until(async () => (await recordsSince("bulk-")) === 5000);
  const bulk = (performance.now() - begun) / 1000;
  const result = {
    rows,
    load_100000_numbers_ms: Math.round(loadMs),
    backlog_events_per_second: Math.round(15_000 / bulk),
  };
  process.stdout.write(
    `${table(
      ["WHAT", "RATE", "P50 ms", "P99 ms", "MAX ms"],
      rows.map((row) => [row.what, row.rate, row.p50, row.p99, row.max]),
    )}\n` +
      `100,000 new numbers in use after ${result.load_100000_numbers_ms} ms\n` +
      `backlog of 15,000 events stored as 5,000 records at ${result.backlog_events_per_second} events/s\n`,
  );
  if (process.argv[2] !== undefined)
    await writeFile(process.argv[2], `${JSON.stringify(result, undefined, 2)}\n`);
} finally {
  await client[Symbol.asyncDispose]();
  if (app && app.exitCode === null) {
    app.kill("SIGTERM");
    await once(app, "exit");
  }
  await database.kill();
  await rm(cluster.root, { recursive: true, force: true });
}
