import type { z } from "zod";
import { canonicalNumber } from "../call/number.ts";
import type { NumbersTable } from "../db/tables.ts";
import { entity } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { dialString, entityName } from "./names-schema.ts";
import { newNumberSchema, numberEntrySchema, numberSchema, putNumberSchema } from "./number-schema.ts";

export const numbers = entity({
  kind: "number",
  table: "numbers",
  key: "number",
  value: numberEntrySchema,
  keyOf: ({ number }) => number,
  read: ({ number, user_name }: NumbersTable) => ({ number, user: user_name }),
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
