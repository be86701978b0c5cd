import type { Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables, VersionsTable } from "../db/tables.ts";
import { currentVersion } from "../entities/changes.ts";
import type { Registry } from "../entities/entity.ts";
import { type Row, unpackedRow } from "../entities/history.ts";
import { Problem } from "../http/problems.ts";
import type { Version } from "./version-schema.ts";

/** Versions that were: what each changed, and how everything was then. */

/** One entity between two versions. */
export interface Changed {
  part: string;
  key: string;
  before: Row | undefined;
  after: Row | undefined;
  /** The rows are remembered. */
  known: boolean;
}

/** So many names stand in a list of versions. */
const examples = 3;

export class History {
  private readonly database: Database;
  private readonly parts: ReadonlyMap<string, string>;

  constructor(registry: Registry, database: Database) {
    this.database = database;
    this.parts = new Map(Object.entries(registry).map(([part, { kind }]) => [kind, part]));
  }

  /** The newest first. @param before only older ones */
  list(limit: number, before: number | undefined): Promise<Version[]> {
    return this.database.transact(async (trx) => {
      const now = await currentVersion(trx);
      const versions: Version[] = [];
      for (let last = before === undefined ? now : before - 1; versions.length < limit; ) {
        const change = await trx
          .selectFrom("changes")
          .select(["version", "at"])
          .where("version", "<=", last)
          .orderBy("version", "desc")
          .limit(1)
          .executeTakeFirst();
        if (!change) break;
        const at = Number(change.version);
        const found = await versionOf(trx, at);
        versions.push(await this.shown(trx, found ?? byAnOlderRelease(at, change.at)));
        last = (found ? Number(found.first) : at) - 1;
      }
      return versions;
    });
  }

  private async shown(trx: Transaction<Tables>, row: VersionsTable): Promise<Version> {
    const { how, who, why } = row;
    const [first, version] = [Number(row.first), Number(row.version)];
    const some = await trx
      .selectFrom("changes")
      .select(["kind", "entity", "operation"])
      .where("version", ">=", first)
      .where("version", "<=", version)
      .orderBy("version")
      .limit(examples)
      .execute();
    const what = some.map(
      ({ kind, entity, operation }) => `${operation === "delete" ? "-" : ""}${kind} ${entity}`,
    );
    return { version, first, at: row.at.toISOString(), how, who, why, changes: version - first + 1, what };
  }

  /** @throws Problem `not-found`, also for a number within a version */
  async one(number: number): Promise<Version> {
    return this.database.transact(async (trx) => {
      const found = await versionOf(trx, number);
      if (found && Number(found.version) !== number)
        throw new Problem(
          "not-found",
          `${number} is within version ${Number(found.version)}, whose ${Number(found.version) - Number(found.first) + 1} changes were seen at once`,
        );
      if (found) return this.shown(trx, found);
      const change = await trx
        .selectFrom("changes")
        .select("at")
        .where("version", "=", number)
        .executeTakeFirst();
      if (!change) throw new Problem("not-found", `there is no version ${number}`);
      return this.shown(trx, byAnOlderRelease(number, change.at));
    });
  }

  /**
   * What is different after version `to` from how it was after version `from`, by kind and name.
   * @param from older than `to`; 1: an empty service
   */
  between(from: number, to: number): Promise<Changed[]> {
    return this.database.transact(async (trx) => {
      const all = new Map<string, Changed>();
      for (let last = from, more = true; more; ) {
        const rows = await trx
          .selectFrom("changes")
          .leftJoin("change_rows", "change_rows.version", "changes.version")
          .select(["changes.version", "kind", "entity", "operation", "row_before", "row_after"])
          .select("change_rows.version as known")
          .where("changes.version", ">", last)
          .where("changes.version", "<=", to)
          .orderBy("changes.version")
          .limit(250)
          .execute();
        for (const row of rows) {
          const part = this.parts.get(row.kind);
          if (part === undefined) continue;
          const name = `${part}\n${row.entity}`;
          const before = await unpackedRow(row.row_before ?? null);
          const after = await unpackedRow(row.row_after ?? null);
          const known = row.known !== null;
          const earlier = all.get(name);
          all.set(name, {
            part,
            key: row.entity,
            before: earlier ? earlier.before : before,
            after,
            known: known && (earlier?.known ?? true),
          });
        }
        last = Number(rows.at(-1)?.version ?? to);
        more = rows.length === 250;
      }
      return [...all.values()]
        .filter(({ known, before, after }) => !known || !sameRow(before, after))
        .sort((a, b) => (a.part === b.part ? (a.key < b.key ? -1 : 1) : a.part < b.part ? -1 : 1));
    });
  }
}

/** Pure. */
export function sameRow(a: Row | undefined, b: Row | undefined): boolean {
  if (!a || !b) return a === b;
  const columns = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...columns].every((column) => (a[column] ?? null) === (b[column] ?? null));
}

const byAnOlderRelease = (version: number, at: Date): VersionsTable => ({
  version,
  first: version,
  how: "edit",
  who: "",
  why: "",
  at,
});

/** The version that a change belongs to; undefined: it was made by a release that did not write versions. */
async function versionOf(trx: Transaction<Tables>, change: number): Promise<VersionsTable | undefined> {
  const found = await trx
    .selectFrom("versions")
    .selectAll()
    .where("version", ">=", change)
    .orderBy("version")
    .limit(1)
    .executeTakeFirst();
  return found && Number(found.first) <= change ? found : undefined;
}
