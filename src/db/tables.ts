import type { ColumnType, Generated, Kysely } from "kysely";

/** The tables of the database `dialtone`, as Kysely sees them. Times are UTC with milliseconds. */

/** JSON kept as text: SQL that every MySQL-protocol engine shares. */
type Json = string;

export interface UsersTable {
  name: string;
  display: string;
  description: string;
  /** Hex of MD5(user:realm:password), RFC 7616 3.4.2; the password itself is never stored. */
  ha1_md5: string;
  /** Hex of SHA-256(user:realm:password), RFC 8760. */
  ha1_sha256: string;
  enabled: number;
  /** Numbers that it may show as a caller: a list. */
  may_show: Json;
}

export interface NumbersTable {
  number: string;
  user_name: string;
  description: string;
}

export interface RulesTable {
  name: string;
  /** The whole rule, as the API shows it. */
  body: Json;
}

/** One row: the version of all routing data. Every change transaction locks and bumps it, so versions are ordered. */
export interface RulesVersionTable {
  id: number;
  version: number;
}

/** What changed at which version: lets an app fetch only the difference, and is an audit log. */
export interface ChangesTable {
  version: number;
  /** The idempotency key of the request: a retry after an ambiguous commit finds it here. */
  change_id: Buffer;
  /** The entity's (src/entities/entity.ts). */
  kind: string;
  entity: string;
  operation: "put" | "delete";
  at: Date;
}

export interface EventsTable {
  id: Buffer;
  call_ref: Buffer;
  kind: string;
  at: Date;
  node: string;
  body: Json;
}

/** One row per Call-ID: locked by whoever rebuilds the records of that call. */
export interface CallsTable {
  call_ref: Buffer;
  call_id: string;
  revision: ColumnType<number, number, number>;
}

export interface RecordsTable {
  id: Buffer;
  call_ref: Buffer;
  call_id: string;
  from_tag: string;
  caller: string;
  callee: string;
  number: string;
  user_name: string;
  source: string;
  started_at: Date;
  answered_at: Date | null;
  ended_at: Date | null;
  duration_ms: number | null;
  status: number;
  outcome: string;
  reason: string;
  target: string;
  origin: string;
  /** JSON array of node names. */
  nodes: Json;
  /** JSON array of failed targets. */
  attempts: Json;
  rule: string;
  decided_by: string;
  closed_how: string | null;
  note: string;
  events: number;
  /** JSON object of what few records have: transfers, passes. Of an older release: null. */
  details: string | null;
  updated_at: Generated<Date>;
}

/** What became of each call that was to be recorded; `id` is the call record's. */
export interface RecordingsTable {
  id: Buffer;
  call_ref: Buffer;
  call_id: string;
  status: string;
  /** rule: the decision said so. request: somebody asked for it during the call. */
  wanted_by: string;
  /** In words; empty: all well. */
  problem: Generated<string>;
  /** 1: a person should look at `problem`. */
  alarm: Generated<number>;
  started_at: Date | null;
  duration_ms: number | null;
  codecs: Generated<string>;
  rate: Generated<number>;
  encrypted: Generated<number>;
  /** JSON array of {name, size, sha256}. */
  files: Json;
  /** JSON array of RecordingGap. */
  gaps: Json;
  /** JSON arrays of node names: whose captures are in it, whose could not be had yet, who has the files. */
  nodes: Generated<Json>;
  awaited: Generated<Json>;
  copies: Generated<Json>;
  /** 1: the captures it was made of are removed everywhere. */
  captures_removed: Generated<number>;
  /** Grows with each claim: only the holder of the newest may write results (a fence for late workers). */
  generation: Generated<number>;
  lease_owner: string | null;
  lease_until: Date | null;
  attempts: Generated<number>;
  next_try_at: Date;
  delete_after: Date | null;
  deleted_at: Date | null;
  deleted_by: string | null;
  created_at: Generated<Date>;
  updated_at: Generated<Date>;
}

/** Drills and what came out of them. */
export interface DrillRunsTable {
  id: Buffer;
  /** Name in the catalogue. */
  kind: string;
  place: "lab" | "cluster";
  started_at: Date;
  finished_at: Date;
  release_version: string;
  /** Digest of cluster.yaml. */
  config: string;
  runs: number;
  passed: number;
  /** Why it ended before its time. */
  aborted: string | null;
  started_by: string;
  summary: string;
  figures: Json | null;
  /** Everything that was measured, as JSON. */
  evidence: Json;
}

/** The newest call of each node's functional test that came through the journal: one row for a node. */
export interface ProbesTable {
  node: string;
  call_id: string;
}

/** Moves of the service address, as told by the node that gained it. */
export interface MovesTable {
  id: Buffer;
  at: Date;
  from_host: string;
  to_host: string;
  by_plan: number;
  /** At most so long nobody had it, ms. */
  gap_ms: number;
}

export interface MigrationsTable {
  name: string;
  applied_at: Date;
}

export interface Tables {
  users: UsersTable;
  numbers: NumbersTable;
  rules: RulesTable;
  rules_version: RulesVersionTable;
  changes: ChangesTable;
  events: EventsTable;
  calls: CallsTable;
  records: RecordsTable;
  recordings: RecordingsTable;
  drill_runs: DrillRunsTable;
  probes: ProbesTable;
  moves: MovesTable;
  migrations: MigrationsTable;
}

export type Db = Kysely<Tables>;
