import { documents } from "../entities/document.ts";
import { flagSchema } from "./flag-schema.ts";

export const flags = documents({
  kind: "flag",
  table: "flags",
  path: "flags",
  tag: "conditions",
  schema: flagSchema,
  key: flagSchema.shape.name,
  replace: flagSchema.partial({ name: true }),
});
