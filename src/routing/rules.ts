import type { RulesTable } from "../db/tables.ts";
import { entity } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { ruleIndex } from "./rule-index.ts";
import { type Rule, ruleSchema } from "./rule-schema.ts";

const ruleOf = ({ body }: RulesTable): Rule => ruleSchema.parse(JSON.parse(body));

export const rules = entity({
  kind: "rule",
  table: "rules",
  key: "name",
  value: ruleSchema,
  keyOf: ({ name }) => name,
  line: "rule",
  read: ruleOf,
  index: ruleIndex,
  api: {
    path: "routes",
    tag: "rules",
    key: ruleSchema.shape.name,
    shown: ruleSchema,
    create: ruleSchema,
    replace: ruleSchema.partial({ name: true }),
    show: ruleOf,
    put: async (trx, rule: Rule, { mayExist }) => {
      const { name } = rule;
      const body = JSON.stringify(rule);
      const found = await trx.selectFrom("rules").select("name").where("name", "=", name).executeTakeFirst();
      if (found && !mayExist) throw new Problem("exists", `there is a rule ${name} already`);
      await trx.insertInto("rules").values({ name, body }).onDuplicateKeyUpdate({ body }).execute();
    },
  },
});
