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

/** Requests of no call that rules may send on (docs/balancing.md). */
export const serviceMethods = ["MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "REGISTER", "OPTIONS"] as const;

/** Of these, what is answered here where no rule is for it; so a SIP server asks only while some rule names them. */
export const ownMethods = ["REGISTER", "OPTIONS"] as const;
export type OwnMethod = (typeof ownMethods)[number];
export const isOwnMethod = (method: string): method is OwnMethod =>
  method === "REGISTER" || method === "OPTIONS";

export const questionSchema = z.object({
  v: z.literal(1).default(1),
  /** It is no call, but a request of this method. Missing: INVITE. */
  method: z.enum(serviceMethods).optional(),
  /** Call-ID of the INVITE (RFC 3261 8.1.1.4). */
  call_id: text.min(1),
  from: z.object({ user: text, domain: text, display: text.optional() }),
  /** The caller does not want to be shown (RFC 3323, RFC 3325), whatever `from` says. */
  anonymous: z.literal(true).optional(),
  to: z.object({ user: text, domain: text }),
  request_uri: text,
  /** The dialled number or name: the user part of the request URI, escaped or not; what it means: number.ts. */
  number: text,
  source: z.object({ address: z.string().max(64), port: z.int().min(0).max(65535) }),
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]),
  /** The user that authenticated with a digest, if any. */
  user: text.optional(),
  /**
   * Whose telephone it is, where `user` is logged in at somebody else's (docs/people.md): found here, no SIP server says it. Numbers
   * are understood as there.
   */
  phone: text.optional(),
  /** Which of the users that the decision asks about have a registered telephone; missing: not known, it counts as yes. */
  registered: z.record(text, z.boolean()).optional(),
  /** The node that asks has more calls than it can carry, and refuses some. */
  overloaded: z.literal(true).optional(),
  /** The call came back to us: which decision of it this is. Missing: the first. */
  pass: z.int().min(2).max(9).optional(),
  /** Digits behind a star code's number, where `number` says PIN in their place: so they get into no journal. */
  pin: text.optional(),
  /** The user who transferred the caller to this star code, if any. */
  referred_by: text.optional(),
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

/**
 * Small notes of a decision for reports and web applications: they go into the call's events and record. Together with the rule's
 * name they are one field of Kamailio's (call/tags.ts).
 */
export const tagsSchema = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/, "must be a letter, then letters, digits, _ and -, 32 at most"),
    z
      .string()
      .regex(/^[A-Za-z0-9 _.:+@/-]{0,64}$/, "must be letters, digits, spaces and _ . : + @ / -, 64 at most"),
  )
  .refine((tags) => JSON.stringify(tags).length <= 256, "must be short: 256 characters all together")
  .describe("for reports: in the call's record and events");
export type Tags = z.infer<typeof tagsSchema>;

/** What the steps before came to. */
export const outcomeSchema = z.enum(["busy", "no-answer", "unreachable", "declined", "failed"]);

const stepFields = {
  /**
   * Targets of one step ring together, steps come one after the other, in the order of the targets; where any target has
   * one, `strategy` says nothing. Missing: 0.
   */
  step: z.int().min(0).max(15).optional(),
  /**
   * Called only when the best answer of the steps before that have no condition was one of these. busy: 486, 600. no-answer: it answered something,
   * but not the call. unreachable: 404, 410, 480, no telephone, silence. declined: other 6xx. failed: anything else. Missing: always, but
   * after 6xx (RFC 3261 21.6).
   */
  after: z.array(outcomeSchema).max(5).optional(),
};

/** Of pickup groups and of slots in which calls are parked. */
const pickupName = z.string().regex(/^[A-Za-z0-9_.~-]{1,64}$/);

export const targetSchema = z.discriminatedUnion("type", [
  /** A SIP address, sent there directly or by way of `via` (a next-hop SIP URI). */
  z.object({
    type: z.literal("uri"),
    uri: sipUri,
    via: sipUri.optional(),
    ...stepFields,
    /** Leads to this carrier: it is known by name, waited for and answered as its entry says (carriers/carrier-schema.ts). */
    carrier: text.optional(),
    /** The caller's number as this target is to see it, in place of the decision's. */
    shows: z
      .string()
      .regex(/^[A-Za-z0-9+*#_.~-]{1,64}$/)
      .optional(),
    /** Give up on this target after so long without an answer. */
    timeout_ms: z.int().min(500).max(300_000).optional(),
    headers: headers.optional(),
  }),
  /** All registered contacts of a user of ours. */
  z.object({
    type: z.literal("user"),
    user: text.min(1),
    ...stepFields,
    /** At the telephones that are registered as this other user, where `user` is logged in. */
    phone: text.optional(),
    /** Only the telephone that was registered or refreshed last rings. */
    newest: z.literal(true).optional(),
    /** In steps: rings so much later than the others of its step, or as soon as none of them rings any more. */
    delay_ms: z.int().min(0).max(120_000).optional(),
    /** While it rings here, users of these pickup groups may take the call: docs/people.md. */
    pickup: z.array(pickupName).max(4).optional(),
    timeout_ms: z.int().min(500).max(300_000).optional(),
    headers: headers.optional(),
  }),
  /** A number or name here: decided about as any other (docs/sip.md, "chains of numbers"). */
  z.object({
    type: z.literal("number"),
    number: text.min(1),
    ...stepFields,
    /** With this user's rights, not the caller's: whoever forwards a call makes it. */
    on_behalf_of: text.optional(),
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

/** Guards that found that it is too much. */
const alarms = z.array(z.object({ guard: text, subject: text, why: text })).max(64);

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
    /** Before any target is called, the caller waits in this slot until somebody takes it from there. */
    park: z.object({ slot: pickupName, wait_ms: z.int().min(1000).max(300_000) }).optional(),
    /** A call to emergency services: carriers are asked one after the other, whatever one of them answers. */
    emergency: z.literal(true).optional(),
    /** What kind of number a call through carriers goes to, and in which country: `mobile DE`. */
    destination: z.string().max(64).optional(),
    /** Guards that count this call, and for whom (carriers/guard-schema.ts). */
    watched: z
      .array(z.object({ guard: text, subject: text }))
      .max(16)
      .optional(),
    alarms: alarms.optional(),
    /** The group that was called. */
    group: text.optional(),
    /** The caller is this user, at a telephone of somebody else's. */
    as: text.optional(),
    /** The caller is not shown, as if it had asked for that itself (RFC 3323). */
    hide_caller: z.literal(true).optional(),
    record: z.boolean(),
    /** Somebody wants to be told when it rings. */
    tell_ringing: z.literal(true).optional(),
    /** It should be recorded, but this node's disk is nearly full: do not, only tell it in the call's events. */
    record_refused: z.literal(true).optional(),
    /** Audio: through the relay, only when a NAT is in the way, or never; default: media.path of cluster.yaml. */
    media: z.enum(["relay", "nat", "direct"]).optional(),
    /** A target answers with a redirection (3xx): call where it leads, or hand it back to the caller (default). */
    redirects: z.enum(["follow", "return"]).optional(),
    /** Which rule decided: for people, and in the call record. */
    rule: text,
    rules_version: z.int(),
    /** The number that was meant, where another one was dialled: docs/rules.md. */
    meant: text.optional(),
    tags: tagsSchema.optional(),
    remember: rememberSchema.optional(),
  }),
  z.object({
    v: z.literal(1),
    action: z.literal("reject"),
    code: z.int().min(300).max(699),
    reason: text,
    alarms: alarms.optional(),
    /**
     * The caller, a user of ours, takes a call: the one that rings longest at this user or at any user of these pickup groups,
     * or the one that waits in this slot. `code` and `reason` are for when there is none.
     */
    take: z
      .object({
        user: text.optional(),
        groups: z.array(pickupName).max(4).optional(),
        slot: pickupName.optional(),
        /** Who takes it, at a telephone of somebody else's. */
        by: text.optional(),
      })
      .optional(),
    /** With 3xx: where the caller's side is to call instead. */
    contacts: z.array(sipUri).min(1).max(5).optional(),
    rule: text,
    rules_version: z.int(),
    /** The number that was meant, where another one was dialled: docs/rules.md. */
    meant: text.optional(),
    tags: tagsSchema.optional(),
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
   * start: INVITE arrived. ring: a telephone rings; told only where somebody wants to know (the decision's `tell_ringing`). answer: 2xx (each telephone's, when several
   * answer). confirm: ACK seen by a node that did not route the INVITE (the 2xx passed
   * statelessly after a failover). end: BYE; a second one with code 481 when the far end knows no such dialog. fail: final non-2xx to the caller. attempt: one target failed.
   * refer: one side asked the other to call `target` instead, and it accepted.
   */
  kind: z.enum(["start", "ring", "answer", "confirm", "end", "fail", "attempt", "refer"]),
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
  /** What the decision noted for reports. */
  tags: tagsSchema.optional(),
  /** The number that was meant, where another one was dialled. */
  meant: text.optional(),
  /** How the decision was found. */
  decided_by: z.enum(["own", "peer", "last", "static", ""]).default(""),
  /** The decision said that this call is to be recorded. */
  record: z.boolean().optional(),
  /** A call whose target was a number of ours came back to us: its second decision is pass 2. Missing: the first. */
  pass: z.int().min(2).max(9).optional(),
  /** It came to the disk of its node only after that had not answered for a while, or was full: memory alone had it. */
  late: z.boolean().optional(),
  /** From the INVITE to the ringing at that carrier, ms. */
  ring_ms: z.int().min(0).optional(),
  /** The carrier that `target` leads to. */
  carrier: text.optional(),
  /** answer: the user among several whose telephone it is. */
  answered_by: text.optional(),
  /** answer: the user who took the call, which rang for others or was parked. */
  taken_by: text.optional(),
  /** start: who transferred the caller here (RFC 3892). refer: who asked. */
  referred_by: text.optional(),
  /** start: the Call-ID of the call whose place it takes (RFC 3891). */
  replaces: text.optional(),
});
export type CallEvent = z.infer<typeof eventSchema>;
