import { z } from "zod";
import { targetSchema } from "../call/contract.ts";
import { dialString, entityName } from "../directory/names-schema.ts";

/** Routing rules as people write them. A rule applies when everything that it names in `match` holds. */

const network = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);
const cidr = z
  .string()
  .refine(
    (value) => network.safeParse(value).success,
    "must be an address or a network such as 192.0.2.0/24",
  );

const headerMap = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/),
  z
    .string()
    .max(256)
    .regex(/^[^\r\n]*$/, "must be one line"),
);

export const matchSchema = z
  .strictObject({
    number: dialString.optional().describe("the dialled number, exactly"),
    prefix: dialString.optional().describe("what the dialled number begins with; the longest prefix wins"),
    caller: dialString.optional().describe("the caller's number (user part of From), exactly: can be forged"),
    caller_prefix: dialString.optional().describe("what the caller's number begins with"),
    user: entityName.optional().describe("the user that proved itself with a password"),
    authenticated: z.literal(true).optional().describe("any user that proved itself with a password"),
    source: cidr.optional().describe("the address that the call came from"),
  })
  .refine((match) => match.number === undefined || match.prefix === undefined, {
    message: "give number or prefix, not both",
    path: ["prefix"],
  })
  .refine((match) => match.caller === undefined || match.caller_prefix === undefined, {
    message: "give caller or caller_prefix, not both",
    path: ["caller_prefix"],
  });

/** Placeholders that targets and headers may use. */
export const placeholders = ["number", "rest", "caller", "user"] as const;

const knownPlaceholders = (text: string): boolean =>
  [...text.matchAll(/\{([^}]*)\}/g)].every((found) =>
    (placeholders as readonly string[]).includes(found[1] ?? ""),
  );

const actionSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("route"),
    strategy: z.enum(["serial", "parallel"]).default("serial"),
    targets: z
      .array(targetSchema)
      .min(1)
      .max(16)
      .refine(
        (targets) =>
          knownPlaceholders(JSON.stringify(targets.map((target) => Object.values(target).join(" ")))),
        `knows only the placeholders ${placeholders.map((name) => `{${name}}`).join(" ")}`,
      ),
    caller_id: z.strictObject({ number: dialString, name: z.string().max(128).optional() }).optional(),
    headers: headerMap.optional(),
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
  }),
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
