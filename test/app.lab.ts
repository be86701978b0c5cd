import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../src/app/context.ts";
import { patient } from "../src/base/patience.ts";
import { eventSchema } from "../src/call/contract.ts";
import type { HostContext } from "../src/cluster/facts.ts";
import { check, keepsContract } from "../src/conformance/check.ts";
import { migrate } from "../src/db/migrations.ts";
import { HttpClient } from "../src/http/client.ts";
import { socketClient } from "../src/http/socket.ts";
import { HttpJournal, JournalError } from "../src/journal/http-journal.ts";
import { createEvents } from "../src/telemetry/log.ts";
import { event, question, rpc } from "./support/app-calls.ts";
import { appSocket, makeTestCluster } from "./support/app-host.ts";
import { PrivateMariadb } from "./support/private-mariadb.ts";

const run = promisify(execFile);

/**
 * The app against a real MariaDB: started before it, with it, after it was killed and while it is stopped.
 * Node a is the real program in its own process; node b's app lives in this process.
 */
let root: string;
let a: HostContext;
let b: HostContext;
let database: PrivateMariadb;
let process_: ChildProcess;
let log = "";

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
  body: any;
}

async function ask(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  raw?: string,
): Promise<Answer> {
  const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const headers = { "content-type": "application/json" };
  const {
    status,
    headers: sent,
    body: answer,
  } = await socketClient(appSocket(a)).open({
    method,
    path,
    ...(text !== undefined && { text, headers }),
  });
  const said = await answer.text();
  return { status, body: /json/.test(String(sent["content-type"])) ? JSON.parse(said) : said };
}

/** Only announces a large body: the answer must come without waiting for it. */
async function announceLargeBody(): Promise<number> {
  const headers = { "content-type": "application/json", "content-length": "1100000" };
  const outgoing = request({
    socketPath: appSocket(a),
    method: "POST",
    path: "/v1/calls/events",
    headers,
    agent: false,
  });
  outgoing.on("error", () => {}); // the server closes on us, as it should
  outgoing.flushHeaders();
  const [response] = (await once(outgoing, "response")) as [{ statusCode: number }];
  outgoing.destroy();
  return response.statusCode;
}

/** Polls until `check` gives something true. */
async function until<T>(what: string, check: () => Promise<T | undefined | false>, ms = 15_000): Promise<T> {
  const deadline = Date.now() + patient(ms);
  for (;;) {
    const found = await check().catch(() => undefined);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}\n${log.slice(-3000)}`);
    await delay(20);
  }
}

function startApp(): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      "src/main.ts",
      "--config",
      a.clusterFile,
      "app",
      "--host",
      "a",
      "--data",
      a.dirs.data,
      "--log-level",
      "debug",
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const keep = (chunk: Buffer) => {
    log += chunk.toString();
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return child;
}

async function stopApp(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await once(child, "exit");
  }
  return child.exitCode;
}

beforeAll(async () => {
  const cluster = await makeTestCluster();
  root = cluster.root;
  await chmod(root, 0o755);
  a = cluster.contextOf("a");
  b = cluster.contextOf("b");
  database = new PrivateMariadb(join(root, "mysql"), join(a.dirs.run, "mariadb", "mysqld.sock"));
  process_ = startApp();
});

afterAll(async () => {
  await stopApp(process_, "SIGKILL");
  await database[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

describe("the app", () => {
  it("starts without a database, takes events, and says what is missing", async () => {
    const health = await until("health", async () => (await ask("GET", "/v1/health")).body);
    expect(health).toMatchObject({ ok: false, database: { ok: false, schema_ready: false } });
    const before = await ask("POST", "/v1/calls/events", event("start", "before-the-database", 0));
    expect(before).toMatchObject({ status: 202, body: { accepted: 1 } });
    const users = await ask("GET", "/v1/users");
    expect(users).toMatchObject({ status: 503, body: { code: "database-unavailable" } });
  });

  it("makes its schema when the database comes, and stores what waited", async () => {
    await database.create(a.secrets.database.app);
    await until("schema", async () => (await ask("GET", "/v1/health")).body.database.schema_ready);
    const found = await until("the waiting event", async () => {
      const { body } = await ask("GET", "/v1/records?call_id=before-the-database");
      return body.records[0];
    });
    expect(found).toMatchObject({ outcome: "unknown", closed_how: "estimated", from: "sip:4912345@x" });
  });

  it("keeps users, numbers and routes, and decides by them at once", async () => {
    expect(await ask("POST", "/v1/users", { name: "1001", password: "correct horse" })).toMatchObject({
      status: 201,
    });
    expect(await ask("POST", "/v1/users", { name: "1001", password: "correct horse" })).toMatchObject({
      status: 409,
      body: { code: "exists" },
    });
    expect(await ask("PUT", "/v1/numbers/5000", { user: "1001" })).toMatchObject({ status: 200 });
    expect(await ask("PUT", "/v1/numbers/5001", { user: "nobody" })).toMatchObject({
      status: 422,
      body: { code: "unknown-user" },
    });
    const rule = {
      match: { prefix: "00", authenticated: true },
      action: { type: "route", targets: [{ type: "uri", uri: "sip:+{rest}@carrier.example" }] },
    };
    expect(await ask("PUT", "/v1/routes/abroad", rule)).toMatchObject({ status: 200 });
    expect((await ask("POST", "/v1/calls/decide", question("5000"))).body).toMatchObject({
      action: "route",
      targets: [{ type: "user", user: "1001" }],
      rule: "number:5000",
    });
    expect((await ask("POST", "/v1/calls/decide", question("0049301", "1001"))).body).toMatchObject({
      targets: [{ uri: "sip:+49301@carrier.example" }],
      rule: "abroad",
    });
    expect((await ask("POST", "/v1/calls/decide", question("0049301"))).body).toMatchObject({ code: 407 });
    const why = await ask("GET", "/v1/rules/simulate?number=0049301");
    expect(why.body.considered).toEqual([
      { candidate: "abroad", verdict: "passed over", why: "the caller did not authenticate" },
    ]);
    expect(await ask("DELETE", "/v1/users/1001")).toMatchObject({ status: 409, body: { code: "in-use" } });
    const rows = await database.query("SELECT * FROM users");
    expect(JSON.stringify(rows)).not.toContain("correct horse");
    expect(JSON.stringify((await ask("GET", "/v1/users")).body)).not.toMatch(/ha1|horse/);
  });

  it("answers Kamailio by JSON-RPC", async () => {
    expect(await rpc("decide", question("1001"))).toMatchObject({ id: 7, result: { rule: "user:1001" } });
    const known = await rpc("credentials", { user: "1001", realm: "apptest" }, "127.77.0.11");
    expect(known.result).toEqual({
      user: "1001",
      ha1_md5: expect.stringMatching(/^[0-9a-f]{32}$/),
      ha1_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      shows: "^(5000)$",
    });
    expect(await rpc("credentials", { user: "x", realm: "apptest" })).toMatchObject({
      error: { message: "unknown user" },
    });
    expect(await rpc("nonsense", {})).toMatchObject({ error: { code: -32601 } });
  });

  it("refuses bad input with a code and a place", async () => {
    expect(await ask("POST", "/v1/users", undefined, '{"name": "x",\n "pass')).toMatchObject({
      status: 400,
      body: { code: "malformed-json", detail: expect.stringMatching(/line 2/) },
    });
    expect(await ask("POST", "/v1/users", { name: "x", password: "short" })).toMatchObject({
      status: 400,
      body: { code: "invalid-request", errors: [{ path: "/password" }] },
    });
    const events = [event("start", "half", 0), { ...event("answer", "half", 1), id: "no uuid" }];
    expect(await ask("POST", "/v1/calls/events", events)).toMatchObject({ status: 400 });
    expect(await announceLargeBody()).toBe(413);
    expect((await ask("GET", "/v1/records?call_id=half")).body.records).toEqual([]);
  });

  it("speaks TLS with a token on its own and the service address", async () => {
    const { tls, api_token, peer_token } = a.secrets;
    const get = async (host: string, token?: string) => {
      const place = { name: host, origin: `https://${host}:8443`, tls: { ca: tls.ca } };
      await using client = new HttpClient({ ...place, ...(token !== undefined && { token }) });
      return (await client.ask({ path: "/v1/users" })).status;
    };
    for (const host of ["127.77.0.11", "127.77.0.100"]) {
      expect(await get(host, api_token)).toBe(200);
      expect(await get(host, `${api_token}x`)).toBe(401);
      expect(await get(host, peer_token)).toBe(403);
      expect(await get(host)).toBe(401);
    }
    await expect(fetch("http://127.77.0.11:8443/v1/users")).rejects.toThrow();
    expect((await ask("GET", "/docs/")).body).toContain("swagger");
    expect((await ask("GET", "/openapi.json")).body.paths).toHaveProperty("/v1/calls/decide");
  });

  it("keeps the contract that others are held to", async () => {
    const found = await check({
      role: "service",
      decide: new URL("http://localhost/v1/calls/decide"),
      events: new URL("http://localhost/v1/calls/events"),
      socketPath: appSocket(a),
      deadlineMs: patient(10_000),
      burst: { questions: 50, atOnce: 10 },
    });
    expect([...found.results, found.burst].flatMap(({ faults }) => faults)).toEqual([]);
    expect(keepsContract(found)).toBe(true);
  });

  it("acknowledges nothing that is not on a full disk, and recovers by itself", async () => {
    const small = join(root, "small-disk");
    await mkdir(small);
    await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", small]);
    try {
      const events = createEvents(pino({ level: "silent" }));
      await using journal = new HttpJournal(small, events);
      const taken: string[] = [];
      const refused: unknown[] = [];
      // Five at a time, each five one group commit: some groups fit, some do not.
      for (let group = 0; group < 80; group++)
        await Promise.all(
          Array.from({ length: 5 }, async (_, index) => {
            const entry = eventSchema.parse(event("start", `full-${group}-${index}`, 0));
            await journal.append([entry]).then(
              () => taken.push(entry.id),
              (error: unknown) => refused.push(error),
            );
          }),
        );
      expect(taken.length).toBeGreaterThan(50);
      expect(refused.length).toBeGreaterThan(50);
      expect(refused.every((error) => error instanceof JournalError)).toBe(true);
      expect((await journal.health()).ok).toBe(false);
      const written = (
        await Promise.all((await readdir(small)).map((name) => readFile(join(small, name), "utf8")))
      )
        .join("")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => eventSchema.parse(JSON.parse(line)).id);
      expect(new Set(written)).toEqual(new Set(taken));
      for (const name of await readdir(small)) await rm(join(small, name));
      await journal.append([eventSchema.parse(event("start", "room-again", 0))]);
    } finally {
      await run("umount", [small]);
    }
  });

  it("brings a change to the other node and joins events of both into one record", async () => {
    const stop = new AbortController();
    const endpoints = [{ name: "test", socketPath: database.socket }];
    await using peer = await createApp(b, pino({ level: "silent" }), { endpoints });
    const running = Promise.all([peer.live.run(stop.signal), peer.shipper.run(stop.signal)]);
    await until("the peer's rules", async () => peer.live.snapshot.parts.users.has("1001"));
    await ask("PUT", "/v1/numbers/7000", { user: "1001" });
    await until("7000 at the peer", async () => peer.live.snapshot.parts.numbers.has("7000"), 20_000);
    expect(await migrate(peer.database)).toEqual([]);

    const calls = Array.from({ length: 50 }, (_, index) => `two-nodes-${index}`);
    await Promise.all(
      calls.flatMap((call) => [
        ask("POST", "/v1/calls/events", [event("start", call, 0), event("answer", call, 1000)]),
        peer.journal.append([
          eventSchema.parse({ ...event("end", call, 61_000), node: "b", origin: "a", from_tag: "ft" }),
        ]),
      ]),
    );
    await until("all records", async () => {
      const { body } = await ask("GET", "/v1/records?node=b&limit=1000");
      return (
        body.records.length === 50 &&
        body.records.every((record: { duration_ms: number }) => record.duration_ms === 60_000)
      );
    });
    stop.abort();
    await running;
  });

  it("pages through records without gaps or doubles", async () => {
    const seen = new Set<string>();
    let after = "";
    for (let pages = 0; pages < 20; pages++) {
      const { body } = await ask("GET", `/v1/records?node=b&limit=7${after}`);
      for (const record of body.records) seen.add(record.id);
      if (body.next === null) break;
      after = `&after=${body.next}`;
    }
    expect(seen.size).toBe(50);
    const [id] = seen;
    const one = await ask("GET", `/v1/records/${id}`);
    expect(one.body.events.map((entry: { kind: string }) => entry.kind)).toEqual(["start", "answer", "end"]);
  });

  it("filters, gives all as CSV, and says when nothing changed", async () => {
    const found = async (search: string) =>
      (await ask("GET", `/v1/records?node=b&${search}`)).body.records.length;
    expect(await found("party=two-nodes-nobody")).toBe(0);
    expect(await found("min_duration_s=60&max_duration_s=60&outcome=answered&recorded=false")).toBe(50);
    expect(await found("min_duration_s=61")).toBe(0);
    expect(await found("recorded=true")).toBe(0);

    const get = (headers: Record<string, string>) =>
      socketClient(appSocket(a)).open({ method: "GET", path: "/v1/records?node=b&limit=7", headers });
    const sheet = await get({ accept: "text/csv" });
    expect(sheet.headers["content-type"]).toMatch(/^text\/csv/);
    const lines = (await sheet.body.text()).trimEnd().split("\r\n");
    expect(lines[0]).toMatch(/^started_at,answered_at,/);
    expect(lines).toHaveLength(51);

    const first = await get({});
    await first.body.text();
    const again = await get({ "if-none-match": String(first.headers.etag) });
    expect([again.status, await again.body.text()]).toEqual([304, ""]);
  });

  it("keeps drills once, shows the newest of each kind, and their evidence", async () => {
    const drill = (id: number, kind: string, finished: string) => ({
      id: `00000000-0000-4000-8000-00000000000${id}`,
      kind,
      place: "lab",
      runs: 1,
      passed: id !== 2,
      started_at: "2026-11-20T01:00:00.000Z",
      finished_at: finished,
      release: "0.1.0",
      config: "abc",
      aborted: null,
      started_by: "test",
      summary: `drill ${id}`,
      figures: null,
      evidence: { id },
    });
    const one = drill(1, "host-death", "2026-11-20T01:01:00.000Z");
    for (const body of [one, one, drill(2, "host-death", "2026-11-20T02:00:00Z")])
      expect(await ask("POST", "/v1/drills", body)).toMatchObject({ status: 201 });
    await ask("POST", "/v1/drills", drill(3, "witness-loss", "2026-11-20T01:30:00+00:00"));
    const all = await ask("GET", "/v1/drills");
    expect(all.body.drills.map((entry: { summary: string }) => entry.summary)).toEqual([
      "drill 2",
      "drill 3",
      "drill 1",
    ]);
    const { evidence, ...shown } = one;
    expect((await ask("GET", "/v1/drills?kind=host-death&limit=5")).body.drills[1]).toEqual(shown);
    expect((await ask("GET", "/v1/drills/last")).body.drills).toMatchObject([
      { kind: "host-death", passed: false, finished_at: "2026-11-20T02:00:00.000Z" },
      { kind: "witness-loss", passed: true },
    ]);
    expect((await ask("GET", `/v1/drills/${one.id}`)).body).toEqual({ ...shown, evidence });
    expect(await ask("POST", "/v1/drills", { ...one, kind: "Host death" })).toMatchObject({
      status: 400,
      body: { code: "invalid-request", errors: [{ path: "/kind" }] },
    });
  });

  it("decides and takes events while the database hangs, and catches up", async () => {
    process.kill(database.pid, "SIGSTOP");
    const decision = await ask("POST", "/v1/calls/decide", question("7000"));
    expect(decision.body).toMatchObject({ rule: "number:7000" });
    expect(await ask("POST", "/v1/calls/events", event("start", "while-hung", 0))).toMatchObject({
      status: 202,
    });
    await until("trouble seen", async () => !(await ask("GET", "/v1/health")).body.database.ok, 10_000);
    process.kill(database.pid, "SIGCONT");
    await until(
      "stored",
      async () => (await ask("GET", "/v1/records?call_id=while-hung")).body.records.length === 1,
    );
  });

  it("survives kill -9 of itself: rules from disk, nothing acknowledged lost", async () => {
    await database.kill();
    const ids = Array.from({ length: 40 }, (_, index) => `killed-${index}`);
    await Promise.all(ids.map((call) => ask("POST", "/v1/calls/events", event("start", call, 0))));
    await stopApp(process_, "SIGKILL");
    process_ = startApp();
    const health = await until("health", async () => (await ask("GET", "/v1/health")).body);
    expect(health.rules).toMatchObject({ source: "disk", users: 1, numbers: 2 });
    expect((await ask("POST", "/v1/calls/decide", question("7000"))).body).toMatchObject({
      rule: "number:7000",
    });
    await database.start();
    await until("all stored", async () => {
      const [row] = await database.query("SELECT count(*) AS n FROM records WHERE call_id LIKE 'killed-%'");
      return Number(row?.n) === 40;
    });
  });

  it("sets a corrupt line aside and goes on; the check finds and repairs what the database lost", async () => {
    const good = event("start", "after-garbage", 0);
    await writeFile(
      join(a.dirs.journal, "http", "z-test.log"),
      `{"v":1, garbage\n${JSON.stringify(good)}\n{"half`,
    );
    await until(
      "good line",
      async () => (await ask("GET", "/v1/records?call_id=after-garbage")).body.records.length,
    );
    expect((await ask("GET", "/v1/health")).body.shipper.quarantined).toBe(1);
    await database.query("DELETE FROM events WHERE body LIKE '%killed-1%'");
    const first = await until("checkpoint", async () => {
      const { body } = await ask("GET", "/v1/records/check?hours=24");
      return body.waiting === 0 && body;
    });
    expect(first).toMatchObject({ missing: 11, repaired: 11, doubled: 0, quarantined: 1 });
    expect((await ask("GET", "/v1/records/check?hours=24")).body).toMatchObject({ missing: 0 });
  });

  it("the check calls a call doubled when its record is, not when its INVITE came to two nodes", async () => {
    const twice = ["a", "b"].map((node) => event("start", "repeated", 0, { node }));
    await ask("POST", "/v1/calls/events", [...twice, event("end", "repeated", 1000)]);
    await until("record", async () => (await ask("GET", "/v1/records?call_id=repeated")).body.records.length);
    expect((await ask("GET", "/v1/records/check?hours=24")).body).toMatchObject({ doubled: 0 });
    const names = (await database.query("SHOW COLUMNS FROM records")).map(({ Field }) => String(Field));
    const columns = names.filter((name) => name !== "id").join(", ");
    await database.query(
      `INSERT INTO records (id, ${columns}) SELECT UNHEX(MD5('planted')), ${columns} FROM records WHERE call_id = 'repeated'`,
    );
    expect((await ask("GET", "/v1/records/check?hours=24")).body).toMatchObject({ doubled: 1 });
  });

  it("stops in order and leaves its port", async () => {
    expect(await stopApp(process_, "SIGTERM")).toBe(0);
    process_ = startApp();
    await until("health", async () => (await ask("GET", "/v1/health")).status === 200);
    const second = startApp();
    const [code] = (await once(second, "exit")) as [number];
    expect(code).toBe(1);
    expect(log).toContain("another app of this host runs already");
  });
});
