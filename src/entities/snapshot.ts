import { Map as SharedMap } from "immutable";
import type { Changed, Entity, Registry, SnapshotOf } from "./entity.ts";
import type { PackedValues } from "./packed.ts";
import { Values } from "./values.ts";

/** The same for every entity, before types are known. */
type AnyParts = Record<string, Values<unknown>>;

/** The snapshot of an empty database. Pure. */
export function emptySnapshot<R extends Registry>(registry: R): SnapshotOf<R> {
  const each = <T>(of: (entity: Registry[string]) => T) =>
    Object.fromEntries(Object.entries(registry).map(([part, entity]) => [part, of(entity)]));
  return {
    version: 0,
    parts: each(() => Values.of()),
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
    const old = before.parts[part] as Values<unknown>;
    const changes = changed[part] as ReadonlyMap<string, unknown> | undefined;
    if (!changes || changes.size === 0) continue;
    parts[part] = old.changed(changes);
    if (index)
      for (const [key, value] of changes) indexes[part] = index.changed(indexes[part], old.get(key), value);
  }
  return { version, parts, indexes } as SnapshotOf<R>;
}

/** Makes a snapshot of many values, one by one: in place, which takes a fraction of the time and memory of `withChanges`. */
export class SnapshotBuilder<R extends Registry> {
  private readonly registry: R;
  private readonly loose: Record<string, SharedMap<string, unknown>>;
  private readonly packed: Record<string, PackedValues> = {};

  constructor(registry: R) {
    this.registry = registry;
    this.loose = Object.fromEntries(
      Object.keys(registry).map((part) => [part, SharedMap<string, unknown>().asMutable()]),
    );
  }

  /** A key comes once. */
  add(part: string, key: string, value: unknown): void {
    this.loose[part]?.set(key, value);
  }

  /** All values of a part that are packed. */
  pack(part: string, packed: PackedValues): void {
    this.packed[part] = packed;
  }

  /** The snapshot; nothing may be added afterwards. */
  finished(version: number): SnapshotOf<R> {
    const parts: AnyParts = {};
    const indexes: Record<string, unknown> = {};
    for (const [part, entity] of Object.entries(this.registry)) {
      const loose = this.loose[part]?.asImmutable() ?? SharedMap<string, unknown>();
      const { values, index } = partOf(entity, loose, this.packed[part]);
      parts[part] = values;
      if (entity.index) indexes[part] = index;
    }
    return { version, parts, indexes } as SnapshotOf<R>;
  }
}

/** A part and its index, made of values that are packed and values that are not. Pure. */
export function partOf(
  { index, packed: form }: Entity,
  loose: SharedMap<string, unknown>,
  packed: PackedValues | undefined,
): { values: Values<unknown>; index: unknown } {
  const values = Values.of(loose, packed && form && { packed, of: form.of });
  if (!index) return { values, index: undefined };
  const begun = packed && index.ofPacked ? index.ofPacked(packed) : index.empty;
  let made = index.opened ? index.opened(begun) : begun;
  for (const value of loose.values()) made = index.changed(made, undefined, value);
  return { values, index: index.sealed ? index.sealed(made) : made };
}
