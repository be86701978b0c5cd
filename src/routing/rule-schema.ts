import { z } from "zod";
import { isOwnMethod, serviceMethods, tagsSchema, targetSchema } from "../call/contract.ts";
import { lookupSchema } from "../circumstances/table-schema.ts";
import { askActionSchema, scriptActionSchema } from "../consult/consultation-schema.ts";
import { dialPrefix, dialString, entityName } from "../directory/names-schema.ts";
import { cidr } from "../directory/network-schema.ts";
import { datesSchema, windowSchema } from "../directory/time-schema.ts";
import { countryCode, numberClass, timeZone } from "../numbering/site-schema.ts";

/** Routing rules as people write them. A rule applies when everything that it names in `match` holds. */

const headerMap = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/),
  z
    .string()
    .max(256)
    .regex(/^[^\r\n]*$/, "must be one line"),
);

const classes = z.array(numberClass).min(1);
const countries = z.array(countryCode).min(1).max(64);

const whose = entityName.or(z.enum(["{user}", "{number}"]));

export const matchSchema = z
  .strictObject({
    number: dialString.optional().describe("the dialled number, exactly"),
    methods: z
      .array(z.enum(serviceMethods))
      .min(1)
      .optional()
      .describe(
        "requests of these methods, in place of calls; their targets are farms, carriers and addresses; the number of REGISTER is To's",
      ),
    prefix: dialPrefix.optional().describe("what the dialled number begins with; the longest prefix wins"),
    caller: dialString.optional().describe("the caller's number (user part of From), exactly: can be forged"),
    caller_prefix: dialPrefix.optional().describe("what the caller's number begins with"),
    user: entityName.optional().describe("the user that proved itself with a password"),
    authenticated: z.literal(true).optional().describe("any user that proved itself with a password"),
    source: cidr.optional().describe("the address that the call came from"),
    carrier: entityName.optional().describe("the call came from this carrier, by its source address"),
    group: entityName.optional().describe("the user that proved itself is in this group"),
    range: entityName.optional().describe("the called number lies in this range"),
    number_class: classes.optional().describe("the called number's kind, seen from the call's site"),
    number_country: countries.optional().describe("the called number's country"),
    caller_class: classes.optional(),
    caller_country: countries.optional(),
    anonymous: z.boolean().optional().describe("the caller hides its number, or does not"),
    table: lookupSchema.optional().describe("what a table that was imported says"),
    site: entityName.optional().describe("the call's site"),
    flags: z
      .record(entityName, z.boolean())
      .optional()
      .describe("each flag is on (true) or off (false); one that does not exist is off"),
    open: entityName.optional().describe("this calendar says open"),
    closed: entityName.optional().describe("this calendar does not say open"),
    holiday: entityName.optional().describe("this calendar says holiday, or a closed day of its own"),
    times: z.array(windowSchema).min(1).max(16).optional().describe("one of these is now"),
    dates: z.array(datesSchema).min(1).max(64).optional().describe("today is one of these"),
    registered: whose
      .optional()
      .describe(
        "this user has a telephone that is registered, or is logged in at one; {user}: who calls, {number}: who is called",
      ),
    unregistered: whose.optional().describe("this user has none"),
    calls_at_least: z
      .int()
      .min(1)
      .optional()
      .describe("so many calls or more are in progress, on all nodes, this one not counted"),
    calls_below: z.int().min(1).optional().describe("fewer calls than that are in progress"),
    overloaded: z
      .boolean()
      .optional()
      .describe("the node has more calls than it can carry just now, and refuses some; or has not"),
    time_zone: timeZone.optional().describe("of times and dates; missing: the site's, or UTC"),
    percent: z
      .number()
      .gt(0)
      .lt(100)
      .optional()
      .describe("so many of a hundred calls, drawn by Call-ID; not remembered for when no app answers"),
  })
  .refine((match) => match.number === undefined || match.prefix === undefined, {
    message: "give number or prefix, not both",
    path: ["prefix"],
  })
  .refine(({ open, closed, holiday }) => [open, closed, holiday].filter((name) => name).length < 2, {
    message: "give one of open, closed and holiday",
    path: ["open"],
  })
  .refine(
    ({ methods, user, authenticated, group }) =>
      !methods?.some(isOwnMethod) || (user ?? authenticated ?? group) === undefined,
    {
      message:
        "not with user, authenticated or group: who sends REGISTER or OPTIONS proves nothing here, but to the target",
      path: ["methods"],
    },
  )
  .refine((match) => match.caller === undefined || match.caller_prefix === undefined, {
    message: "give caller or caller_prefix, not both",
    path: ["caller_prefix"],
  });

export type Match = z.infer<typeof matchSchema>;

/** What the index finds rules by; all else is a condition of its own. */
const indexed: ReadonlySet<string> = new Set([
  "number",
  "prefix",
  "caller",
  "caller_prefix",
  "user",
  "authenticated",
  "source",
]);

export const isIndexed = (key: string): boolean => indexed.has(key);

/** Does it depend on more than what the index finds? Pure. */
export const hasConditions = (match: Match): boolean => Object.keys(match).some((key) => !isIndexed(key));

/** Placeholders that targets and headers may use. */
export const placeholders = ["number", "rest", "caller", "user", "location", "location_uri"] as const;

/** `{table:NAME}`, `{table:NAME.COLUMN}`: of the table that the rule looks up. */
const tableField = /^table:[A-Za-z0-9_-]+(\.[A-Za-z0-9_.-]+)?$/;

const knownPlaceholders = (text: string): boolean =>
  [...text.matchAll(/\{([^}]*)\}/g)].every(
    ([, name = ""]) => (placeholders as readonly string[]).includes(name) || tableField.test(name),
  );

/** What a rule may name: targets as decisions have them, and what becomes such targets when a call is decided. */
const ruleTargetSchema = z.union([
  z.strictObject({
    type: z.literal("carrier"),
    carrier: entityName.describe("a carrier of that name (/v1/carriers): each of its addresses"),
    timeout_ms: z.int().min(500).max(300_000).optional(),
    headers: headerMap.optional(),
  }),
  z.strictObject({
    type: z.literal("carriers"),
    among: z.array(entityName).min(1).max(64).optional().describe("these carriers only; default: all"),
    max_price: z
      .string()
      .regex(/^\d{1,4}(\.\d{1,6})?$/, "must be an amount such as 0.05")
      .refine((text) => Number(text) <= 4000, "must be 4000 at most")
      .optional()
      .describe("a minute, in the money that prices are compared in: dearer carriers are not asked"),
    seconds: z
      .int()
      .min(1)
      .max(86_400)
      .optional()
      .describe("costs are compared for so long a call; default: 180"),
    timeout_ms: z.int().min(500).max(300_000).optional(),
    headers: headerMap.optional(),
  }),
  z.strictObject({
    type: z.literal("farm"),
    farm: entityName.describe("a farm of that name (/v1/farms): some of its targets, by its method"),
    timeout_ms: z.int().min(500).max(300_000).optional(),
    headers: headerMap.optional(),
  }),
  targetSchema,
]);
export type RuleTarget = z.infer<typeof ruleTargetSchema>;

const actionSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("route"),
    strategy: z.enum(["serial", "parallel"]).default("serial"),
    targets: z
      .array(ruleTargetSchema)
      .min(1)
      .max(16)
      .refine(
        (targets) =>
          knownPlaceholders(JSON.stringify(targets.map((target) => Object.values(target).join(" ")))),
        `knows only the placeholders ${placeholders.map((name) => `{${name}}`).join(" ")} {table:NAME}`,
      ),
    caller_id: z.strictObject({ number: dialString, name: z.string().max(128).optional() }).optional(),
    headers: headerMap.optional(),
    tags: tagsSchema.optional(),
    record: z.boolean().default(false),
    media: z
      .enum(["relay", "nat", "direct"])
      .optional()
      .describe("audio through the relay, only when a NAT is in the way, or never; default: cluster.yaml"),
    redirects: z
      .enum(["follow", "return"])
      .optional()
      .describe(
        "a target redirects the call (3xx): call where it leads (a number here is decided about as any other), or hand it back to the caller; default: return",
      ),
  }),
  z.strictObject({
    type: z.literal("reject"),
    code: z.int().min(300).max(699).default(403),
    reason: z
      .string()
      .max(128)
      .regex(/^[^\r\n]*$/, "must be one line")
      .default("Forbidden"),
    tags: tagsSchema.optional(),
  }),
  z.strictObject({
    type: z.literal("redirect").describe("the caller's side is told to call somewhere else by itself (3xx)"),
    to: z
      .array(
        z
          .string()
          .max(512)
          .regex(/^(sips?|tel):[^\s<>"]+$/, "must be a SIP address or tel:NUMBER"),
      )
      .min(1)
      .max(5)
      .refine(
        (to) => knownPlaceholders(to.join(" ")),
        `knows only the placeholders ${placeholders.map((name) => `{${name}}`).join(" ")} {table:NAME}`,
      ),
    permanent: z.boolean().default(false).describe("301, which may be remembered, in the place of 302"),
    tags: tagsSchema.optional(),
  }),
  scriptActionSchema,
  askActionSchema,
  ...(["announce", "voice"] as const).map((type) =>
    z
      .strictObject({ type: z.literal(type) })
      .catchall(z.unknown())
      .refine(
        () => false,
        `${type}: this release plays nothing to callers and has no voice applications; route the call to what answers it`,
      ),
  ),
]);

export const ruleSchema = z.strictObject({
  name: entityName.refine((name) => name !== "simulate", "is a reserved word"),
  priority: z.int().min(-1000).max(1000).default(0).describe("higher is looked at first"),
  enabled: z.boolean().default(true),
  description: z.string().max(256).default(""),
  match: matchSchema.default({}),
  action: actionSchema,
});

export type Rule = z.infer<typeof ruleSchema>;
export type RuleInput = z.input<typeof ruleSchema>;
