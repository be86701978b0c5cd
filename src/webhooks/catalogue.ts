import { z } from "zod";
import { type CallStatus, type News, type NewsType, newsSchema, newsTypes } from "../call/news-schema.ts";

/** All that webhooks are told, with an example each: for the API's document. What is sent has these types (call-status/delivery.ts). */

export const testNewsSchema = z.object({
  id: z.uuid(),
  type: z.literal("test"),
  time: z.iso.datetime(),
  webhook: z.string().describe("its name"),
});
export type TestNews = z.infer<typeof testNewsSchema>;

/** One kind of message. */
interface Message {
  name: NewsType | "test";
  summary: string;
  schema: z.ZodType;
  example: News | TestNews;
}

const started = "2026-11-28T20:15:00.120Z";
const rings: CallStatus = {
  id: "51f2c0de9a4b4c6e8d1f0a2b3c4d5e6f",
  call_id: "3848276298220188511@192.0.2.40",
  state: "ringing",
  from: "sip:+49301234@example.net",
  to: "sip:5000@example.com",
  number: "5000",
  user: "",
  target: "sip:1001@192.0.2.7:5060",
  carrier: "",
  rule: "sales",
  tags: { team: "sales" },
  node: "a",
  started_at: started,
  answered_at: null,
  ended_at: null,
  duration_ms: null,
  outcome: "in_progress",
  code: 0,
};
const answered = "2026-11-28T20:15:08.400Z";
const talks: CallStatus = {
  ...rings,
  state: "answered",
  answered_at: answered,
  outcome: "answered",
  code: 200,
};
const ended = "2026-11-28T20:17:10.900Z";
const { target } = rings;

/** What each means, and an example: when it is seen, its SIP status, where, and the call as it is known then. */
const told: Record<
  NewsType,
  [summary: string, time: string, code: number, target: string, call: CallStatus]
> = {
  "call.started": ["The INVITE arrived", started, 0, "", { ...rings, state: "trying", target: "" }],
  "call.ringing": [
    "The first telephone rings; only while a webhook wants it: one more event of each call",
    "2026-11-28T20:15:00.310Z",
    180,
    target,
    rings,
  ],
  "call.answered": ["A telephone answered (each, when several do)", answered, 200, target, talks],
  "call.attempt-failed": [
    "One target failed; others may follow",
    "2026-11-28T20:15:05.010Z",
    486,
    "sip:1002@192.0.2.8:5060",
    { ...rings, state: "trying", target: "sip:1002@192.0.2.8:5060" },
  ],
  "call.transferred": [
    "One side asked the other to call somebody else, which accepted",
    "2026-11-28T20:16:02.000Z",
    202,
    "sip:1003@example.com",
    talks,
  ],
  "call.ended": [
    "Hung up, refused, cancelled: `call.outcome` says which",
    ended,
    0,
    "",
    { ...talks, state: "ended", ended_at: ended, duration_ms: Date.parse(ended) - Date.parse(answered) },
  ],
};

export const messages: readonly Message[] = [
  ...newsTypes.map((type): Message => {
    const [summary, time, code, target, call] = told[type];
    const id = "3c6d2f10-5f0e-4a57-9d3b-7a1e6c2b9f04";
    return {
      name: type,
      summary,
      schema: newsSchema.extend({ type: z.literal(type) }),
      example: { id, type, time, node: "a", code, target, call },
    };
  }),
  {
    name: "test",
    summary: "Somebody tries the webhook: 'dialtone webhook test NAME'",
    schema: testNewsSchema,
    example: { id: "8a0f7a52-6a2e-4a35-8a15-0c5a4f7f3c11", type: "test", time: started, webhook: "crm" },
  },
];
