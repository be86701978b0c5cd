import { documents } from "../entities/document.ts";
import { Problem } from "../http/problems.ts";
import { farmSchema } from "./farm-schema.ts";

export const farms = documents({
  kind: "farm",
  table: "farms",
  path: "farms",
  tag: "farms",
  schema: farmSchema,
  key: farmSchema.shape.name,
  replace: farmSchema.partial({ name: true }),
  assertUnused: async (trx, name) => {
    for (const rule of await trx.selectFrom("rules").select(["name", "body"]).execute()) {
      const { action } = JSON.parse(rule.body) as { action?: { targets?: { farm?: string }[] } };
      if (action?.targets?.some(({ farm }) => farm === name))
        throw new Problem("in-use", `rule ${rule.name} sends calls to it`);
    }
  },
});
