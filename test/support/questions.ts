import { type Question, questionSchema } from "../../src/call/contract.ts";

/** The question of a call to this number, from a caller that has no name. Nothing in it is by chance. */
export const questionTo = (number: string, more: Partial<Question> = {}): Question =>
  questionSchema.parse({
    call_id: "c",
    from: { user: "99", domain: "x" },
    to: { user: number, domain: "x" },
    request_uri: `sip:${number}@x`,
    number,
    source: { address: "192.0.2.9", port: 5060 },
    transport: "udp",
    ...more,
  });
