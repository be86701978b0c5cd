import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastify } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../db/database.ts";
import { DatabaseUnavailable } from "../db/errors.ts";
import { AuditLog, recordChanges } from "./audit.ts";
import { entryId, storedValue, withoutSecrets } from "./audit-entry.ts";

describe("entries", () => {
  test("ids sort by time and are UUIDs of version 7", () => {
    const ids = [1, 2, 1000, Date.now(), Date.now() + 1].map((now) => entryId(now));
    expect(ids.toSorted()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
  });

  test("secrets are never in them, what only says that there is one may", () => {
    const hidden = withoutSecrets({
      name: "ada",
      password: "a",
      login: { username: "u", Password: "b", api_token: "c" },
      list: [{ secret: "d", pin: "1234", pinned: true, ha1_md5: "e" }],
      signing_key: "f",
      keyboard: "kept",
      token: true,
    });
    expect(hidden).toEqual({
      name: "ada",
      password: "[secret]",
      login: { username: "u", Password: "[secret]", api_token: "[secret]" },
      list: [{ secret: "[secret]", pin: "[secret]", pinned: true, ha1_md5: "[secret]" }],
      signing_key: "[secret]",
      keyboard: "kept",
      token: true,
    });
    expect(storedValue(undefined)).toBe(null);
    expect(storedValue({ text: "x".repeat(5000) })?.length).toBeLessThan(2100);
    expect(storedValue(Array.from({ length: 50_000 }, () => "xxxxx"))).toBe('"400001 characters"');
  });
});

test("of a body that comes as a stream what was said of it is kept", async () => {
  const kept: { route: string; after: string | null }[] = [];
  await using server = fastify();
  recordChanges(
    server,
    { "POST /v1/prices/:name/import": { who: ["api"], role: "operator" } },
    { add: async (entry) => void kept.push(entry) },
    "a",
  );
  server.addContentTypeParser("text/csv", (_request, payload, done) => done(null, payload));
  server.post("/v1/prices/:name/import", async () => ({}));
  const { statusCode } = await server.inject({
    method: "POST",
    url: "/v1/prices/tin/import?currency=EUR",
    headers: { "content-type": "text/csv" },
    payload: "Prefix,Rate\n49,0.01\n",
  });
  expect(statusCode).toBe(200);
  expect(kept).toMatchObject([{ route: "POST /v1/prices/:name/import", after: '{"currency":"EUR"}' }]);
});

describe("what the database does not take", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dialtone-audit-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("waits on the disk and is sent when there is one again", async () => {
    let down = true;
    let sent = 0;
    const database = {
      transact: async () => {
        if (down) throw new DatabaseUnavailable("no quorum");
        sent++;
      },
    } as unknown as Database;
    const told: string[] = [];
    const file = join(folder, "audit.ndjson");
    const audit = new AuditLog({
      database,
      file,
      events: { auditWaits: () => told.push("waits"), auditLost: () => told.push("lost") },
    });
    const line = {
      at: new Date(),
      who: "ada",
      how: "session",
      source: "192.0.2.1",
      node: "a",
      method: "PUT",
      route: "PUT /v1/users/:name",
      path: "/v1/users/x",
      status: 200,
      version: 7,
      before: null,
      after: "{}",
    };
    await audit.add({ ...line, id: entryId(1) });
    await audit.add({ ...line, id: entryId(2) });
    expect(told).toEqual(["waits", "waits"]);
    const kept = (await readFile(file, "utf8")).trim().split("\n");
    expect(kept.map((one) => (JSON.parse(one) as { id: string }).id.slice(0, 12))).toEqual([
      "000000000001",
      "000000000002",
    ]);
    await expect(audit.send()).rejects.toThrow("no quorum");
    down = false;
    await audit.send();
    expect(sent).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });
});
