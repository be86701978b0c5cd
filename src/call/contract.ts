import { z } from "zod";

/**
 * The contract between a SIP server and a web application: one question per call, one decision.
 * The same documents travel over HTTP (POST /v1/calls/decide) and over JSON-RPC (method `decide`, for
 * Kamailio, whose HTTP client only knows whole-second timeouts). Versioned: additions only within `v: 1`.
 */

const text = z.string().max(512);
const sipUri = z
  .string()
  .max(512)
  .regex(/^(sips?|tel):[^\s<>"]+$/, "must be a SIP URI");

export const questionSchema = z.object({
  v: z.literal(1).default(1),
  /** Call-ID of the INVITE (RFC 3261 8.1.1.4). */
  call_id: text.min(1),
  from: z.object({ user: text, domain: text, display: text.optional() }),
  to: z.object({ user: text, domain: text }),
  request_uri: text,
  /** The dialled number or name: the user part of the request URI, escaped or not; what it means: number.ts. */
  number: text,
  source: z.object({ address: z.string().max(64), port: z.int().min(0).max(65535) }),
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]),
  /** The user that authenticated with a digest, if any. */
  user: text.optional(),
  /** The node that asks. */
  node: text.optional(),
  /** RFC 3339; default now. */
  time: z.iso.datetime({ offset: true }).optional(),
});
export type Question = z.infer<typeof questionSchema>;

const headers = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/),
  z
    .string()
    .max(256)
    .regex(/^[^\r\n]*$/),
);

export const targetSchema = z.discriminatedUnion("type", [
  /** A SIP address, sent there directly or by way of `via` (a next-hop SIP URI). */
  z.object({
    type: z.literal("uri"),
    uri: sipUri,
    via: sipUri.optional(),
    /** Give up on this target after so long without an answer. */
    timeout_ms: z.int().min(500).max(300_000).optional(),
    headers: headers.optional(),
  }),
  /** All registered contacts of a user of ours. */
  z.object({
    type: z.literal("user"),
    user: text.min(1),
    timeout_ms: z.int().min(500).max(300_000).optional(),
    headers: headers.optional(),
  }),
]);
export type Target = z.infer<typeof targetSchema>;

/**
 * For whom and until when this decision may be used again for the same number, while nobody can be asked. Each scope
 * includes the ones before it: `user` is the same authenticated user, or again none; `source` the same source address
 * too; `caller` the same user part of From too. Missing: as `never`.
 */
const rememberSchema = z.object({
  scope: z.enum(["anyone", "user", "source", "caller", "never"]),
  /** Unix time in whole seconds. */
  until: z.int().min(0),
});

export const decisionSchema = z.discriminatedUnion("action", [
  z.object({
    v: z.literal(1),
    action: z.literal("route"),
    /** `serial`: one target after the other; `parallel`: all at once, first answer wins. */
    strategy: z.enum(["serial", "parallel"]),
    targets: z.array(targetSchema).min(1).max(16),
    /** Presented to the called side instead of the caller's own From. */
    caller_id: z.object({ number: text, name: text.optional() }).optional(),
    headers: headers.optional(),
    record: z.boolean(),
    /** It should be recorded, but this node's disk is nearly full: do not, only tell it in the call's events. */
    record_refused: z.literal(true).optional(),
    /** Audio: through the relay, only when a NAT is in the way, or never; default: media.path of cluster.yaml. */
    media: z.enum(["relay", "nat", "direct"]).optional(),
    /** A target answers with a redirection (3xx): call where it leads, or hand it back to the caller (default). */
    redirects: z.enum(["follow", "return"]).optional(),
    /** Which rule decided: for people, and in the call record. */
    rule: text,
    rules_version: z.int(),
    remember: rememberSchema.optional(),
  }),
  z.object({
    v: z.literal(1),
    action: z.literal("reject"),
    code: z.int().min(300).max(699),
    reason: text,
    rule: text,
    rules_version: z.int(),
    remember: rememberSchema.optional(),
  }),
]);
export type Decision = z.infer<typeof decisionSchema>;

/**
 * What happened to a call. The same shape from Kamailio's journal and from POST /v1/calls/events.
 * `id` is a permanent unique key given by whoever saw the event: the ledger stores each id once.
 */
export const eventSchema = z.object({
  v: z.literal(1).default(1),
  id: z.uuid(),
  /**
   * start: INVITE arrived. answer: 2xx (each telephone's, when several
   * answer). confirm: ACK seen by a node that did not route the INVITE (the 2xx passed
   * statelessly after a failover). end: BYE; a second one with code 481 when the far end knows no such dialog. fail: final non-2xx to the caller. attempt: one target failed.
   * refer: one side asked the other to call `target` instead, and it accepted.
   */
  kind: z.enum(["start", "answer", "confirm", "end", "fail", "attempt", "refer"]),
  call_id: text.min(1),
  from_tag: text,
  to_tag: text.default(""),
  /** RFC 3339 with milliseconds. */
  time: z.iso.datetime({ offset: true }),
  /** The node that saw this event. */
  node: text,
  /** The node that routed the INVITE, from the Record-Route parameter, if known. */
  origin: text.optional(),
  /** When the INVITE arrived, from the Record-Route parameter: lets an end event stand alone. */
  started: z.iso.datetime({ offset: true }).optional(),
  method: z.string().max(32),
  code: z.int().min(0).max(699),
  reason: text.default(""),
  from: text.default(""),
  to: text.default(""),
  source: z.string().max(64).default(""),
  user: text.default(""),
  /** Where the call was sent, or was being sent: the request URI of the branch. */
  target: text.default(""),
  rule: text.default(""),
  /** How the decision was found. */
  decided_by: z.enum(["own", "peer", "last", "static", ""]).default(""),
  /** The decision said that this call is to be recorded. */
  record: z.boolean().optional(),
  /** A call whose target was a number of ours came back to us: its second decision is pass 2. Missing: the first. */
  pass: z.int().min(2).max(9).optional(),
  /** It came to the disk of its node only after that had not answered for a while, or was full: memory alone had it. */
  late: z.boolean().optional(),
  /** start: who transferred the caller here (RFC 3892). refer: who asked. */
  referred_by: text.optional(),
  /** start: the Call-ID of the call whose place it takes (RFC 3891). */
  replaces: text.optional(),
});
export type CallEvent = z.infer<typeof eventSchema>;
