import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { databaseInMemory } from "../../test/support/sqlite.ts";
import type { Database } from "../db/database.ts";
import { registry } from "../routing/registry.ts";
import { createEvents } from "../telemetry/log.ts";
import { commit, type Edit } from "./commit.ts";
import type { Row } from "./history.ts";
import { unpackedRow } from "./history.ts";
import { LiveSnapshot } from "./live.ts";

let directory: string;
let database: Database;
let versions: number[];
let live: LiveSnapshot<typeof registry>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dialtone-commit-"));
  database = databaseInMemory(registry);
  versions = [];
  const events = {
    ...createEvents(pino({ level: "silent" })),
    snapshotChanged: (version: number) => void versions.push(version),
  };
  live = new LiveSnapshot(registry, join(directory, "rules.ndjson"), database, events);
  await live.refresh();
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const reason = { how: "import", who: "ada", why: "because" } as const;
const number = (at: number, user: string | undefined, base = 1): Edit => {
  const key = String(at);
  const row: Row | undefined =
    user === undefined ? undefined : { number: key, user_name: user, description: "" };
  return { part: "numbers", key, row, base };
};
const flag = (on: boolean, base: number): Edit => ({
  part: "flags",
  key: "night",
  row: { name: "night", body: JSON.stringify({ name: "night", on }) },
  base,
});

const many = Array.from({ length: 3000 }, (_, at) => number(at, "ada"));

it("is seen at once by whoever follows, however many changes it has, and remembers what was before", async () => {
  const edits = [...many, flag(true, 1)];
  expect(await commit(registry, database, edits, reason, 1)).toEqual({
    kind: "done",
    first: 2,
    version: 3002,
  });
  await live.refresh();
  expect(versions).toEqual([3002]);
  expect(live.snapshot.parts.numbers.size).toBe(3000);
  expect(live.snapshot.parts.flags.get("night")?.on).toBe(true);
  const again = [number(7, "bob", 3002), number(8, undefined, 3002), flag(false, 3002)];
  expect(await commit(registry, database, again, reason, 3002)).toMatchObject({
    kind: "done",
    version: 3005,
  });
  await live.refresh();
  expect(versions).toEqual([3002, 3005]);
  expect(live.snapshot.parts.numbers.get("7")?.user).toBe("bob");
  expect(live.snapshot.parts.numbers.has("8")).toBe(false);
  const rows = await database.db.selectFrom("change_rows").selectAll().where("version", ">", 3002).execute();
  expect(await Promise.all(rows.map(({ row_before }) => unpackedRow(row_before)))).toMatchObject([
    { user_name: "ada" },
    { user_name: "ada" },
    { body: '{"name":"night","on":true}' },
  ]);
  expect(await database.db.selectFrom("versions").select(["first", "version", "who"]).execute()).toEqual([
    { first: 2, version: 3002, who: "ada" },
    { first: 3003, version: 3005, who: "ada" },
  ]);
});

it("does nothing when something was changed since its base, or since it was checked", async () => {
  await commit(registry, database, [flag(true, 1), number(1, "ada")], reason, 1);
  const conflicting = [flag(false, 1), number(2, "ada")];
  expect(await commit(registry, database, conflicting, reason, 3)).toEqual({
    kind: "conflicts",
    conflicts: [{ part: "flags", key: "night", version: 2 }],
  });
  expect(await commit(registry, database, [number(2, "ada")], reason, 2)).toEqual({ kind: "moved" });
  const also = () => Promise.reject(new Error("no"));
  await expect(commit(registry, database, [number(2, "ada", 3)], reason, 3, also)).rejects.toThrow("no");
  await live.refresh();
  expect(live.snapshot.version).toBe(3);
  expect([...live.snapshot.parts.numbers.keys()]).toEqual(["1"]);
});
