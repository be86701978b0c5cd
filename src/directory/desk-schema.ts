import { z } from "zod";
import { entityName } from "./names-schema.ts";

/** Hot desks: who is logged in at somebody else's telephone (docs/people.md). */

/** What is dialled: digits alone. */
export const pinForm = /^[0-9]{4,12}$/;

export const deskSchema = z.strictObject({
  name: entityName.describe("whose telephones: the user that they are registered as"),
  user: entityName.describe("who is logged in there: they ring for this user, and call as this user"),
  since: z.iso
    .datetime({ offset: true })
    .default(() => new Date().toISOString())
    .describe("default: now"),
});
export type Desk = z.infer<typeof deskSchema>;
