import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fastify } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { Map as SharedMap } from "immutable";
import { sql } from "kysely";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { databaseInMemory } from "../../test/support/sqlite.ts";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { registry as real } from "../routing/registry.ts";
import { createEvents } from "../telemetry/log.ts";
import { entityRoutes } from "./api.ts";
import { entity } from "./entity.ts";
import { LiveSnapshot } from "./live.ts";

/** A kind that the product does not have: what stands here is all that is needed for it. */
const trunkSchema = z.strictObject({ name: z.string(), host: z.string(), lines: z.int().default(1) });
type Trunk = z.infer<typeof trunkSchema>;

const trunks = entity({
  kind: "trunk",
  table: "trunks",
  key: "name",
  value: trunkSchema,
  keyOf: ({ name }) => name,
  read: (row: { name: string; body: string }): Trunk => trunkSchema.parse(JSON.parse(row.body)),
  index: {
    empty: SharedMap<string, string>(),
    changed: (byHost, before: Trunk | undefined, after: Trunk | undefined) => {
      const cleared = before ? byHost.delete(before.host) : byHost;
      return after ? cleared.set(after.host, after.name) : cleared;
    },
  },
  api: {
    path: "trunks",
    tag: "trunks",
    key: z.string(),
    shown: trunkSchema,
    create: trunkSchema,
    replace: trunkSchema.partial({ name: true }),
    show: (row): Trunk => trunkSchema.parse(JSON.parse(row.body)),
    row: (trunk: Trunk) => ({ name: trunk.name, body: JSON.stringify(trunk) }),
    put: async (trx, trunk: Trunk, { mayExist }) => {
      const { rows } = await sql`SELECT name FROM trunks WHERE name = ${trunk.name}`.execute(trx);
      if (rows.length > 0 && !mayExist) throw new Problem("exists", `there is a trunk ${trunk.name} already`);
      await sql`REPLACE INTO trunks (name, body) VALUES (${trunk.name}, ${JSON.stringify(trunk)})`.execute(
        trx,
      );
    },
  },
});

const registry = { ...real, trunks };

const events = createEvents(pino({ level: "silent" }));
let directory: string;
let database: Database;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dialtone-entities-"));
  database = databaseInMemory(registry);
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const open = () => new LiveSnapshot(registry, join(directory, "rules.ndjson"), database, events);

async function api(live: { catchUp(): Promise<void> }) {
  const app = fastify({ logger: false });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  for (const one of Object.values(registry))
    await app.register(entityRoutes(one, { database, live, setting: { realm: "r", secret: "s" } }));
  return async (method: "GET" | "POST" | "PUT" | "DELETE", url: string, body?: object) => {
    const answer = await app.inject({ method, url, ...(body && { payload: body }) });
    return { status: answer.statusCode, body: answer.json() as unknown };
  };
}

it("stores, reads, snapshots and serves a kind that is only registered", async () => {
  const live = open();
  await live.refresh();
  const ask = await api(live);
  expect(await ask("POST", "/v1/trunks", { name: "gold", host: "carrier.example" })).toEqual({
    status: 201,
    body: { rules_version: 2 },
  });
  const before = live.snapshot;
  expect(before.parts.trunks.get("gold")).toEqual({ name: "gold", host: "carrier.example", lines: 1 });
  expect(await ask("PUT", "/v1/trunks/gold", { host: "other.example", lines: 4 })).toMatchObject({
    status: 200,
  });
  expect(live.snapshot.parts.trunks.get("gold")?.lines).toBe(4);
  expect(live.snapshot.indexes.trunks.toJS()).toEqual({ "other.example": "gold" });
  expect(before.indexes.trunks.toJS()).toEqual({ "carrier.example": "gold" });
  expect((await ask("GET", "/v1/trunks?limit=1")).body).toEqual({
    trunks: [{ name: "gold", host: "other.example", lines: 4 }],
    next: "gold",
  });
  expect(await ask("GET", "/v1/trunks/gold")).toMatchObject({ status: 200, body: { lines: 4 } });
  const changes = await database.db.selectFrom("changes").select(["kind", "entity", "operation"]).execute();
  expect(changes).toEqual(Array(2).fill({ kind: "trunk", entity: "gold", operation: "put" }));
  expect(live.state()).toMatchObject({ version: 3, users: 0, numbers: 0, rules: 0, trunks: 1 });

  const stop = AbortSignal.abort();
  await live.run(stop);
  const next = open();
  await next.loadFromDisk();
  expect(next.state()).toMatchObject({ version: 3, trunks: 1, source: "disk" });
  expect(next.snapshot.indexes.trunks.get("other.example")).toBe("gold");

  expect(await ask("DELETE", "/v1/trunks/gold")).toMatchObject({ status: 200 });
  expect((await ask("DELETE", "/v1/trunks/gold")).status).toBe(500);
  await next.refresh();
  expect(next.snapshot.parts.trunks.size).toBe(0);
  expect(next.snapshot.indexes.trunks.size).toBe(0);
});

it("reads everything when the file was written by a release that did not know a kind", async () => {
  const old = new LiveSnapshot(real, join(directory, "rules.ndjson"), database, events);
  await (await api(open()))("POST", "/v1/trunks", { name: "gold", host: "carrier.example" });
  await old.refresh();
  await old.run(AbortSignal.abort());
  const live = open();
  await live.loadFromDisk();
  expect(live.state()).toMatchObject({ version: 2, trunks: 0 });
  await live.refresh();
  expect(live.snapshot.parts.trunks.has("gold")).toBe(true);
});

it("leaves out what this release can not read, whether it comes alone or with everything", async () => {
  const live = open();
  const ask = await api(live);
  await ask("POST", "/v1/trunks", { name: "gold", host: "carrier.example" });
  await live.refresh();
  await sql`UPDATE trunks SET body = '{"name":"gold","novelty":1}'`.execute(database.db);
  await ask("POST", "/v1/trunks", { name: "iron", host: "iron.example" });
  expect([...live.snapshot.parts.trunks.keys()].sort()).toEqual(["gold", "iron"]);
  await database.db
    .insertInto("changes")
    .values({
      version: 4,
      change_id: Buffer.from("x"),
      kind: "trunk",
      entity: "gold",
      operation: "put",
      at: new Date(),
    })
    .execute();
  await database.db.updateTable("rules_version").set({ version: 4 }).execute();
  await live.refresh();
  expect([...live.snapshot.parts.trunks.keys()]).toEqual(["iron"]);
  const fresh = open();
  await fresh.refresh();
  expect([...fresh.snapshot.parts.trunks.keys()]).toEqual(["iron"]);
});
