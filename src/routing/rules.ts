import { documents } from "../entities/document.ts";
import { ruleIndex } from "./rule-index.ts";
import { ruleSchema } from "./rule-schema.ts";

export const rules = documents({
  kind: "rule",
  table: "rules",
  path: "routes",
  tag: "rules",
  schema: ruleSchema,
  key: ruleSchema.shape.name,
  replace: ruleSchema.partial({ name: true }),
  index: ruleIndex,
});
