import { Map as SharedMap } from "immutable";
import type { Changed, Registry, SnapshotOf } from "./entity.ts";

/** The same for every entity, before types are known. */
type AnyParts = Record<string, SharedMap<string, unknown>>;

/** The snapshot of an empty database. Pure. */
export function emptySnapshot<R extends Registry>(registry: R): SnapshotOf<R> {
  const each = <T>(of: (entity: Registry[string]) => T) =>
    Object.fromEntries(Object.entries(registry).map(([part, entity]) => [part, of(entity)]));
  return {
    version: 0,
    parts: each(() => SharedMap()),
    indexes: each(({ index }) => index?.empty),
  } as SnapshotOf<R>;
}

/**
 * The snapshot after changes: a new value, which shares with the old one all that stayed. Costs as much as the changes,
 * not as much as the data. Pure.
 */
export function withChanges<R extends Registry>(
  registry: R,
  before: SnapshotOf<R>,
  version: number,
  changed: Changed<R>,
): SnapshotOf<R> {
  const parts: AnyParts = { ...before.parts };
  const indexes: Record<string, unknown> = { ...before.indexes };
  for (const [part, { index }] of Object.entries(registry)) {
    const old = before.parts[part] as SharedMap<string, unknown>;
    const changes = changed[part] as ReadonlyMap<string, unknown>;
    if (changes.size === 0) continue;
    parts[part] = old.withMutations((draft) => {
      for (const [key, value] of changes)
        if (value === undefined) draft.delete(key);
        else draft.set(key, value);
    });
    if (index)
      for (const [key, value] of changes) indexes[part] = index.changed(indexes[part], old.get(key), value);
  }
  return { version, parts, indexes } as SnapshotOf<R>;
}
