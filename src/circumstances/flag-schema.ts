import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";

/** Flags: what a person switches, and rules look at. */
export const flagSchema = z.strictObject({
  name: entityName,
  on: z.boolean(),
  description: z.string().max(256).default(""),
});
