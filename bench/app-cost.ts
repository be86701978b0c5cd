import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { appendFile, chmod, mkdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:https";
import { connect, type Socket } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { journalDirs } from "../src/cluster/facts.ts";
import { carriedTo } from "../src/components/kamailio/journal.ts";
import { encodeNetstring, NetstringDecoder } from "../src/http/netstring.ts";
import { askSocket } from "../src/http/socket.ts";
import { until } from "../src/lab/wait.ts";
import { hungMs } from "../src/report/hardware.ts";
import { appSocket, makeTestCluster } from "../test/support/app-host.ts";
import { PrivateMariadb } from "../test/support/private-mariadb.ts";
import { percentile, report, rounded } from "./common.ts";
import { readThreads } from "./cost/meter.ts";

/**
 * What the app alone costs: processor time at rest and for a call, with what surrounds it on a node (an agent that asks
 * for its health every second and carries the journal to the disk, Kamailio's two questions and three journal lines for a
 * call) and one private MariaDB without Galera. Exact: /proc/PID/task/(any)/schedstat, not ticks. App and carrier are those
 * of the current directory: `cd` to another checkout to measure that one.
 *
 *   unshare --net sh -c 'ip link set lo up; exec node bench/app-cost.ts'
 *     [--rates 10,50,100,0] [--warm 10] [--seconds 20] [--talk 1000 (ms)] [--profile FOLDER (--cpu-prof of the app)]
 */
const { values } = parseArgs({
  options: {
    rates: { type: "string", default: "10,50,100,0" },
    seconds: { type: "string", default: "20" },
    warm: { type: "string", default: "10" },
    talk: { type: "string", default: "1000" },
    profile: { type: "string" },
    hold: { type: "boolean", default: true },
  },
});
const seconds = Number(values.seconds);
const talkMs = Number(values.talk);
const cluster = await makeTestCluster();
const a = cluster.contextOf("a");
await chmod(cluster.root, 0o755);
await using database = new PrivateMariadb(
  join(cluster.root, "mysql"),
  join(a.dirs.run, "mariadb", "mysqld.sock"),
);

/** Processor time of all threads so far, ms. */
const schedMs = (pid: number): number => readThreads(pid).ran / 1e6;

const health = () =>
  askSocket(appSocket(a), "GET", "/v1/health") as Promise<{ database: { schema_ready: boolean } }>;
/** Not there yet is an answer too. */
const soon = (what: string, check: () => Promise<boolean>) =>
  until(what, 30_000, () => check().catch(() => false));

const { ca, cert, key } = a.secrets.tls;
const status = JSON.stringify({
  host: "a",
  holds: values.hold,
  term: 1,
  sees: { b: { holds: false, ageMs: 10, term: 0 } },
  // As large as a report is.
  padding: Array.from({ length: 60 }, (_, index) => ({
    name: `part-${index}`,
    ok: true,
    detail: "as it should be",
  })),
});
const agent = createServer({ ca, cert, key }, (_request, response) => response.end(status));
agent.listen(a.cluster.agent.port, a.self.address);
await once(agent, "listening");

const stamp = (ms: number) => `${Math.floor(ms / 1000)}.${String(Math.floor(ms % 1000)).padStart(3, "0")}000`;

/** A line as Kamailio writes it (src/journal/sip-journal.ts). */
function journalLine(
  kind: "start" | "answer" | "end",
  callId: string,
  tag: string,
  startedAt: number,
): string {
  const now = Date.now();
  const { method, code, reason, word } = {
    start: { method: "INVITE", code: 100, reason: "start", word: "start" },
    answer: { method: "INVITE", code: 200, reason: "OK", word: "" },
    end: { method: "BYE", code: "000", reason: "BYE", word: "end" },
  }[kind];
  const cells = [method, tag, kind === "start" ? "" : "callee", callId, code, reason, Math.floor(now / 1000)];
  const at = kind === "end" ? now : startedAt;
  const more = [word, randomUUID(), stamp(now), stamp(at), stamp(startedAt), "a", "198.18.77.50:58041", ""];
  const last = ["sip:0445550101@198.18.77.1", "sip:99741@198.18.77.100", "", "sip:99741@198.18.77.60:5091"];
  return `${[...cells, ...more, ...last, kind === "start" ? "" : "bench", kind === "start" ? "" : "own", "."].join("|")}\n`;
}

const journal = journalDirs(a.dirs);
const write = (worker: number, text: string) =>
  appendFile(join(journal.memory, `acc_${129 + (worker % 4)}.log`), text);

/** What waits for the answer to a question, by its number. */
const asked = new Map<number, () => void>();
const answerMs: number[] = [];

function ask(socket: Socket, method: string, params: object): Promise<void> {
  const id = ++serial;
  const began = performance.now();
  const { promise, resolve: answered } = Promise.withResolvers<void>();
  asked.set(id, () => {
    answerMs.push(performance.now() - began);
    answered();
  });
  socket.write(encodeNetstring(JSON.stringify({ jsonrpc: "2.0", id, method, params })));
  return promise;
}

async function call(socket: Socket, index: number): Promise<void> {
  const callId = `${randomUUID()}@198.18.77.1`;
  const tag = randomUUID().slice(0, 8);
  const startedAt = Date.now();
  const params = {
    v: 1,
    call_id: callId,
    request_uri: "sip:99741@198.18.77.100",
    number: "99741",
    transport: "udp",
    from: { user: "0445550101", domain: "198.18.77.1" },
    to: { user: "99741", domain: "198.18.77.100" },
    source: { address: "198.18.77.1", port: 5060 },
    node: "a",
  };
  await write(index, journalLine("start", callId, tag, startedAt));
  await ask(socket, "decide_line", params);
  await write(index + 1, journalLine("answer", callId, tag, startedAt));
  await delay(talkMs);
  await write(index + 2, journalLine("end", callId, tag, startedAt));
  await ask(socket, "kept", {});
}

const closed = async (): Promise<number> =>
  Number((await database.query("SELECT count(*) AS n FROM records WHERE closed_how = 'bye'"))[0]?.n);

let app: ChildProcess | undefined;
let carrier: ChildProcess | undefined;
let serial = 0;
let running = true;
const rows: Record<string, string | number>[] = [];
try {
  await database.create(a.secrets.database.app);
  app = spawn(
    process.execPath,
    [
      ...(values.profile === undefined ? [] : ["--cpu-prof", "--cpu-prof-dir", values.profile]),
      "src/main.ts",
      ...["--config", a.clusterFile, "app", "--host", "a", "--data", a.dirs.data],
    ],
    {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, NODE_COMPILE_CACHE: "/tmp/app-cost-cache" },
    },
  );
  const pid = app.pid ?? 0;
  // As the agent has it, in a process of its own: so its time is known by itself.
  await mkdir(journal.memory, { recursive: true });
  await mkdir(journal.disk, { recursive: true });
  const place = { memory: journal.memory, target: join(journal.disk, carriedTo), lateMs: hungMs };
  const thread = resolve("src/journal/carry-worker.ts");
  carrier = spawn(
    process.execPath,
    [
      "--max-semi-space-size=2",
      "--v8-pool-size=1",
      "--eval",
      `new (require("node:worker_threads").Worker)(${JSON.stringify(thread)}, { workerData: ${JSON.stringify(place)} })`,
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const carrierPid = carrier.pid ?? 0;
  await soon("schema", async () => (await health()).database.schema_ready);
  const probing = (async () => {
    while (running) {
      await health();
      await delay(1000);
    }
  })();
  const socket = connect({ host: "127.0.0.1", port: 8081, noDelay: true });
  await once(socket, "connect");
  const decoder = new NetstringDecoder(64 * 1024);
  socket.on("data", (bytes: Buffer) => {
    for (const frame of decoder.push(bytes)) {
      const id = Number(/"id":(\d+)/.exec(frame)?.[1]);
      asked.get(id)?.();
      asked.delete(id);
    }
  });
  await delay(3000);
  for (const rate of values.rates.split(",").map(Number)) {
    const calls: Promise<void>[] = [];
    const before = await closed();
    const run = async (forSeconds: number): Promise<number> => {
      const started = performance.now();
      let made = 0;
      while (performance.now() - started < forSeconds * 1000) {
        const due = Math.floor(((performance.now() - started) / 1000) * rate);
        for (; made < due; made++) calls.push(call(socket, made));
        await delay(rate === 0 ? 100 : Math.max(2, 500 / rate));
      }
      return made;
    };
    const warm = await run(Number(values.warm));
    answerMs.length = 0;
    const all = () => [pid, carrierPid, database.pid].map(schedMs) as [number, number, number];
    const [[app0, carrier0, db0], at] = [all(), performance.now()];
    const made = await run(seconds);
    const [[app1, carrier1, db1], to] = [all(), performance.now()];
    await Promise.all(calls);
    await soon("records", async () => (await closed()) - before === warm + made);
    const share = (ms: number) => rounded((ms / (to - at)) * 100, 2);
    const perCall = (ms: number) => (made === 0 ? "" : rounded((ms * 1000) / made, 0));
    rows.push({
      "calls/s": rate,
      calls: made,
      "app %": share(app1 - app0),
      "app µs/call": perCall(app1 - app0),
      "carrier µs/call": perCall(carrier1 - carrier0),
      "answer ms p50": rounded(percentile(answerMs, 0.5), 1),
      "answer ms p99": rounded(percentile(answerMs, 0.99), 1),
      "mariadb %": share(db1 - db0),
      "mariadb µs/call": perCall(db1 - db0),
      "rss MB": Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) >> 10,
    });
    process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
  }
  running = false;
  await probing;
  socket.destroy();
} finally {
  running = false;
  carrier?.kill();
  if (app && app.exitCode === null) {
    app.kill("SIGTERM");
    await once(app, "exit");
  }
  agent.closeAllConnections();
  agent.close();
  await database.kill();
  await rm(cluster.root, { recursive: true, force: true });
}
await report("app-cost", rows);
