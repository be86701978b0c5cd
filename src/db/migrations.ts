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

/** A table of documents with names (entities/document.ts). */
const documents = (table: string): string =>
  `CREATE TABLE IF NOT EXISTS ${table} (name VARCHAR(64) NOT NULL PRIMARY KEY, body MEDIUMTEXT NOT NULL) ${tail}`;

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
  {
    name: "0009-carriers",
    statements: [documents("carriers")],
  },
  {
    name: "0010-numbering",
    statements: [documents("sites"), "ALTER TABLE users ADD COLUMN IF NOT EXISTS site VARCHAR(64) NULL"],
  },
  {
    name: "0011-conditions",
    statements: [documents("calendars"), documents("flags"), documents("tables"), documents("ranges")],
  },
  {
    name: "0012-people",
    statements: [
      "ALTER TABLE users ADD COLUMN IF NOT EXISTS features TEXT NULL",
      documents("ring_groups"),
      documents("feature_codes"),
    ],
  },
  {
    name: "0013-prices",
    statements: [
      documents("price_lists"),
      `CREATE TABLE IF NOT EXISTS price_tables (
        digest CHAR(32) NOT NULL PRIMARY KEY,
        prices INT UNSIGNED NOT NULL,
        currency CHAR(3) NOT NULL,
        bytes INT UNSIGNED NOT NULL,
        chunks INT UNSIGNED NOT NULL,
        added_at DATETIME(3) NOT NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS price_chunks (
        digest CHAR(32) NOT NULL,
        part INT UNSIGNED NOT NULL,
        body MEDIUMBLOB NOT NULL,
        PRIMARY KEY (digest, part)
      ) ${tail}`,
      documents("currencies"),
    ],
  },
  {
    name: "0014-scripts",
    statements: [documents("scripts")],
  },
  {
    name: "0015-versions",
    statements: [
      `CREATE TABLE IF NOT EXISTS versions (
        version BIGINT NOT NULL PRIMARY KEY,
        first BIGINT NOT NULL,
        how VARCHAR(16) NOT NULL,
        who VARCHAR(64) NOT NULL DEFAULT '',
        why VARCHAR(1000) NOT NULL DEFAULT '',
        at DATETIME(3) NOT NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS change_rows (
        version BIGINT NOT NULL PRIMARY KEY,
        row_before MEDIUMBLOB NULL,
        row_after MEDIUMBLOB NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS drafts (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        base BIGINT NOT NULL,
        who VARCHAR(64) NOT NULL DEFAULT '',
        why VARCHAR(1000) NOT NULL DEFAULT '',
        revision BIGINT NOT NULL DEFAULT 0,
        created_at DATETIME(3) NOT NULL,
        changed_at DATETIME(3) NOT NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS draft_rows (
        draft VARCHAR(64) NOT NULL,
        kind VARCHAR(8) NOT NULL,
        entity VARCHAR(64) NOT NULL,
        base BIGINT NOT NULL,
        row_after MEDIUMBLOB NULL,
        PRIMARY KEY (draft, kind, entity)
      ) ${tail}`,
      "ALTER TABLE changes ADD INDEX IF NOT EXISTS changes_entity (kind, entity, version)",
    ],
  },
  {
    name: "0016-call-status",
    statements: [
      `CREATE TABLE IF NOT EXISTS call_feed (
        position BIGINT NOT NULL PRIMARY KEY,
        at DATETIME(3) NOT NULL,
        events MEDIUMTEXT NOT NULL,
        KEY call_feed_at (at)
      ) ${tail}`,
      documents("webhooks"),
      `CREATE TABLE IF NOT EXISTS webhook_positions (
        webhook VARCHAR(64) NOT NULL PRIMARY KEY,
        position BIGINT NOT NULL,
        delivered BIGINT NOT NULL DEFAULT 0,
        given_up BIGINT NOT NULL DEFAULT 0,
        delivered_at DATETIME(3) NULL,
        failing_since DATETIME(3) NULL,
        failure VARCHAR(512) NOT NULL DEFAULT ''
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS webhook_retries (
        webhook VARCHAR(64) NOT NULL,
        event BINARY(16) NOT NULL,
        at DATETIME(3) NOT NULL,
        attempts INT UNSIGNED NOT NULL,
        next_at DATETIME(3) NULL,
        failure VARCHAR(512) NOT NULL,
        PRIMARY KEY (webhook, event),
        KEY webhook_retries_next (next_at)
      ) ${tail}`,
    ],
  },
  {
    name: "0017-farms",
    statements: [documents("farms")],
  },
  {
    name: "0018-guards",
    statements: [documents("guards")],
  },
  {
    name: "0018-dials",
    statements: [
      `CREATE TABLE IF NOT EXISTS dials (
        id BINARY(16) NOT NULL PRIMARY KEY,
        idempotency VARCHAR(128) NULL,
        revision BIGINT NOT NULL,
        body MEDIUMTEXT NOT NULL,
        state VARCHAR(16) NOT NULL,
        cancelled TINYINT NOT NULL DEFAULT 0,
        node VARCHAR(64) NOT NULL DEFAULT '',
        dialog MEDIUMTEXT NULL,
        code INT NOT NULL DEFAULT 0,
        why VARCHAR(256) NOT NULL DEFAULT '',
        created_at DATETIME(3) NOT NULL,
        changed_at DATETIME(3) NOT NULL,
        UNIQUE KEY dials_idempotency (idempotency),
        KEY dials_revision (revision),
        KEY dials_state (state),
        KEY dials_created (created_at)
      ) ${tail}`,
    ],
  },
  {
    name: "0019-desks",
    statements: [
      documents("desks"),
      "ALTER TABLE users ADD COLUMN IF NOT EXISTS pin VARCHAR(128) NULL",
      `CREATE TABLE IF NOT EXISTS pin_tries (
        subject VARCHAR(80) NOT NULL PRIMARY KEY,
        tries INT NOT NULL,
        at DATETIME(3) NOT NULL
      ) ${tail}`,
    ],
  },
  {
    name: "0020-access",
    statements: [
      `CREATE TABLE IF NOT EXISTS access_revision (
        id TINYINT NOT NULL PRIMARY KEY,
        revision BIGINT NOT NULL
      ) ${tail}`,
      "INSERT IGNORE INTO access_revision (id, revision) VALUES (1, 1)",
      `CREATE TABLE IF NOT EXISTS people (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        id BINARY(16) NOT NULL,
        display VARCHAR(128) NOT NULL DEFAULT '',
        role VARCHAR(16) NOT NULL,
        scope MEDIUMTEXT NULL,
        user_name VARCHAR(64) NULL,
        password VARCHAR(256) NULL,
        enabled TINYINT NOT NULL DEFAULT 1,
        revision BIGINT NOT NULL,
        created_at DATETIME(3) NOT NULL,
        login_at DATETIME(3) NULL,
        removed_at DATETIME(3) NULL,
        KEY people_revision (revision)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS sessions (
        id BINARY(32) NOT NULL PRIMARY KEY,
        person VARCHAR(64) NOT NULL,
        how VARCHAR(16) NOT NULL,
        source VARCHAR(64) NOT NULL DEFAULT '',
        agent VARCHAR(256) NOT NULL DEFAULT '',
        created_at DATETIME(3) NOT NULL,
        seen_at DATETIME(3) NOT NULL,
        expires_at DATETIME(3) NOT NULL,
        ended_at DATETIME(3) NULL,
        revision BIGINT NOT NULL,
        KEY sessions_person (person),
        KEY sessions_revision (revision),
        KEY sessions_expire (expires_at)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS login_tries (
        subject VARCHAR(160) NOT NULL PRIMARY KEY,
        tries INT NOT NULL,
        at DATETIME(3) NOT NULL,
        KEY login_tries_at (at)
      ) ${tail}`,
    ],
  },
  {
    // Sorted as lists of records are: what a person asks for most is answered without a look at other rows.
    name: "0021-record-indexes",
    statements: ["number", "user_name", "rule", "outcome"].map(
      (column) => `ALTER TABLE records ADD INDEX IF NOT EXISTS records_${column} (${column}, started_at, id)`,
    ),
  },
  {
    name: "0022-reports",
    statements: [
      `CREATE TABLE IF NOT EXISTS report_marks (
        hour DATETIME NOT NULL,
        node VARCHAR(64) NOT NULL,
        at DATETIME(3) NOT NULL,
        PRIMARY KEY (hour, node)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS report_state (
        hour DATETIME NOT NULL PRIMARY KEY,
        revision INT NOT NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS report_hours (
        hour DATETIME NOT NULL,
        dimension VARCHAR(8) NOT NULL,
        value VARCHAR(190) NOT NULL,
        calls INT NOT NULL,
        answered INT NOT NULL,
        busy INT NOT NULL,
        no_answer INT NOT NULL,
        cancelled INT NOT NULL,
        failed INT NOT NULL,
        trying INT NOT NULL,
        talk_ms BIGINT NOT NULL,
        wait_ms BIGINT NOT NULL,
        PRIMARY KEY (dimension, hour, value)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS report_days (
        day DATETIME NOT NULL,
        dimension VARCHAR(8) NOT NULL,
        value VARCHAR(190) NOT NULL,
        calls INT NOT NULL,
        answered INT NOT NULL,
        busy INT NOT NULL,
        no_answer INT NOT NULL,
        cancelled INT NOT NULL,
        failed INT NOT NULL,
        trying INT NOT NULL,
        talk_ms BIGINT NOT NULL,
        wait_ms BIGINT NOT NULL,
        PRIMARY KEY (dimension, day, value)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS report_flow (
        hour DATETIME NOT NULL,
        instant BIGINT NOT NULL,
        delta INT NOT NULL,
        PRIMARY KEY (hour, instant)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS report_peaks (
        hour DATETIME NOT NULL PRIMARY KEY,
        peak INT NOT NULL,
        average DOUBLE NOT NULL
      ) ${tail}`,
    ],
  },
  {
    name: "0023-audit",
    statements: [
      `CREATE TABLE IF NOT EXISTS audit (
        id BINARY(16) NOT NULL PRIMARY KEY,
        at DATETIME(3) NOT NULL,
        who VARCHAR(64) NOT NULL,
        how VARCHAR(16) NOT NULL,
        source VARCHAR(64) NOT NULL,
        node VARCHAR(64) NOT NULL,
        method VARCHAR(8) NOT NULL,
        route VARCHAR(128) NOT NULL,
        path VARCHAR(512) NOT NULL,
        status INT NOT NULL,
        version BIGINT NULL,
        value_before MEDIUMTEXT NULL,
        value_after MEDIUMTEXT NULL,
        KEY audit_who (who, id),
        KEY audit_route (route, id),
        KEY audit_source (source, id)
      ) ${tail}`,
    ],
  },
  {
    name: "0024-tokens",
    statements: [
      `CREATE TABLE IF NOT EXISTS tokens (
        name VARCHAR(64) NOT NULL PRIMARY KEY,
        id BINARY(32) NOT NULL,
        owner VARCHAR(64) NULL,
        role VARCHAR(16) NOT NULL,
        scope MEDIUMTEXT NULL,
        areas MEDIUMTEXT NULL,
        created_at DATETIME(3) NOT NULL,
        expires_at DATETIME(3) NOT NULL,
        seen_at DATETIME(3) NULL,
        seen_from VARCHAR(64) NOT NULL DEFAULT '',
        ended_at DATETIME(3) NULL,
        revision BIGINT NOT NULL,
        UNIQUE KEY tokens_id (id),
        KEY tokens_revision (revision)
      ) ${tail}`,
    ],
  },
  {
    name: "0025-web-certificates",
    statements: [
      `CREATE TABLE IF NOT EXISTS web_certificates (
        kind VARCHAR(16) NOT NULL PRIMARY KEY,
        certificate TEXT NOT NULL,
        sealed_key TEXT NOT NULL,
        made_at DATETIME(3) NOT NULL
      ) ${tail}`,
    ],
  },
  {
    name: "0026-second-factors",
    statements: [
      `CREATE TABLE IF NOT EXISTS second_factors (
        person VARCHAR(64) NOT NULL PRIMARY KEY,
        salt BINARY(16) NOT NULL,
        sealed VARCHAR(255) NULL,
        since DATETIME(3) NULL,
        step BIGINT NOT NULL DEFAULT 0,
        used_by BINARY(16) NULL,
        pending VARCHAR(255) NULL,
        pending_at DATETIME(3) NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS recovery_codes (
        person VARCHAR(64) NOT NULL,
        hash BINARY(32) NOT NULL,
        PRIMARY KEY (person, hash)
      ) ${tail}`,
      "ALTER TABLE sessions ADD COLUMN IF NOT EXISTS strong TINYINT NOT NULL DEFAULT 0",
      "ALTER TABLE sessions ADD COLUMN IF NOT EXISTS proven_at DATETIME(3) NULL",
    ],
  },
  {
    name: "0027-idempotency",
    statements: [
      `CREATE TABLE IF NOT EXISTS idempotency (
        id BINARY(32) NOT NULL PRIMARY KEY,
        fingerprint BINARY(32) NOT NULL,
        claim BINARY(16) NOT NULL,
        until DATETIME(3) NOT NULL,
        answer MEDIUMBLOB NULL,
        made_at DATETIME(3) NOT NULL,
        KEY idempotency_made (made_at)
      ) ${tail}`,
    ],
  },
  {
    // Lists of recordings are sorted so.
    name: "0028-recording-index",
    statements: ["ALTER TABLE recordings ADD INDEX IF NOT EXISTS recordings_created (created_at, id)"],
  },
  {
    name: "0029-acme",
    statements: [
      `CREATE TABLE IF NOT EXISTS acme (
        id TINYINT NOT NULL PRIMARY KEY,
        generation BIGINT NOT NULL,
        body MEDIUMTEXT NOT NULL
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS acme_answers (
        token VARCHAR(128) NOT NULL PRIMARY KEY,
        answer VARCHAR(512) NOT NULL,
        made_at DATETIME(3) NOT NULL
      ) ${tail}`,
    ],
  },
  {
    name: "0030-passkeys",
    statements: [
      `CREATE TABLE IF NOT EXISTS passkeys (
        id BINARY(32) NOT NULL PRIMARY KEY,
        person VARCHAR(64) NOT NULL,
        credential VARCHAR(1400) NOT NULL,
        public_key TEXT NOT NULL,
        counter BIGINT NOT NULL,
        label VARCHAR(64) NOT NULL,
        created_at DATETIME(3) NOT NULL,
        used_at DATETIME(3) NULL,
        KEY passkeys_person (person)
      ) ${tail}`,
      `CREATE TABLE IF NOT EXISTS used_challenges (
        id BINARY(16) NOT NULL PRIMARY KEY,
        used_by BINARY(16) NOT NULL,
        at DATETIME(3) NOT NULL,
        KEY used_challenges_at (at)
      ) ${tail}`,
    ],
  },
  {
    name: "0031-identity-providers",
    statements: [
      documents("identity_providers"),
      "ALTER TABLE identity_providers ADD COLUMN IF NOT EXISTS sealed TEXT NULL",
      `CREATE TABLE IF NOT EXISTS identities (
        id BINARY(32) NOT NULL PRIMARY KEY,
        person VARCHAR(64) NOT NULL,
        issuer VARCHAR(400) NOT NULL,
        claimed VARCHAR(255) NOT NULL,
        subject VARCHAR(255) NULL,
        created_at DATETIME(3) NOT NULL,
        used_at DATETIME(3) NULL,
        KEY identities_person (person)
      ) ${tail}`,
    ],
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
