import { documents } from "../entities/document.ts";
import { guardSchema } from "./guard-schema.ts";

export const guards = documents({
  kind: "guard",
  table: "guards",
  path: "guards",
  tag: "guards",
  schema: guardSchema,
  key: guardSchema.shape.name,
  replace: guardSchema.partial({ name: true }),
});
