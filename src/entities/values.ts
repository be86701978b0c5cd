import { Map as SharedMap } from "immutable";
import type { PackedValues } from "./packed.ts";

/** How a value is made of what is packed, and whether it is. */
export interface Packing<Value> {
  packed: PackedValues;
  of: (key: string, owner: string) => Value;
}

/**
 * The values of one kind by key: a value itself, of which changes make a new one that shares with the old one all that
 * stayed. What was packed stays so, and what changed since lies over it.
 */
export class Values<Value> {
  readonly size: number;
  private readonly base: Packing<Value> | undefined;
  /** Where there is a base: undefined for what is gone from it. */
  private readonly over: SharedMap<string, Value | undefined>;

  private constructor(
    base: Packing<Value> | undefined,
    over: SharedMap<string, Value | undefined>,
    size: number,
  ) {
    this.base = base;
    this.over = over;
    this.size = size;
  }

  static of<Value>(over: SharedMap<string, Value> = SharedMap(), base?: Packing<Value>): Values<Value> {
    const hidden = base ? over.keySeq().count((key) => base.packed.has(key)) : 0;
    return new Values<Value>(base, over, over.size + (base?.packed.size ?? 0) - hidden);
  }

  /** How many are not packed. */
  get loosely(): number {
    return this.over.size;
  }

  get(key: string): Value | undefined {
    const found = this.over.get(key);
    if (found !== undefined || !this.base || this.over.has(key)) return found;
    const owner = this.base.packed.get(key);
    return owner === undefined ? undefined : this.base.of(key, owner);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** @param changes the new value by key; undefined: it is removed */
  changed(changes: Iterable<readonly [string, Value | undefined]>): Values<Value> {
    let { size } = this;
    const over = this.over.withMutations((draft) => {
      for (const [key, value] of changes) {
        const packed = this.base?.packed.has(key) ?? false;
        const before = draft.has(key) ? draft.get(key) !== undefined : packed;
        size += Number(value !== undefined) - Number(before);
        if (value === undefined && !packed) draft.delete(key);
        else draft.set(key, value);
      }
    });
    return new Values(this.base, over, size);
  }

  *entries(): Generator<[string, Value]> {
    for (const [key, owner] of this.unchanged()) yield [key, this.base?.of(key, owner) as Value];
    for (const [key, value] of this.over) if (value !== undefined) yield [key, value];
  }

  *keys(): Generator<string> {
    for (const [key] of this.unchanged()) yield key;
    for (const [key, value] of this.over) if (value !== undefined) yield key;
  }

  *values(): Generator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<[string, Value]> {
    return this.entries();
  }

  /** What is as it was packed: lines of the snapshot's file. */
  *packedLines(): Generator<string> {
    for (const [key, owner] of this.unchanged()) yield this.base?.packed.lineOf(key, owner) ?? "";
  }

  /** What is not. */
  *loose(): Generator<Value> {
    for (const value of this.over.values()) if (value !== undefined) yield value;
  }

  private *unchanged(): Generator<[key: string, owner: string]> {
    for (const entry of this.base?.packed.entries() ?? []) if (!this.over.has(entry[0])) yield entry;
  }
}
