import type { Edit } from "../entities/commit.ts";
import type { Snapshot } from "../routing/registry.ts";

/** What is looked at: everything, or what edits touch and what names that. All pure. */

type Parts = Snapshot["parts"];

export interface Scope {
  /** By kind; undefined: everything. */
  touched: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

export const whole: Scope = { touched: undefined };

export function scopeOf(edits: readonly Pick<Edit, "part" | "key">[]): Scope {
  const parts = Map.groupBy(edits, ({ part }) => part);
  return {
    touched: new Map([...parts].map(([part, those]) => [part, new Set(those.map(({ key }) => key))])),
  };
}

export const touches = ({ touched }: Scope, ...parts: (keyof Parts)[]): boolean =>
  touched === undefined || parts.some((part) => touched.has(part));

type ValueOf<P extends keyof Parts> = Parts[P] extends { get(key: string): infer Value }
  ? NonNullable<Value>
  : never;

/** The things of a kind that are looked at. `undefined` now and then, so that whoever walks may pause. */
export function* within<P extends keyof Parts>(
  { parts }: Snapshot,
  { touched }: Scope,
  part: P,
): Generator<[string, ValueOf<P>] | undefined> {
  const all = parts[part] as unknown as ReadonlyMap<string, ValueOf<P>>;
  let seen = 0;
  if (touched === undefined)
    for (const entry of all) {
      if ((++seen & 31) === 0) yield undefined;
      yield entry;
    }
  else
    for (const key of touched.get(part) ?? []) {
      const value = all.get(key);
      yield value === undefined ? undefined : [key, value];
    }
}
