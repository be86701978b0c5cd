import { z } from "zod";
import { canonicalIp6 } from "../base/ip6-schema.ts";
import { dialString, entityName, numberPatterns } from "../directory/names-schema.ts";
import { cidr } from "../directory/network-schema.ts";
import { carrierLimitsSchema } from "./limit-schema.ts";

/** Carriers: who takes calls to the outside world. */

const hostName = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const name = z.string().regex(hostName, "must be a host name in small letters, or an IPv4 address");

/** One spelling (RFC 5952): it is part of names by which Kamailio and the ledger know it. */
const host = z
  .string()
  .refine(
    (text) => hostName.test(text) || (z.ipv6().safeParse(text).success && canonicalIp6(text) === text),
    {
      error: ({ input }) => {
        const text = String(input);
        return z.ipv6().safeParse(text).success
          ? `must be written as ${canonicalIp6(text)} (RFC 5952)`
          : "must be a host name in small letters, an IPv4 address, or an IPv6 address without brackets";
      },
    },
  );

/** What may stand in a field of the line that Kamailio reads, and in its memory. */
const visible = z
  .string()
  .regex(/^[!-~]{1,128}$/, "must be 1 to 128 visible ASCII characters without spaces");

const codes = z
  .string()
  .regex(/^([3-6]\d\d|[3-6]xx)$/, "must be a SIP status code such as 503, or a class such as 5xx");

export const carrierAddressSchema = z.strictObject({
  host,
  port: z.int().min(1).max(65535).optional().describe("default: by DNS SRV, else 5060"),
  transport: z
    .enum(["udp", "tcp", "naptr"])
    .default("udp")
    .describe("naptr: as the name's records say (RFC 3263 4.1), else udp"),
});
export type CarrierAddress = z.infer<typeof carrierAddressSchema>;

export const carrierNumber = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9+*#{}_.~-]*\{(number|digits|rest)\}$/, "must end with {number}, {digits} or {rest}")
  .default("{number}")
  .describe(
    "how it wants numbers: {number} as decided, {digits} without a +, {rest} what follows the rule's prefix; e.g. 00{digits}",
  );

export const probeS = z
  .int()
  .min(0)
  .max(3600)
  .default(30)
  .describe(
    "the holder of the service address asks it by OPTIONS that often (UDP; any of its addresses will do); 0: never",
  );

export const waitMs = z
  .int()
  .min(500)
  .max(30_000)
  .default(2000)
  .describe("without any answer for so long, the next target is tried");

export const nextOn = (usual: string[]) =>
  z
    .array(codes)
    .max(32)
    .default(usual)
    .describe("answers after which the next target is tried; after others the call ends with that answer");

const callerIdSchema = z
  .strictObject({
    may_show: numberPatterns
      .optional()
      .describe("callers' numbers that it may be shown; others become `main`; default: all"),
    main: dialString
      .optional()
      .describe("our main number there, in place of numbers that it may not be shown"),
    number: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9+*#_.~-]*\{(number|digits)\}$/, "must end with {number} or {digits}")
      .default("{number}")
      .describe("how it wants callers' numbers: {number} as decided, {digits} without a +"),
    headers: z
      .array(z.enum(["p-asserted-identity", "remote-party-id"]))
      .max(2)
      .default([])
      .describe("which tell the caller's number beside From (RFC 3325)"),
    trusted: z
      .boolean()
      .default(false)
      .describe("it keeps numbers of hidden callers to itself: gets them with Privacy: id (RFC 3323)"),
  })
  .describe("what it is told of callers");

const registerSchema = z
  .strictObject({
    contact: z
      .string()
      .regex(
        /^\+?[A-Za-z0-9_.-]{1,64}$/,
        "must be 1 to 64 letters, digits, '_', '.' or '-', perhaps after a +",
      )
      .optional()
      .describe(
        "the number that calls from there come with when they name our Contact; default: the carrier's name",
      ),
    domain: name.optional().describe("of our address there; default: the first address"),
    expires_s: z.int().min(60).max(86_400).default(600).describe("renewed at half that time"),
  })
  .describe("the holder of the service address registers there (RFC 3261 10.2), with the login");

const fields = {
  name: entityName,
  description: z.string().max(256).default(""),
  enabled: z.boolean().default(true),
  addresses: z.array(carrierAddressSchema).min(1).max(4).describe("tried one after the other"),
  number: carrierNumber,
  headers: z
    .record(
      z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/),
      z
        .string()
        .max(256)
        .regex(/^[^\r\n]*$/, "must be one line"),
    )
    .default({})
    .describe("added to calls that go there, e.g. P-Asserted-Identity: <sip:{caller}@carrier.example>"),
  caller_id: callerIdSchema.optional(),
  codecs: z
    .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$/, "must be a codec's name such as PCMA"))
    .max(16)
    .default([])
    .describe(
      "of those that the caller offers only these, in this order, where audio goes through the relay; with DTMF: telephone-event too",
    ),
  early_media: z
    .enum(["pass", "ringing"])
    .default("pass")
    .describe("183: passed on with its audio, or made a 180 (ringing) without"),
  ringing: z
    .enum(["180", "183", "never"])
    .default("180")
    .describe("after this answer no other carrier is tried: somebody's telephone rings; 183: after that too"),
  limits: carrierLimitsSchema
    .optional()
    .describe("a carrier without room is not asked; emergency calls pass over this"),
  probe_s: probeS,
  wait_ms: waitMs,
  next_on: nextOn(["401", "403", "407", "408", "5xx"]),
  register: registerSchema.optional(),
  networks: z
    .array(cidr)
    .max(64)
    .default([])
    .describe(
      "calls from there are its, beside those from its addresses, and from what DNS has for its names: rules may ask for that",
    ),
};

/** Whom it knows us as: a digest's user and password, asked for by 401 or 407 (RFC 3261 22). */
const loginFields = {
  user: visible,
  realm: visible
    .optional()
    .describe("only challenges of this realm are answered; default: of any that this carrier names"),
};

/** A carrier as the API shows it: its password is never shown. */
export const shownCarrierSchema = z.object({
  ...fields,
  login: z.object(loginFields).optional(),
});
export type ShownCarrier = z.infer<typeof shownCarrierSchema>;

export const newCarrierSchema = z.strictObject({
  ...fields,
  login: z
    .strictObject({
      ...loginFields,
      password: visible
        .optional()
        .describe("kept sealed; when a carrier is replaced: default the one before"),
    })
    .optional(),
});
export type NewCarrier = z.infer<typeof newCarrierSchema>;

/** A carrier as it is kept, in the database and on disk: its password sealed (seal.ts). */
export const carrierSchema = z.object({
  ...fields,
  login: z.object({ ...loginFields, sealed: z.string() }).optional(),
});
export type Carrier = z.infer<typeof carrierSchema>;
