import { type Expression, type ExpressionBuilder, type SqlBool, sql } from "kysely";
import type { Tables } from "../db/tables.ts";
import { callRefOf } from "./build-record.ts";
import type { RecordQuery } from "./record-query-schema.ts";

/** What a search for call records asks the database. All pure. */

type Where = ExpressionBuilder<Tables, "records">;
type Condition = Expression<SqlBool>;

/** A place in the list of records, which is sorted by start and id, newest first. */
export interface Place {
  startedAt: Date;
  id: Buffer;
}

/** A part of the list: what is older than `before`, down to and with `last`. */
export interface Span {
  before?: Place | undefined;
  last?: Place | undefined;
}

const given = <T>(value: T | undefined, condition: (value: T) => Condition): Condition[] =>
  value === undefined ? [] : [condition(value)];

const olderThan = (where: Where, { startedAt, id }: Place): Condition =>
  where.and([
    where("started_at", "<=", startedAt), // said again for the optimizer: one range of the index
    where.or([where("started_at", "<", startedAt), where("id", "<", id)]),
  ]);

const downTo = (where: Where, { startedAt, id }: Place): Condition =>
  where.and([
    where("started_at", ">=", startedAt),
    where.or([where("started_at", ">", startedAt), where("id", ">=", id)]),
  ]);

/** The times that a search names, and the part of the list: the index by start answers that alone. */
export const when = (where: Where, { since, until }: RecordQuery, { before, last }: Span): Condition[] => [
  ...given(since, (since) => where("started_at", ">=", new Date(since))),
  ...given(until, (until) => where("started_at", "<", new Date(until))),
  ...given(before, (place) => olderThan(where, place)),
  ...given(last, (place) => downTo(where, place)),
];

/** What has an index of its own, sorted as the list is. */
export const indexed = (where: Where, query: RecordQuery): Condition[] => [
  ...given(query.number, (number) => where("number", "=", number)),
  ...given(query.user, (user) => where("user_name", "=", user)),
  ...given(query.rule, (rule) => where("rule", "=", rule)),
  ...given(query.outcome, (outcome) => where("outcome", "=", outcome)),
  ...given(query.call_id, (callId) => where("call_ref", "=", callRefOf(callId))),
  ...given(query.open || undefined, () => where("closed_how", "is", null)),
];

const notLooked: ReadonlySet<string> = new Set<keyof RecordQuery>([
  "since",
  "until",
  "after",
  "limit",
  "number",
  "user",
  "rule",
  "outcome",
  "call_id",
]);

/** Must each row be looked at, so that much may have to be read for little? */
export const mustLook = ({ open, ...query }: RecordQuery): boolean =>
  open === false || Object.entries(query).some(([key, value]) => value !== undefined && !notLooked.has(key));

/** A number, a user, a call: few rows as a rule. Outcomes and rules may be most of all rows. */
export const isNarrow = ({ number, user, call_id, open }: RecordQuery): boolean =>
  open === true || [number, user, call_id].some((one) => one !== undefined);

const like = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

/** What few records have: nearly all have no details at all. */
const inDetails = (path: string, value: string): Condition =>
  sql<SqlBool>`details IS NOT NULL AND JSON_VALUE(details, ${`$.${path}`}) = ${value}`;

/** A recording that there is, or may yet be. */
const recorded = sql<SqlBool>`EXISTS (SELECT 1 FROM recordings WHERE recordings.id = records.id AND recordings.status <> 'deleted')`;

/** What only a look at each row tells. */
export const looked = (where: Where, query: RecordQuery): Condition[] => [
  ...given(query.from, (from) => where("caller", "like", like(from))),
  ...given(query.to, (to) => where("callee", "like", like(to))),
  ...given(query.party, (party) =>
    where.or([
      where("caller", "like", like(party)),
      where("callee", "like", like(party)),
      where("target", "like", like(party)),
    ]),
  ),
  ...given(query.status, (status) => where("status", "=", status)),
  ...given(query.node, (node) => where("nodes", "like", like(JSON.stringify(node)))),
  ...given(query.carrier, (carrier) => inDetails("carrier", carrier)),
  ...given(query.tag, ({ name, value }) => inDetails(`tags."${name}"`, value)),
  ...given(query.min_duration_s, (seconds) => where("duration_ms", ">=", seconds * 1000)),
  ...given(query.max_duration_s, (seconds) => where("duration_ms", "<=", seconds * 1000)),
  ...given(query.recorded, (wanted) => (wanted ? recorded : where.not(recorded))),
  ...given(query.open === false ? true : undefined, () => where("closed_how", "is not", null)),
  ...given(query.ended_since, (since) =>
    where.or([where("ended_at", ">=", new Date(since)), where("ended_at", "is", null)]),
  ),
  ...given(query.affected || undefined, () =>
    where.or([
      where("outcome", "in", ["failed", "unknown"]),
      where("closed_how", "in", ["estimated", "media-timeout"]),
      where("nodes", "like", "%,%"),
    ]),
  ),
];
