import { Map as SharedMap, Set as SharedSet } from "immutable";
import type { z } from "zod";
import { canonicalNumber } from "../call/number.ts";
import type { NumbersTable } from "../db/tables.ts";
import { entity } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { dialString, entityName } from "./names-schema.ts";
import { newNumberSchema, numberEntrySchema, numberSchema, putNumberSchema } from "./number-schema.ts";

type Entry = z.infer<typeof numberEntrySchema>;

/** User → the numbers assigned to it. */
export type NumbersOfUsers = SharedMap<string, SharedSet<string>>;

function moved(index: NumbersOfUsers, before: Entry | undefined, after: Entry | undefined): NumbersOfUsers {
  let draft = index;
  if (before) {
    const left = (draft.get(before.user) ?? SharedSet<string>()).delete(before.number);
    draft = left.isEmpty() ? draft.delete(before.user) : draft.set(before.user, left);
  }
  return after
    ? draft.set(after.user, (draft.get(after.user) ?? SharedSet<string>()).add(after.number))
    : draft;
}

export const numbers = entity({
  kind: "number",
  table: "numbers",
  key: "number",
  value: numberEntrySchema,
  keyOf: ({ number }) => number,
  read: ({ number, user_name }: NumbersTable): Entry => ({ number, user: user_name }),
  index: { empty: SharedMap() as NumbersOfUsers, changed: moved },
  api: {
    path: "numbers",
    tag: "numbers",
    key: dialString,
    shown: numberSchema,
    create: newNumberSchema,
    replace: putNumberSchema,
    filters: { user: { column: "user_name", schema: entityName } },
    show: ({ number, user_name, description }) => ({ number, user: user_name, description }),
    put: async (trx, { number, user, description }: z.infer<typeof newNumberSchema>, { mayExist }) => {
      const meant = canonicalNumber(number);
      if (meant !== number)
        throw new Problem("invalid-request", `calls to ${number} are looked up as ${meant}: write it so`);
      // Locked, so that the user can not be removed by another transaction meanwhile.
      const owner = await trx
        .selectFrom("users")
        .select("name")
        .where("name", "=", user)
        .forUpdate()
        .executeTakeFirst();
      if (!owner) throw new Problem("unknown-user", `there is no user ${user}`);
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
