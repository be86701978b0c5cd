import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";
import { origins } from "../entities/history-schema.ts";

/** Versions, drafts and findings as the API shows them. */

const part = z.string().min(1).max(32).describe("the kind, as in an export: users, rules, …");
const key = z.string().min(1).max(64).describe("its name, or number");
const document = z.unknown().describe("as in an export; null: it does not exist");
export const why = z
  .string()
  .max(1000)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: one line in lists
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must be one line");

export const documentsQuery = z.object({
  part,
  after: z.string().max(64).default(""),
  limit: z.coerce.number().int().min(1).max(1000).default(250),
});
export const documentsSchema = z.object({
  version: z.int(),
  documents: z.array(z.object({ key, document })),
  next: z.string().nullable(),
});

export const partsSchema = z.object({
  version: z.int(),
  parts: z.array(z.object({ part, kind: z.string(), count: z.int() })),
});

export const versionSchema = z.object({
  version: z.int(),
  first: z.int().describe("the first of the change numbers that it has: all were seen at once"),
  at: z.iso.datetime({ offset: true }),
  how: z.enum(origins).or(z.string()),
  who: z.string().describe("as they said themselves"),
  why: z.string(),
  changes: z.int(),
  what: z.array(z.string()).describe("some of what was changed"),
});
export type Version = z.infer<typeof versionSchema>;

export const versionsQuery = z.object({
  after: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe("`next` of the page before: older ones than this"),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
});

export const changeSchema = z.object({
  part,
  key,
  before: document,
  after: document,
  known: z.boolean().describe("false: made by a release that did not remember what was before"),
});
export type ChangeShown = z.infer<typeof changeSchema>;

/** At most so many changes are shown at once. */
export const maxShown = 2000;

export const comparisonSchema = z.object({
  from: z.int(),
  to: z.int(),
  changes: z.array(changeSchema),
  more: z.int().describe("so many more are not shown"),
});

export const findingSchema = z.object({
  severity: z.enum(["error", "warning"]),
  code: z.string(),
  part,
  key,
  field: z.string().describe("within it, as a JSON pointer; empty: all of it"),
  message: z.string(),
  todo: z.string().describe("what to do about it"),
});
export type Finding = z.infer<typeof findingSchema>;

export const findingsSchema = z.object({ version: z.int(), findings: z.array(findingSchema) });

export const draftName = entityName;
export const newDraftSchema = z.strictObject({ name: draftName, why: why.default("") });
export const draftSchema = z.object({
  name: z.string(),
  base: z.int().describe("the version that it was begun on"),
  who: z.string(),
  why: z.string(),
  created_at: z.iso.datetime({ offset: true }),
  changed_at: z.iso.datetime({ offset: true }),
  changes: z.int(),
  revision: z.int().describe("grows with each change of it"),
});
export type Draft = z.infer<typeof draftSchema>;

export const draftChangesSchema = z.object({
  draft: draftSchema,
  changes: z.array(
    changeSchema.extend({ changed_in: z.int().nullable().describe("somebody else's later version of it") }),
  ),
  more: z.int(),
});

export const editsSchema = z.strictObject({
  base: z.int().min(0).optional().describe("the version that was looked at; default: the draft's"),
  revision: z
    .int()
    .min(0)
    .optional()
    .describe("of the draft as it was looked at: when somebody changed it since, 409 and nothing is changed"),
  changes: z
    .array(
      z
        .strictObject({ part, key, document: z.unknown().describe("null: remove it") })
        .refine(({ document: given }) => given !== undefined, {
          message: "is required: null removes it",
          path: ["document"],
        }),
    )
    .min(1)
    .max(1000),
});

export const publishSchema = z.strictObject({
  why: why.optional(),
  how: z.enum(["publish", "import"]).default("publish"),
  revision: z
    .int()
    .min(0)
    .optional()
    .describe(
      "of the draft as it was looked at: when somebody changed it since, 409 and nothing is published",
    ),
  dry_run: z.boolean().default(false),
});
export const publishedSchema = z.object({
  rules_version: z.int().nullable().describe("null: it was only looked at, or there was nothing to change"),
  changes: z.int(),
  findings: z.array(findingSchema).describe("warnings that it brings"),
});
