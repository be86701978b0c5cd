import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";

/** Ranges: blocks of numbers that belong to somebody together. */

const number = z.string().regex(/^\+?[0-9]{1,20}$/, "must be digits, with + before a number of the world");

const fields = z.strictObject({
  name: entityName,
  description: z.string().max(256).default(""),
  first: number.describe("the first number of the block"),
  last: number.describe("the last one, with as many digits"),
  user: entityName.optional().describe("the user that rings for all of them"),
  group: entityName.optional().describe("the group that rings for all of them"),
  extension_digits: z
    .int()
    .min(1)
    .max(10)
    .optional()
    .describe("the user whose name is the last so many digits rings: +49711123442 rings 42"),
});

function check(
  { first, last, user, group, extension_digits: digits }: Omit<z.infer<typeof fields>, "name">,
  { addIssue }: z.RefinementCtx,
): void {
  const wrong = (path: string, message: string) => addIssue({ code: "custom", message, path: [path] });
  if (first.length !== last.length || first > last)
    wrong("last", "must have as many digits as first, and not be before it");
  if ([user, group, digits].filter((one) => one !== undefined).length > 1)
    wrong("user", "give one of user, group and extension_digits; none: rules with this range decide");
}

export const rangeSchema = fields.superRefine(check);
export const putRangeSchema = fields.partial({ name: true }).superRefine(check);
export type Range = z.infer<typeof rangeSchema>;
