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
  /** What it has set for its calls; null: nothing. */
  features: Json | null;
  /** Where it dials from; null: its network's site, or the default one. */
  site: string | null;
  /** Hash of the PIN that it dials at other telephones; null: none. */
  pin: string | null;
}

/** Wrong PINs: directory/pin-tries.ts. */
export interface PinTriesTable {
  subject: string;
  tries: number;
  at: Date;
}

export interface NumbersTable {
  number: string;
  user_name: string;
  description: string;
}

/** Things of which the whole document is kept, as the API shows it. */
export interface DocumentsTable {
  name: string;
  body: Json;
}

/** A packed table of prices, named by its content; its bytes are in `price_chunks`. */
export interface PriceTablesTable {
  digest: string;
  prices: number;
  currency: string;
  bytes: number;
  chunks: number;
  added_at: Date;
}

export interface PriceChunksTable {
  digest: string;
  part: number;
  body: Buffer;
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

/** A version: the changes from `first` to `version`, which were seen at once. */
export interface VersionsTable {
  version: number;
  first: number;
  how: string;
  who: string;
  why: string;
  at: Date;
}

/** What a change (of that version) changed: the rows as JSON, long ones packed (entities/history.ts); null: there was, or is, none. */
export interface ChangeRowsTable {
  version: number;
  row_before: Buffer | null;
  row_after: Buffer | null;
}

export interface DraftsTable {
  name: string;
  /** The version that it was begun on. */
  base: number;
  who: string;
  why: string;
  /** Counts what was done to it. */
  revision: number;
  created_at: Date;
  changed_at: Date;
}

export interface DraftRowsTable {
  draft: string;
  kind: string;
  entity: string;
  /** The version that this change is made to. */
  base: number;
  /** As in change_rows; null: it is to be removed. */
  row_after: Buffer | null;
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

/** Events in the order in which they came to the database: one row for each transaction of the ledger that had news in it. */
export interface CallFeedTable {
  position: number;
  at: Date;
  /** JSON array of the events' ids. */
  events: Json;
}

/** How far each webhook has been told. */
export interface WebhookPositionsTable {
  webhook: string;
  /** Of `call_feed`: told or waiting up to and with this one. */
  position: number;
  delivered: Generated<number>;
  given_up: Generated<number>;
  delivered_at: Date | null;
  failing_since: Date | null;
  failure: Generated<string>;
}

/** Deliveries that failed and are tried again; `next_at` null: given up. */
export interface WebhookRetriesTable {
  webhook: string;
  event: Buffer;
  /** When it happened. */
  at: Date;
  attempts: number;
  next_at: Date | null;
  failure: string;
}

/** Calls that programs have made for people: A rings, then calls B. */
export interface DialsTable {
  id: Buffer;
  idempotency: string | null;
  /** Grows with what people ask, so that the holder of the service address hears of it. */
  revision: number;
  body: Json;
  state: string;
  cancelled: Generated<number>;
  node: Generated<string>;
  /** Of the call to A, since A answered. */
  dialog: Json | null;
  code: Generated<number>;
  why: Generated<string>;
  created_at: Date;
  changed_at: Date;
}

/** One row: grows with each change of people, sessions and tokens, so that apps fetch only the difference (access/memory.ts). */
export interface AccessRevisionTable {
  id: number;
  revision: number;
}

/** Who may log in to the console and the API. */
export interface PeopleTable {
  name: string;
  /** Of its making: a repeated transaction knows its own. */
  id: Buffer;
  display: string;
  role: string;
  /** What it may see; null: everything. */
  scope: Json | null;
  /** The telephone user that it is. */
  user_name: string | null;
  /** argon2id, as a PHC string; null: it logs in by other ways only. */
  password: string | null;
  enabled: number;
  revision: number;
  created_at: Date;
  login_at: Date | null;
  /** It is gone; the row stays so that every app hears of it. */
  removed_at: Date | null;
}

export interface SessionsTable {
  /** SHA-256 of the cookie's token, which is stored nowhere. */
  id: Buffer;
  person: string;
  /** How it came about: `password`, `code`, `recovery`, `passkey`, `provider`, `first`. */
  how: string;
  source: string;
  agent: string;
  created_at: Date;
  /** Asked last, to a minute. */
  seen_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  /** Proven by more than a password. */
  strong: number;
  /** When who it is was proven again last; null: when it began. */
  proven_at: Date | null;
  revision: number;
}

/** Tokens of programs. */
export interface TokensTable {
  name: string;
  /** SHA-256 of the token, which is stored nowhere. */
  id: Buffer;
  /** The person who made it; null: it was made on a host. */
  owner: string | null;
  role: string;
  /** What it may see; null: everything that its owner may. */
  scope: Json | null;
  /** The parts of the API that it is for; null: all. */
  areas: Json | null;
  created_at: Date;
  expires_at: Date;
  /** Used last, to a minute. */
  seen_at: Date | null;
  /** From which address. */
  seen_from: string;
  ended_at: Date | null;
  revision: number;
}

/** One-time codes of a person's authenticator. */
export interface SecondFactorsTable {
  person: string;
  /** Of its recovery codes; another one with each set. */
  salt: Buffer;
  /** The secret (base/seal.ts); null: only a pending one. */
  sealed: string | null;
  since: Date | null;
  /** The newest time step of which a code was used. */
  step: number;
  /** Which try used it: a repeated transaction knows its own. */
  used_by: Buffer | null;
  /** A new secret until a code confirms it. */
  pending: string | null;
  pending_at: Date | null;
}

/** What devices of people sign with. */
export interface PasskeysTable {
  /** SHA-256 of the credential's id. */
  id: Buffer;
  person: string;
  credential: string;
  /** COSE, in base64url. */
  public_key: string;
  counter: number;
  /** As its owner calls it. */
  label: string;
  created_at: Date;
  used_at: Date | null;
}

/** OpenID Connect: who else says who somebody is (access/provider-schema.ts). */
export interface IdentityProvidersTable {
  name: string;
  /** JSON, without the secret. */
  body: string;
  /** The client's secret (base/seal.ts); null: there is none. */
  sealed: string | null;
}

/** Who at a provider a person is. */
export interface IdentitiesTable {
  /** SHA-256 of issuer and subject; while it waits for a first login, of issuer and name. */
  id: Buffer;
  person: string;
  issuer: string;
  /** What the provider called it, or is to call it. */
  claimed: string;
  /** `sub`; null: it has not logged in yet. */
  subject: string | null;
  created_at: Date;
  used_at: Date | null;
}

/** Challenges that a passkey has answered, and logins by a provider that came back. */
export interface UsedChallengesTable {
  id: Buffer;
  /** Which try used it: a repeated transaction knows its own. */
  used_by: Buffer;
  at: Date;
}

export interface RecoveryCodesTable {
  person: string;
  hash: Buffer;
}

/** Changes made through the API: rows are added only. */
export interface AuditTable {
  /** UUID version 7: grows with time. */
  id: Buffer;
  at: Date;
  who: string;
  /** `session`, `token`, `api`, `socket`, `open`. */
  how: string;
  source: string;
  node: string;
  method: string;
  route: string;
  path: string;
  status: number;
  version: number | null;
  /** Without secrets. */
  value_before: Json | null;
  value_after: Json | null;
}

/** Requests with a key, and what was answered: access/answers.ts. */
export interface IdempotencyTable {
  id: Buffer;
  fingerprint: Buffer;
  /** Who is at it, or was. */
  claim: Buffer;
  until: Date;
  /** Sealed; null: it is not answered yet. */
  answer: Buffer | null;
  made_at: Date;
}

/** Logins that failed: access/attempts.ts. */
export interface LoginTriesTable {
  subject: string;
  tries: number;
  at: Date;
}

/** Hours whose records changed since they were counted: records/hour-marks.ts. */
export interface ReportMarksTable {
  hour: Date;
  node: string;
  at: Date;
}

/** Counts how often an hour was counted: two nodes that do it at once collide here. */
export interface ReportStateTable {
  hour: Date;
  revision: number;
}

interface ReportFigures {
  /** all, number, user, carrier, rule, node. */
  dimension: string;
  value: string;
  calls: number;
  answered: number;
  busy: number;
  no_answer: number;
  cancelled: number;
  /** Answered neither with 2xx nor as the three before, and over. */
  failed: number;
  /** Not answered and not over yet. */
  trying: number;
  talk_ms: number;
  /** From the beginning to the answer, of those that were answered. */
  wait_ms: number;
}

export interface ReportHoursTable extends ReportFigures {
  hour: Date;
}

export interface ReportDaysTable extends ReportFigures {
  day: Date;
}

/** Of the calls that began in an hour: how many more (begun less ended) there are at an instant than at the one before. */
export interface ReportFlowTable {
  hour: Date;
  /** Each 15 s since 1970. */
  instant: number;
  delta: number;
}

/** Calls at a time, at most and on average. */
export interface ReportPeaksTable {
  hour: Date;
  peak: number;
  average: number;
}

/** Certificates of the web door: given, acme, generated. */
export interface WebCertificatesTable {
  kind: string;
  /** PEM, with those behind it. */
  certificate: string;
  /** PEM, sealed (cluster/web-certificate.ts). */
  sealed_key: string;
  made_at: Date;
}

/** One row: orders of certificates from an authority (certificates/acme-state.ts). */
export interface AcmeTable {
  id: number;
  /** Grows with each write: who wrote by what is old meanwhile, does not. */
  generation: number;
  body: Json;
}

/** What an authority is to read under a token. */
export interface AcmeAnswersTable {
  token: string;
  answer: string;
  made_at: Date;
}

export interface MigrationsTable {
  name: string;
  applied_at: Date;
}

export interface Tables {
  report_marks: ReportMarksTable;
  report_state: ReportStateTable;
  report_hours: ReportHoursTable;
  report_days: ReportDaysTable;
  report_flow: ReportFlowTable;
  report_peaks: ReportPeaksTable;
  users: UsersTable;
  pin_tries: PinTriesTable;
  numbers: NumbersTable;
  rules: DocumentsTable;
  carriers: DocumentsTable;
  farms: DocumentsTable;
  guards: DocumentsTable;
  scripts: DocumentsTable;
  ring_groups: DocumentsTable;
  price_lists: DocumentsTable;
  currencies: DocumentsTable;
  price_tables: PriceTablesTable;
  price_chunks: PriceChunksTable;
  rules_version: RulesVersionTable;
  changes: ChangesTable;
  versions: VersionsTable;
  change_rows: ChangeRowsTable;
  drafts: DraftsTable;
  draft_rows: DraftRowsTable;
  events: EventsTable;
  calls: CallsTable;
  records: RecordsTable;
  recordings: RecordingsTable;
  drill_runs: DrillRunsTable;
  probes: ProbesTable;
  moves: MovesTable;
  call_feed: CallFeedTable;
  webhooks: DocumentsTable;
  webhook_positions: WebhookPositionsTable;
  webhook_retries: WebhookRetriesTable;
  dials: DialsTable;
  access_revision: AccessRevisionTable;
  people: PeopleTable;
  sessions: SessionsTable;
  tokens: TokensTable;
  login_tries: LoginTriesTable;
  second_factors: SecondFactorsTable;
  recovery_codes: RecoveryCodesTable;
  passkeys: PasskeysTable;
  used_challenges: UsedChallengesTable;
  identity_providers: IdentityProvidersTable;
  identities: IdentitiesTable;
  audit: AuditTable;
  web_certificates: WebCertificatesTable;
  idempotency: IdempotencyTable;
  acme: AcmeTable;
  acme_answers: AcmeAnswersTable;
  migrations: MigrationsTable;
}

export type Db = Kysely<Tables>;
