import { z } from "zod";
import { dialString, entityName } from "../directory/names-schema.ts";
import { cidr } from "../directory/network-schema.ts";

/** Sites: how numbers are dialled at a place, and what must be known of it. */

const digits = (most: number) =>
  z.string().regex(new RegExp(`^[0-9]{1,${most}}$`), `must be 1 to ${most} digits`);

export const countryCode = z
  .string()
  .regex(/^[A-Z]{2}$/, "must be the two capital letters of a country (ISO 3166), such as DE or US");

const known = (check: (value: string) => unknown) => (value: string) => {
  try {
    check(value);
    return true;
  } catch {
    return false;
  }
};

export const timeZone = z
  .string()
  .max(64)
  .refine(
    known((zone) => new Intl.DateTimeFormat("en", { timeZone: zone })),
    "must be a time zone of the IANA list, such as Europe/Berlin",
  );

export const siteSchema = z.strictObject({
  name: entityName,
  description: z.string().max(256).default(""),
  default: z
    .boolean()
    .default(false)
    .describe("for calls of nobody and nothing that belongs to a site; a single site is it anyway"),
  country: countryCode,
  area_code: digits(6).optional().describe("without the trunk prefix: 711, not 0711; local numbers get it"),
  outside_prefix: digits(3)
    .optional()
    .describe("what is dialled before a number outside; without it, what is no extension is outside"),
  extension_length: z
    .int()
    .min(1)
    .max(10)
    .default(4)
    .describe("without outside_prefix: numbers of at most so many digits are extensions"),
  time_zone: timeZone,
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Z]{2})?$/, "must be a language such as de or en-GB")
    .optional(),
  location: z
    .string()
    .max(256)
    .regex(/^[^\r\n]*$/, "must be one line")
    .optional()
    .describe("where emergency services must go to: street, house, floor"),
  location_uri: z
    .string()
    .max(200)
    .regex(
      /^(https?|sips?|pres):[^\s<>",;]+$/,
      "must be an address such as https://location.example/stuttgart",
    )
    .optional()
    .describe(
      "where the location can be fetched as a document (PIDF-LO): emergency calls name it (RFC 6442)",
    ),
  emergency: z
    .array(dialString)
    .max(16)
    .default([])
    .describe("emergency numbers beside those of the country"),
  networks: z
    .array(cidr)
    .max(64)
    .default([])
    .describe("calls from there belong to this site, where the caller's user names none"),
});
export type Site = z.infer<typeof siteSchema>;
export type SiteInput = z.input<typeof siteSchema>;

/** What kind of number it is, seen from a site. */
export const numberClasses = [
  "emergency",
  "extension",
  "short",
  "local",
  "national",
  "mobile",
  "free",
  "shared",
  "premium",
  "international",
  "name",
] as const;
export const numberClass = z.enum(numberClasses);
export type NumberClass = z.infer<typeof numberClass>;
