import { sql } from "kysely";
import type { Database } from "./database.ts";

/**
 * Migrations only expand: new tables, new columns with defaults; the previous release runs on the new schema.
 * Every statement is safe to repeat and to run on two nodes at once: Galera replicates DDL in total order, and
 * locks such as GET_LOCK do not cross nodes, so there is none. A migration is never edited after its release.
 */
export interface Migration {
  name: string;
  statements: string[];
}

const tail = "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

export const migrations: Migration[] = [
  {
    name: "0001-directory-and-rules",
    statements: [
      `CREATE TABLE IF NOT EXISTS users (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        display VARCHAR(128) NOT NULL DEFAULT '',
        description VARCHAR(256) NOT NULL DEFAULT '',
        ha1_md5 CHAR(32) NOT NULL,
        ha1_sha256 CHAR(64) NOT NULL,
        enabled TINYINT NOT NULL DEFAULT 1
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS numbers (
        number VARCHAR(64) NOT NULL PRIMARY KEY,
        user_name VARCHAR(64) NOT NULL,
        description VARCHAR(256) NOT NULL DEFAULT '',
        KEY numbers_user (user_name)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS rules (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        body MEDIUMTEXT NOT NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS rules_version (
        id TINYINT NOT NULL PRIMARY KEY,
        version BIGINT NOT NULL
      ) ${tail}`,
      "INSERT IGNORE INTO rules_version (id, version) VALUES (1, 1)",
      `CREATE TABLE IF NOT EXISTS changes (
        version BIGINT NOT NULL PRIMARY KEY,
        change_id BINARY(16) NOT NULL,
        kind VARCHAR(8) NOT NULL,
        entity VARCHAR(64) NOT NULL,
        operation VARCHAR(8) NOT NULL,
        at DATETIME(3) NOT NULL,
        UNIQUE KEY changes_id (change_id)
      ) ${tail}`,
    ],
  },
  {
    name: "0002-events-and-records",
    statements: [
      `CREATE TABLE IF NOT EXISTS events (
        id BINARY(16) NOT NULL PRIMARY KEY,
        call_ref BINARY(16) NOT NULL,
        kind VARCHAR(8) NOT NULL,
        at DATETIME(3) NOT NULL,
        node VARCHAR(64) NOT NULL,
        body MEDIUMTEXT NOT NULL,
        KEY events_call (call_ref),
        KEY events_at (at)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS calls (
        call_ref BINARY(16) NOT NULL PRIMARY KEY,
        call_id VARCHAR(512) NOT NULL,
        revision INT UNSIGNED NOT NULL DEFAULT 1
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS records (
        id BINARY(16) NOT NULL PRIMARY KEY,
        call_ref BINARY(16) NOT NULL,
        call_id VARCHAR(512) NOT NULL,
        from_tag VARCHAR(512) NOT NULL,
        caller VARCHAR(512) NOT NULL,
        callee VARCHAR(512) NOT NULL,
        number VARCHAR(512) NOT NULL,
        user_name VARCHAR(512) NOT NULL,
        source VARCHAR(64) NOT NULL,
        started_at DATETIME(3) NOT NULL,
        answered_at DATETIME(3) NULL,
        ended_at DATETIME(3) NULL,
        duration_ms BIGINT NULL,
        status INT NOT NULL,
        outcome VARCHAR(16) NOT NULL,
        reason VARCHAR(512) NOT NULL,
        target VARCHAR(512) NOT NULL,
        origin VARCHAR(64) NOT NULL,
        nodes VARCHAR(1024) NOT NULL,
        attempts MEDIUMTEXT NOT NULL,
        rule VARCHAR(512) NOT NULL,
        decided_by VARCHAR(8) NOT NULL,
        closed_how VARCHAR(16) NULL,
        note VARCHAR(512) NOT NULL,
        events INT NOT NULL,
        updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
        KEY records_started (started_at, id),
        KEY records_call (call_ref),
        KEY records_open (closed_how, started_at)
      ) ${tail}`,
    ],
  },
  {
    name: "0003-recordings",
    statements: [
      `CREATE TABLE IF NOT EXISTS recordings (
        id BINARY(16) NOT NULL PRIMARY KEY,
        call_ref BINARY(16) NOT NULL,
        call_id VARCHAR(512) NOT NULL,
        status VARCHAR(16) NOT NULL,
        wanted_by VARCHAR(16) NOT NULL,
        problem VARCHAR(512) NOT NULL DEFAULT '',
        alarm TINYINT NOT NULL DEFAULT 0,
        started_at DATETIME(3) NULL,
        duration_ms BIGINT NULL,
        codecs VARCHAR(128) NOT NULL DEFAULT '',
        rate INT NOT NULL DEFAULT 0,
        encrypted TINYINT NOT NULL DEFAULT 0,
        files MEDIUMTEXT NOT NULL,
        gaps MEDIUMTEXT NOT NULL,
        nodes VARCHAR(1024) NOT NULL DEFAULT '[]',
        awaited VARCHAR(1024) NOT NULL DEFAULT '[]',
        copies VARCHAR(1024) NOT NULL DEFAULT '[]',
        captures_removed TINYINT NOT NULL DEFAULT 0,
        generation INT UNSIGNED NOT NULL DEFAULT 0,
        lease_owner VARCHAR(64) NULL,
        lease_until DATETIME(3) NULL,
        attempts INT NOT NULL DEFAULT 0,
        next_try_at DATETIME(3) NOT NULL,
        delete_after DATETIME(3) NULL,
        deleted_at DATETIME(3) NULL,
        deleted_by VARCHAR(64) NULL,
        created_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
        updated_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
        KEY recordings_status (status, next_try_at),
        KEY recordings_call (call_ref),
        KEY recordings_delete (delete_after)
      ) ${tail}`,
    ],
  },
  {
    name: "0004-drills",
    statements: [
      `CREATE TABLE IF NOT EXISTS drill_runs (
        id BINARY(16) NOT NULL PRIMARY KEY,
        kind VARCHAR(64) NOT NULL,
        place VARCHAR(16) NOT NULL,
        started_at DATETIME(3) NOT NULL,
        finished_at DATETIME(3) NOT NULL,
        release_version VARCHAR(64) NOT NULL,
        config VARCHAR(64) NOT NULL,
        runs INT NOT NULL,
        passed TINYINT NOT NULL,
        aborted VARCHAR(512) NULL,
        started_by VARCHAR(64) NOT NULL,
        summary VARCHAR(512) NOT NULL,
        figures MEDIUMTEXT NULL,
        evidence MEDIUMTEXT NOT NULL,
        KEY drill_runs_kind (kind, finished_at),
        KEY drill_runs_finished (finished_at)
      ) ${tail}`,
    ],
  },
  {
    name: "0005-probes",
    statements: [
      `CREATE TABLE IF NOT EXISTS probes (
        node VARCHAR(64) NOT NULL PRIMARY KEY,
        call_id VARCHAR(128) NOT NULL
      ) ${tail}`,
    ],
  },
  {
    name: "0006-moves",
    statements: [
      `CREATE TABLE IF NOT EXISTS moves (
        id BINARY(16) NOT NULL PRIMARY KEY,
        at DATETIME(3) NOT NULL,
        from_host VARCHAR(64) NOT NULL,
        to_host VARCHAR(64) NOT NULL,
        by_plan TINYINT NOT NULL,
        gap_ms INT UNSIGNED NOT NULL,
        KEY moves_at (at)
      ) ${tail}`,
    ],
  },
  {
    name: "0007-shown-numbers",
    statements: ["ALTER TABLE users ADD COLUMN IF NOT EXISTS may_show TEXT NOT NULL DEFAULT '[]'"],
  },
  {
    name: "0008-record-details",
    statements: ["ALTER TABLE records ADD COLUMN IF NOT EXISTS details MEDIUMTEXT NULL"],
  },
];

/**
 * Brings the schema up to this release. Migrations that it does not know (of a newer release) are left alone.
 * @returns the names of those applied now.
 */
export async function migrate(database: Database): Promise<string[]> {
  const { db } = database;
  await sql`CREATE TABLE IF NOT EXISTS migrations (
    name VARCHAR(128) NOT NULL PRIMARY KEY,
    applied_at DATETIME(3) NOT NULL
  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`.execute(db);
  const rows = await db.selectFrom("migrations").select("name").execute();
  const applied = new Set(rows.map((row) => row.name));
  const now: string[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.name)) continue;
    for (const statement of migration.statements) await sql.raw(statement).execute(db);
    await db
      .insertInto("migrations")
      .ignore()
      .values({ name: migration.name, applied_at: new Date() })
      .execute();
    now.push(migration.name);
  }
  return now;
}
