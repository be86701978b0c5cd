import { z } from "zod";
import type { UsersTable } from "../db/tables.ts";
import { entity } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { ha1 } from "../sip/digest.ts";
import { entityName } from "./names-schema.ts";
import { newUserSchema, putUserSchema, userEntrySchema, userSchema } from "./user-schema.ts";

type Input = z.infer<typeof newUserSchema> | (z.infer<typeof putUserSchema> & { name: string });

const shownOf = ({ may_show }: UsersTable): string[] => z.array(z.string()).parse(JSON.parse(may_show));

export const users = entity({
  kind: "user",
  table: "users",
  key: "name",
  value: userEntrySchema,
  keyOf: ({ name }) => name,
  read: (row: UsersTable) => {
    const mayShow = shownOf(row);
    return userEntrySchema.parse({
      ...row,
      enabled: row.enabled !== 0,
      may_show: mayShow.length === 0 ? undefined : mayShow,
    });
  },
  api: {
    path: "users",
    tag: "users",
    key: entityName,
    shown: userSchema,
    create: newUserSchema,
    replace: putUserSchema,
    show: (row) => ({
      name: row.name,
      display: row.display,
      description: row.description,
      enabled: row.enabled !== 0,
      may_show: shownOf(row),
    }),
    put: async (
      trx,
      { name, password, enabled, display, description, may_show }: Input,
      { realm, mayExist },
    ) => {
      const found = await trx.selectFrom("users").select("name").where("name", "=", name).executeTakeFirst();
      if (found && !mayExist) throw new Problem("exists", `there is a user ${name} already`);
      const values = { display, description, enabled: Number(enabled), may_show: JSON.stringify(may_show) };
      const secret = password === undefined ? undefined : ha1(name, realm, password);
      if (found)
        await trx
          .updateTable("users")
          .set({ ...values, ...secret })
          .where("name", "=", name)
          .execute();
      else if (secret)
        await trx
          .insertInto("users")
          .values({ name, ...values, ...secret })
          .execute();
      else
        throw new Problem("invalid-request", "a new user needs a password", [
          { path: "/password", message: "is required for a new user" },
        ]);
    },
    assertUnused: async (trx, name) => {
      const used = await trx
        .selectFrom("numbers")
        .select("number")
        .where("user_name", "=", name)
        .limit(3)
        .execute();
      if (used.length > 0)
        throw new Problem(
          "in-use",
          `numbers are assigned to ${name}: ${used.map((row) => row.number).join(", ")}`,
        );
    },
  },
});
