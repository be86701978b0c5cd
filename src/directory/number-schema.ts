import { z } from "zod";
import { dialString, entityName } from "./names-schema.ts";

/** Numbers: which user rings when one is dialled. */

/** A number as the API shows it. */
export const numberSchema = z.object({
  number: dialString,
  user: entityName.describe("the user that rings"),
  description: z.string(),
});
export type PhoneNumber = z.infer<typeof numberSchema>;

export const newNumberSchema = z.strictObject({
  number: dialString,
  user: entityName,
  description: z.string().max(256).default(""),
});
export const putNumberSchema = newNumberSchema.partial({ number: true });

/** A number as routing needs it. */
export const numberEntrySchema = z.object({ number: z.string(), user: z.string() });
