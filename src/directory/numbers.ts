import { Map as SharedMap } from "immutable";
import type { z } from "zod";
import { canonicalNumber } from "../call/number.ts";
import type { NumbersTable } from "../db/tables.ts";
import { entity } from "../entities/entity.ts";
import type { PackedValues } from "../entities/packed.ts";
import { Problem } from "../http/problems.ts";
import { dialString, entityName } from "./names-schema.ts";
import { newNumberSchema, numberEntrySchema, numberSchema, putNumberSchema } from "./number-schema.ts";
import { numberScope } from "./scopes.ts";

type Entry = z.infer<typeof numberEntrySchema>;

/** User → the numbers assigned to it: those that are packed, and over them what changed since: true: assigned; false: no more. */
export interface NumbersOfUsers {
  packed: PackedValues | undefined;
  changed: SharedMap<string, SharedMap<string, boolean>>;
}

/** The numbers of a user. */
export function numbersOf({ packed, changed }: NumbersOfUsers, user: string): string[] {
  const changes = changed.get(user);
  const unchanged = packed ? [...packed.keysOf(user)].filter((number) => !changes?.has(number)) : [];
  return [...unchanged, ...(changes?.filter(Boolean).keys() ?? [])];
}

function moved(
  { packed, changed }: NumbersOfUsers,
  before: Entry | undefined,
  after: Entry | undefined,
): NumbersOfUsers {
  let draft = changed;
  if (before) {
    const { number, user } = before;
    const had = draft.get(user) ?? SharedMap<string, boolean>();
    const left = packed?.get(number) === user ? had.set(number, false) : had.delete(number);
    draft = left.isEmpty() ? draft.delete(user) : draft.set(user, left);
  }
  if (after)
    draft = draft.set(
      after.user,
      (draft.get(after.user) ?? SharedMap<string, boolean>()).set(after.number, true),
    );
  return { packed, changed: draft };
}

export const numbers = entity({
  kind: "number",
  table: "numbers",
  key: "number",
  value: numberEntrySchema,
  keyOf: ({ number }) => number,
  packed: { key: "number", owner: "user", of: (number, user) => ({ number, user }) },
  read: ({ number, user_name }: NumbersTable): Entry => ({ number, user: user_name }),
  index: {
    empty: { packed: undefined, changed: SharedMap() } as NumbersOfUsers,
    changed: moved,
    opened: ({ packed, changed }) => ({ packed, changed: changed.asMutable() }),
    sealed: ({ packed, changed }) => ({ packed, changed: changed.asImmutable() }),
    ofPacked: (packed): NumbersOfUsers => ({ packed, changed: SharedMap() }),
  },
  api: {
    path: "numbers",
    tag: "numbers",
    key: dialString,
    shown: numberSchema,
    create: newNumberSchema,
    replace: putNumberSchema,
    filters: { user: { column: "user_name", schema: entityName } },
    show: ({ number, user_name, description }) => ({ number, user: user_name, description }),
    scope: numberScope,
    row: ({ number, user, description }) => ({ number, user_name: user, description }),
    put: async (trx, { number, user, description }: z.infer<typeof newNumberSchema>, { mayExist }) => {
      const meant = canonicalNumber(number);
      if (meant !== number)
        throw new Problem("invalid-request", `calls to ${number} are looked up as ${meant}: write it so`, [
          { path: "/number", message: `calls to it are looked up as ${meant}: write it so` },
        ]);
      // Locked, so that the user can not be removed by another transaction meanwhile.
      const owner = await trx
        .selectFrom("users")
        .select("name")
        .where("name", "=", user)
        .forUpdate()
        .executeTakeFirst();
      if (!owner)
        throw new Problem("unknown-user", `there is no user ${user}`, [
          { path: "/user", message: `there is no user ${user}` },
        ]);
      if (!mayExist) {
        const old = await trx
          .selectFrom("numbers")
          .select("user_name")
          .where("number", "=", number)
          .executeTakeFirst();
        if (old) throw new Problem("exists", `number ${number} is assigned to ${old.user_name} already`);
      }
      await trx
        .insertInto("numbers")
        .values({ number, user_name: user, description })
        .onDuplicateKeyUpdate({ user_name: user, description })
        .execute();
    },
  },
});
