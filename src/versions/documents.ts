import type { z } from "zod";
import { Pace } from "../base/pace.ts";
import type { Database } from "../db/database.ts";
import { currentVersion } from "../entities/changes.ts";
import type { Edit } from "../entities/commit.ts";
import {
  type Changed,
  type Entity,
  kept,
  type Registry,
  type Setting,
  type SnapshotOf,
} from "../entities/entity.ts";
import { type Row, rowsFrom } from "../entities/history.ts";
import { withChanges } from "../entities/snapshot.ts";
import { Problem } from "../http/problems.ts";

/** Documents, as people keep them in files, and rows, as they lie in tables: from one to the other. */

/** What somebody wants one entity to be; null: gone. */
export interface Given {
  part: string;
  key: string;
  document: unknown;
}

/** What is wrong, and where: `/PART/KEY/FIELD`, as RFC 6901 writes it. */
export interface Fault {
  path: string;
  message: string;
}

/** Pure. */
export const documentOf = (entity: Entity, row: Row | undefined): unknown =>
  row === undefined ? null : (entity.api.document?.(row) ?? entity.api.show(row));

const escaped = (name: PropertyKey): string => String(name).replaceAll("~", "~0").replaceAll("/", "~1");

/** Pure. */
export const placeOf = (part: string, key: string, path: readonly PropertyKey[] = []): string =>
  `/${[part, key, ...path].map(escaped).join("/")}`;

const isKept = (value: unknown): boolean =>
  typeof value === "object" && value !== null && JSON.stringify(value) === JSON.stringify(kept);

/** Without what is marked as kept. Pure. */
function withoutKept(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !isKept(member))
      .map(([name, member]) => [name, withoutKept(member)]),
  );
}

/** Of the forms that something may have, what is wrong with the one that its `type` says. Pure. */
function meant(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const form = issue.errors.find((issues) => issues.every(({ path }) => path[0] !== "type"));
  if (!form || form.length === 0) return [issue];
  return form.map((one) => ({ ...one, path: [...issue.path, ...one.path] })).flatMap(meant);
}

/** What the API would make of it, or what is wrong. Pure. */
export function parsed(
  registry: Registry,
  { part, key, document }: Given,
): { input: Record<string, unknown>; faults: [] } | { faults: Fault[] } {
  const entity = registry[part];
  if (!entity) return { faults: [{ path: placeOf(part, key), message: `there is no kind '${part}'` }] };
  const named = entity.api.key.safeParse(key);
  const found = entity.api.replace.safeParse(withoutKept(document));
  const issues = [
    ...(named.success ? [] : named.error.issues.map(({ message }) => ({ path: [], message }))),
    ...(found.success
      ? []
      : found.error.issues
          .flatMap(meant)
          .flatMap((issue) =>
            issue.code === "unrecognized_keys"
              ? issue.keys.map((name) => ({ path: [...issue.path, name], message: "is not known here" }))
              : [{ path: issue.path, message: issue.message }],
          )),
  ];
  if (issues.length > 0 || !found.success)
    return { faults: issues.map(({ path, message }) => ({ path: placeOf(part, key, path), message })) };
  const input = found.data as Record<string, unknown>;
  const inside = input[entity.key];
  if (inside !== undefined && inside !== key)
    return {
      faults: [{ path: placeOf(part, key, [entity.key]), message: `must be ${key}, or be left out` }],
    };
  return { input: { ...input, [entity.key]: key }, faults: [] };
}

/** What a problem of one entity says of its place. */
const faultsOf = (part: string, key: string, problem: Problem): Fault[] =>
  (problem.errors ?? [{ path: "", message: problem.message }]).map(({ path, message }) => ({
    path: `${placeOf(part, key)}${path}`,
    message,
  }));

/** The rows that documents become, checked one by one; what they are together is checked by validate.ts. */
export async function compiled(
  registry: Registry,
  given: readonly Given[],
  before: (part: string, key: string) => Row | undefined,
  setting: Setting,
): Promise<{ rows: Omit<Edit, "base">[]; faults: Fault[] }> {
  const rows: Omit<Edit, "base">[] = [];
  const faults: Fault[] = [];
  const pace = new Pace();
  for (const one of given) {
    if (pace.isTime()) await pace.pause();
    const { part, key, document } = one;
    const entity = registry[part];
    if (document === null && entity) {
      rows.push({ part, key, row: undefined });
      continue;
    }
    const found = parsed(registry, one);
    if (!("input" in found) || !entity) {
      faults.push(...found.faults);
      continue;
    }
    try {
      const input = entity.api.prepare ? await entity.api.prepare(found.input) : found.input;
      const row = entity.api.row(input, before(part, key), { ...setting, whole: true });
      rows.push({ part, key, row: row as Row });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      faults.push(...faultsOf(part, key, error));
    }
  }
  return { rows, faults };
}

/** So many changes to a snapshot take some milliseconds. */
const portion = 100;

/** The snapshot as it would be after these edits. @throws Error for a row that this release does not understand */
export async function withEdits<R extends Registry>(
  registry: R,
  before: SnapshotOf<R>,
  edits: readonly Omit<Edit, "base">[],
): Promise<SnapshotOf<R>> {
  const pace = new Pace();
  let snapshot = before;
  for (let at = 0; at < edits.length; at += portion) {
    const changed: Record<string, Map<string, unknown>> = {};
    for (const { part, key, row } of edits.slice(at, at + portion)) {
      const values = changed[part] ?? new Map<string, unknown>();
      changed[part] = values.set(key, row === undefined ? undefined : registry[part]?.read(row));
    }
    snapshot = withChanges(registry, snapshot, before.version, changed as Changed<Registry> as Changed<R>);
    if (pace.isTime()) await pace.pause();
  }
  return snapshot;
}

/** Entities of one kind by their rows, from a place on, as of one version. */
export async function rowsAfter(
  database: Database,
  entity: Entity,
  after: string,
  limit: number,
): Promise<{ version: number; rows: Row[] }> {
  return database.transact(async (trx) => ({
    version: await currentVersion(trx),
    rows: await rowsFrom(trx, entity, after, limit),
  }));
}
