import { z } from "zod";

/** What apps tell each other of calls through carriers. */

/** A carrier is judged by so many of its last calls. */
export const windowCalls = 100;

const text = z.string().max(512);
const callNewsSchema = z.discriminatedUnion("kind", [
  /** It is in progress, through this carrier now. */
  z.object({
    kind: z.literal("call"),
    id: text,
    user: text,
    carrier: text,
    /** Carriers that ring together with it. */
    others: z.array(text).optional(),
    answered: z.boolean(),
    /** Guards that count it (guard-schema.ts). */
    watched: z.array(z.object({ guard: text, subject: text })).optional(),
    /** What it costs (tariff.ts), in the money that prices are compared in; missing: not known, or not answered. */
    tariff: z
      .object({
        perMinute: z.number(),
        fee: z.number(),
        first: z.number(),
        next: z.number(),
        minimum: z.number(),
      })
      .optional(),
  }),
  z.object({ kind: z.literal("end"), id: text }),
  /** A carrier was offered a call. */
  z.object({
    kind: z.literal("outcome"),
    carrier: text,
    answered: z.boolean(),
    /** What kind of number was called, and in which country: `mobile DE`. */
    destination: text.optional(),
    /** From the INVITE to its ringing; missing: it did not ring. */
    ring_ms: z.int().min(0).optional(),
  }),
]);
export type CallNews = z.infer<typeof callNewsSchema>;
export type Outcome = Extract<CallNews, { kind: "outcome" }>;

/** What they tell of users' calls; ends are told with those of calls. */
const userNewsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("talk"), id: text, caller: text, callees: z.array(text), callee: text }),
  /** In no call for so long, ms. */
  z.object({ kind: z.literal("idle"), user: text, ms: z.number() }),
]);
export type UserNews = z.infer<typeof userNewsSchema>;

export interface Patience {
  /** A call that nobody answered is forgotten after so long, ms. */
  maxSetupMs: number;
  maxCallMs: number;
}

export const newsPageSchema = z.object({
  /** Of the app's life: places of another one say nothing. */
  life: z.string(),
  next: z.int(),
  /** These are all that there are, not what came since. */
  whole: z.boolean(),
  news: z.array(callNewsSchema),
  /** Missing: of a release that does not know this. */
  users: z.array(userNewsSchema).default([]),
});

export const newsQuery = z.object({
  life: text.default(""),
  from: z.coerce.number().int().min(0).default(0),
});
