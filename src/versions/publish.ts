import type { Transaction } from "kysely";
import { z } from "zod";
import { missingSheets } from "../carriers/prices.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { type Conflict, commit, type Edit, rowsOf } from "../entities/commit.ts";
import type { Reason, Row } from "../entities/history.ts";
import { Problem } from "../http/problems.ts";
import { registry, type Snapshot } from "../routing/registry.ts";
import { placeOf, withEdits } from "./documents.ts";
import type { Drafts } from "./drafts.ts";
import { type History, sameRow } from "./history.ts";
import { type Scope, scopeOf } from "./scope.ts";
import type { Finding } from "./version-schema.ts";

/** From a draft, a file or an old version to what decides: checked as a whole, then in one step. */

export interface Publishing {
  database: Database;
  live: { snapshot: Snapshot; refresh(): Promise<void>; catchUp(): Promise<void> };
  drafts: Drafts;
  history: History;
  /** What is wrong with a snapshot as a whole. */
  findings(snapshot: Snapshot, scope: Scope): Promise<Finding[]>;
}

export interface Published {
  /** Null: there was nothing to change, or it was only looked at. */
  version: number | null;
  changes: number;
  /** What it brings that was not so before. */
  findings: Finding[];
}

/** Somebody else may change something while it is checked: then it is checked again, so often. */
const attempts = 5;

const nameOf = ({ severity, code, part, key, field, message }: Finding): string =>
  [severity, code, part, key, field, message].join("\n");

/** What is wrong with `after` and was not with `before`. */
export async function brought(
  publishing: Pick<Publishing, "findings">,
  before: Snapshot,
  after: Snapshot,
  scope: Scope,
): Promise<Finding[]> {
  const found = await publishing.findings(after, scope);
  if (found.length === 0) return [];
  const known = new Set((await publishing.findings(before, scope)).map(nameOf));
  return found.filter((finding) => !known.has(nameOf(finding)));
}

const errorsIn = (findings: readonly Finding[]) =>
  findings
    .filter(({ severity }) => severity === "error")
    .map(({ part, key, field, message, todo }) => ({
      path: `${placeOf(part, key)}${field}`,
      message: `${message}: ${todo}`,
    }));

const conflicted = (conflicts: readonly Conflict[]): Problem =>
  new Problem(
    "conflict",
    "somebody else changed the same meanwhile; nothing was published",
    conflicts.slice(0, 500).map(({ part, key, version }) => ({
      path: placeOf(part, key),
      message: `was changed in version ${version} ('dialtone rules show ${version}'): set it again in the draft, or take it out`,
    })),
  );

/** Without what is as it is to be already. */
export async function real(database: Database, edits: readonly Edit[]): Promise<Edit[]> {
  const present = await database.transact((trx) => rowsOf(registry, trx, edits));
  return edits.filter(({ part, key, row }) => !sameRow(present.get(part)?.get(key), row));
}

/** What is to become a version. */
interface Wanted {
  edits: Edit[];
  reason: Reason;
  /** What belongs to the same transaction. */
  also?(trx: Transaction<Tables>): Promise<void>;
}

/** Price lists whose sheets are not here: only their digests are in files and in the history. */
async function withoutSheets(database: Database, edits: readonly Edit[]) {
  const lists = edits.flatMap(({ part, key, row }) =>
    part === "prices" && row
      ? [{ key, list: registry.prices.read({ name: key, body: String(row.body) }) }]
      : [],
  );
  if (lists.length === 0) return [];
  const revisions = lists.flatMap(({ list }) => list.revisions);
  const missing = new Set(await database.transact((trx) => missingSheets(trx, revisions)));
  return lists.flatMap(({ key, list }) =>
    list.revisions.flatMap(({ digest }, at) =>
      missing.has(digest)
        ? [
            {
              path: placeOf("prices", key, ["revisions", at, "digest"]),
              message: `no sheet ${digest} is here: import it with 'dialtone prices import'`,
            },
          ]
        : [],
    ),
  );
}

/**
 * Makes edits a version. Refused, with the places, when it would bring errors, or when what it changes was changed after its base.
 * @throws Problem
 */
async function publish(
  publishing: Publishing,
  wanted: () => Promise<Wanted>,
  dryRun: boolean,
): Promise<Published> {
  const { database, live } = publishing;
  for (let attempt = 0; attempt < attempts; attempt++) {
    await live.refresh();
    const { snapshot } = live;
    const { edits: all, reason, also } = await wanted();
    const edits = await real(database, all);
    const findings =
      edits.length === 0
        ? []
        : await brought(publishing, snapshot, await withEdits(registry, snapshot, edits), scopeOf(edits));
    const errors = [...errorsIn(findings), ...(await withoutSheets(database, edits))];
    if (errors.length > 0)
      throw new Problem(
        "invalid-change",
        `${errors.length === 1 ? "there is an error" : `there are ${errors.length} errors`}; nothing was changed`,
        errors.slice(0, 500),
      );
    if (dryRun) return { version: null, changes: edits.length, findings };
    if (edits.length === 0) {
      if (also) await database.transact(also);
      return { version: null, changes: 0, findings };
    }
    const done = await commit(registry, database, edits, reason, snapshot.version, also);
    if (done.kind === "conflicts") throw conflicted(done.conflicts);
    if (done.kind === "moved") continue;
    await live.catchUp();
    return { version: done.version, changes: edits.length, findings };
  }
  throw new Problem("not-now", "others change rules without a pause: try again");
}

/**
 * A draft becomes a version, and is no more.
 * @param revision the draft as it was looked at; missing: however it is now @throws Problem
 */
export async function publishDraft(
  publishing: Publishing,
  name: string,
  reason: Reason,
  dryRun: boolean,
  revision?: number,
): Promise<Published> {
  const { drafts } = publishing;
  const wanted = async (): Promise<Wanted> => {
    const { draft, edits } = await drafts.edits(name);
    if (revision !== undefined && Number(draft.revision) !== revision)
      throw new Problem("conflict", `somebody changed draft ${name} meanwhile; nothing was published`);
    return {
      edits,
      reason: { ...reason, why: reason.why === "" ? draft.why : reason.why },
      also: (trx) => drafts.used(trx, name, Number(draft.revision)),
    };
  };
  return publish(publishing, wanted, dryRun);
}

/** Everything as it was after an old version: a new version. Passwords of what is still there stay. @throws Problem */
export async function rollBack(
  publishing: Publishing,
  version: number,
  reason: Omit<Reason, "how">,
  dryRun: boolean,
): Promise<Published> {
  const { history, live } = publishing;
  await history.one(version);
  const wanted = async (): Promise<Wanted> => {
    const now = live.snapshot.version;
    const changed = await history.between(version, now);
    const lost = changed.filter(({ known }) => !known);
    if (lost.length > 0)
      throw new Problem(
        "not-now",
        `it is not known how it was in version ${version}: a release that did not remember what was before changed this since`,
        lost.slice(0, 500).map(({ part, key }) => ({ path: placeOf(part, key), message: "is not known" })),
      );
    const edits = changed.map(({ part, key, before, after }) => ({
      part,
      key,
      row: before && withSecretsOf(before, after),
      base: now,
    }));
    return { edits, reason: { ...reason, how: "roll-back" } };
  };
  return publish(publishing, wanted, dryRun);
}

/** Users and carriers' logins keep the password, and users the PIN, that they have now. Pure. */
function withSecretsOf(old: Row, now: Row | undefined): Row {
  if (!now) return old;
  const { ha1_md5, ha1_sha256, pin } = now;
  if (ha1_md5 !== undefined) return { ...old, ha1_md5, ha1_sha256, pin };
  const before = loginIn(old);
  const sealed = loginIn(now);
  if (!before || before.login.user !== sealed?.login.user) return old;
  return {
    ...old,
    body: JSON.stringify({ ...before, login: { ...before.login, sealed: sealed.login.sealed } }),
  };
}

const withLogin = z.looseObject({ login: z.looseObject({ user: z.string(), sealed: z.string() }) });

const loginIn = ({ body }: Row): z.infer<typeof withLogin> | undefined =>
  typeof body === "string" && body.includes('"sealed"')
    ? withLogin.safeParse(JSON.parse(body)).data
    : undefined;
