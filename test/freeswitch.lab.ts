import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { patient } from "../src/base/patience.ts";
import { freeswitchToken } from "../src/cluster/secrets.ts";
import { HttpClient } from "../src/http/client.ts";
import { captured } from "./support/fake-freeswitch.ts";
import { RealApp } from "./support/real-app.ts";

/**
 * What was acknowledged to a FreeSWITCH is in the ledger, also when the app is killed; and however often it was sent, it makes one
 * record. The real app, by HTTPS, and a real MariaDB; the records are captured ones with ids of their own.
 */
const calls = 10_000;
const senders = 24;

let app: RealApp;
let client: HttpClient;

beforeAll(async () => {
  app = await RealApp.open();
  const { self, cluster, secrets } = app.context;
  client = new HttpClient({
    name: "the app",
    origin: `https://${self.address}:${cluster.api.port}`,
    tls: { ca: secrets.tls.ca },
    token: freeswitchToken(secrets, "fs1"),
  });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await app?.[Symbol.asyncDispose]();
});

/** As the module makes them before they are encoded. */
const json = Buffer.from(captured("base64/cdr-json-post-aleg").body.slice(4), "base64").toString("utf8");
const callers = json.replace(/"originator":"[^"]*",/, "").replace(/"originating_leg_uuid":"[^"]*",/, "");
const xml = decodeURIComponent(captured("cdr-xml-post-aleg").body.slice(4));

/** A caller's leg of its own, in JSON as base64 or in XML, form-encoded. */
function record(call: number): string {
  const of = (text: string, uuid: RegExp, id: RegExp): string =>
    text.replaceAll(uuid, randomUUID()).replaceAll(id, `call-${call}`);
  return call % 2 === 0
    ? `cdr=${Buffer.from(of(callers, /c2905a81-3b4d-42b8-98f5-6d3be622b7d7/g, /6e977c8c-5fda-1240-5ca2-3609d9772d42/g)).toString("base64")}`
    : `cdr=${encodeURIComponent(of(xml, /55e5b517-d6d3-4e3a-9f4c-740a555866d6/g, /1-31919(%40|@)127.0.0.1/g))}`;
}

it("10,000 of both kinds, a fifth of them sent again, the app killed in the middle: none is missing, none is doubled", async () => {
  let next = 0;
  let acknowledged = 0;
  let failed = 0;
  let killed = false;
  const tell = async (text: string): Promise<void> => {
    const deadline = Date.now() + patient(15_000);
    for (;;) {
      const { status } = await client
        .ask({ method: "POST", path: "/freeswitch/cdr", text, headers: { "content-type": "text/plain" } })
        .catch(() => ({ status: 0 }));
      if (status === 200) return;
      failed++;
      if ((status >= 400 && status < 500) || Date.now() > deadline) throw new Error(`not taken: ${status}`);
      // FreeSWITCH waits a second; here the app is back sooner.
      await delay(50);
    }
  };
  const sender = async (): Promise<void> => {
    while (next < calls) {
      const call = next++;
      const text = record(call);
      await tell(text);
      acknowledged++;
      if (call % 5 === 0) await tell(text);
      if (!killed && acknowledged >= calls / 2) {
        killed = true;
        await app.stop("SIGKILL");
        app.start();
      }
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  expect(acknowledged).toBe(calls);
  expect(failed).toBeGreaterThan(0); // some were under way when it died

  const count = async (where = "") =>
    Number((await app.database.query(`SELECT count(*) AS n FROM records ${where}`))[0]?.n);
  const deadline = Date.now() + patient(60_000);
  while ((await count()) < calls && Date.now() < deadline) await delay(200);
  // What came after: nothing.
  await app.until("all is shipped", async () => {
    const { shipper } = (await app.ask("GET", "/v1/health")).body;
    return shipper.pending_bytes === 0;
  });
  expect(await count()).toBe(calls);
  expect(await count("WHERE closed_how = 'bye' AND outcome = 'answered'")).toBe(calls);
  const [ids] = await app.database.query("SELECT count(DISTINCT call_id) AS n FROM records");
  expect(Number(ids?.n)).toBe(calls);
  const [events] = await app.database.query("SELECT count(*) AS n FROM events");
  expect(Number(events?.n)).toBe(3 * calls);
});

it("its host fetches what it answers alone, and sends records again that nobody took, by what init wrote", async () => {
  const folder = join(app.root, "fs1");
  const cli = async (...words: string[]) => {
    const argv = ["src/main.ts", "--config", app.context.clusterFile, "--json", "freeswitch", ...words];
    const { stdout, stderr, exitCode } = await execa(process.execPath, argv, { reject: false });
    return { exitCode, said: JSON.parse(stdout || JSON.stringify({ stderr })) as unknown };
  };
  expect(await cli("init", "fs1", "--output", folder)).toMatchObject({ exitCode: 0 });
  await app.ask("POST", "/v1/users", { name: "1001", password: "correct horse" });
  await app.until("the user is decided by", async () => (await app.decided("1001")).action === "route");
  const snapshot = join(folder, "dialtone/snapshot.xml");
  expect(await readFile(snapshot, "utf8")).not.toContain('"1001"');
  expect(await cli("snapshot", "--folder", folder)).toMatchObject({ exitCode: 0 });
  const renewed = await readFile(snapshot, "utf8");
  expect(renewed).toContain('<user id="1001"');
  await execa("xmllint", ["--noout", snapshot]);

  const left = join(app.root, "cdr-left");
  await mkdir(left);
  const old = new Date(Date.now() - 60_000);
  for (const [name, text] of [
    ["a.cdr.json", record(calls)],
    ["b.cdr.xml", record(calls + 1)],
    ["c.cdr.json", "cdr=no record"],
  ] as const) {
    await writeFile(join(left, name), text);
    await utimes(join(left, name), old, old);
  }
  // Node b is not there: each question goes on to the next node, whichever comes first.
  const done = {
    taken: ["a.cdr.json", "b.cdr.xml"],
    refused: { "c.cdr.json": expect.stringContaining("400") },
  };
  expect(await cli("import", left, "--folder", folder)).toEqual({ exitCode: 1, said: done });
  expect((await readdir(left)).sort()).toEqual(["c.cdr.json", "taken"]);
  await app.until("both have their records", async () => {
    const [row] = await app.database.query(
      `SELECT count(*) AS n FROM records WHERE call_id IN ('call-${calls}', 'call-${calls + 1}')`,
    );
    return Number(row?.n) === 2;
  });
});

it("a stranger tells nothing", async () => {
  const { self, cluster, secrets } = app.context;
  for (const token of ["", "no-such-token", secrets.api_token, secrets.peer_token]) {
    await using stranger = new HttpClient({
      name: "the app",
      origin: `https://${self.address}:${cluster.api.port}`,
      tls: { ca: secrets.tls.ca },
      ...(token !== "" && { token }),
    });
    const { status } = await stranger.ask({ method: "POST", path: "/freeswitch/cdr", text: record(1) });
    expect([401, 403]).toContain(status);
  }
});
