import type { Transaction } from "kysely";
import type { z } from "zod";
import type { Tables } from "../db/tables.ts";
import type { Narrowing } from "../http/scope.ts";
import type { PackedForm, PackedValues } from "./packed.ts";
import type { Values } from "./values.ts";

/** What a change of an entity may need to know beside the entity itself. */
export interface Setting {
  /** The SIP realm, which password digests contain. */
  realm: string;
  /** What passwords are sealed with (base/seal.ts). */
  secret: string;
}

/** Stands in a document for what is not told, and stays as it is. */
export const kept = { kept: true } as const;

/** What of it those see and change who may see a part of the service only. Pure. */
export interface EntityScope<Seen = unknown> {
  sees(narrowing: Narrowing, one: Seen): boolean;
  /** @throws Problem `forbidden`: what it becomes is not of that part, or not theirs to do */
  assertMay?(narrowing: Narrowing, before: Seen | undefined, after: Seen | undefined): void;
}

/** How an entity is changed through the API: /v1/PATH, /v1/PATH/:KEY. */
export interface EntityApi<Row = unknown, Input = unknown, Shown = unknown> {
  /** Also the name of the list in the answer to GET /v1/PATH. */
  path: string;
  /** In the documentation. */
  tag: string;
  key: z.ZodType<string>;
  shown: z.ZodType<Shown>;
  /** Body of POST; has the key. */
  create: z.ZodType<Input>;
  /** Body of PUT; may repeat the key. */
  replace: z.ZodType;
  /** Columns by which GET /v1/PATH may be narrowed, by the name of the query parameter. */
  /** Largest body, bytes; missing: as everywhere. */
  bodyLimit?: number;
  filters?: Record<string, { column: string; schema: z.ZodType<string> }>;
  show(row: Row): Shown;
  /** Missing: whoever may see a part of the service only sees none of it. */
  scope?: EntityScope<Row>;
  /** The whole of it, as people keep it in a file: may be put again (`row`). Secrets are `kept`. Default: `show`. */
  document?(row: Row): unknown;
  /**
   * What its row becomes: what stands in `before` and not in the input stays, as passwords do; `whole`: nothing else does. Pure, but for
   * the sealing of passwords. @throws Problem
   */
  row(input: Input, before: Row | undefined, how: Setting & { whole: boolean }): Row;
  /** What takes longer than a transaction may: before it. @throws Problem */
  prepare?(input: Input): Promise<Input>;
  /** @throws Problem when something stands against it; `exists` unless it `mayExist`. */
  put(trx: Transaction<Tables>, input: Input, how: Setting & { mayExist: boolean }): Promise<void>;
  /** @throws Problem `in-use` when something refers to it. */
  assertUnused?(trx: Transaction<Tables>, key: string): Promise<void>;
}

/** An index over all values of a part, kept by those who ask often. Pure; never changed in place. */
export interface EntityIndex<Value = unknown, Index = unknown> {
  empty: Index;
  /** The index when `before` (undefined: there was none) became `after` (undefined: it is removed). */
  changed(index: Index, before: Value | undefined, after: Value | undefined): Index;
  /** Where it is made of immutable maps: one that `changed` may change in place, and that one for good again. */
  opened?(index: Index): Index;
  sealed?(index: Index): Index;
  /** The index of values that are packed; needed where the entity has `packed`. */
  ofPacked?(packed: PackedValues): Index;
}

/**
 * Everything that is particular to one kind of thing that decides calls. What stands here is all that the change log, the
 * snapshot in memory and on disk, and the API need to know of it.
 */
export interface Entity<Row = unknown, Value = unknown, Index = unknown, Input = unknown, Shown = unknown> {
  /** Name of one, in the change log, the snapshot's file, messages, and of the command that keeps it. */
  kind: string;
  table: string;
  /** The column by which it is named. */
  key: string;
  /** What is kept of it in memory and in the snapshot's file. */
  value: z.ZodType<Value>;
  keyOf(value: Value): string;
  /** The member that holds the value in its line of the snapshot's file; default: the value's members are the line's. */
  line?: string;
  /**
   * Where there may be very many, each nothing but a key and whom it belongs to: the members of the line that are the two, and
   * the value that they make. Such lines are not parsed when the file is loaded.
   */
  packed?: Omit<PackedForm, "kind"> & { of(key: string, owner: string): Value };
  /** @throws Error for a row that this release does not understand: it is left out. */
  read(row: Row): Value;
  index?: EntityIndex<Value, Index>;
  api: EntityApi<Row, Input, Shown>;
}

/** All entities, by the names of their parts of the snapshot. */
export type Registry = Record<string, Entity>;

/** Fixes the types of an entity. */
export const entity = <Row, Value, Index, Input, Shown>(
  description: Entity<Row, Value, Index, Input, Shown>,
): Entity<Row, Value, Index, Input, Shown> => description;

type ValueOf<E> = E extends { value: z.ZodType<infer Value> } ? Value : never;
type IndexOf<E> = E extends { index?: EntityIndex<never, infer Index> } ? Index : never;

/** The values of all entities, by key. */
export type Parts<R extends Registry> = { readonly [P in keyof R]: Values<ValueOf<R[P]>> };

type Indexes<R extends Registry> = { readonly [P in keyof R]: IndexOf<R[P]> };

/** Everything that decides calls, as it lay in the database at one version, with the indexes. A value: never changed. */
export interface SnapshotOf<R extends Registry> {
  readonly version: number;
  readonly parts: Parts<R>;
  readonly indexes: Indexes<R>;
}

/** By part and key: the new value, or undefined where it is removed. A part that is missing did not change. */
export type Changed<R extends Registry> = {
  readonly [P in keyof R]?: ReadonlyMap<string, ValueOf<R[P]> | undefined>;
};
