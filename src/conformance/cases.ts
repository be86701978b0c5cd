import type { Question } from "../call/contract.ts";

/** What a web application is asked to find out whether it keeps the contract (call/contract.ts). Pure data. */

/** How a message is signed, where the application has a key. */
export type Signing = "right" | "forged" | "stale" | "missing";
/** Which token it carries, where the application has one. */
export type Credential = "right" | "wrong" | "missing";

export interface Case {
  name: string;
  /** What the contract promises, for the person whose application breaks it. */
  why: string;
  /** Which door: questions, or events. */
  door: "decide" | "events";
  /** The body as it is sent; a string: as it is. */
  body: unknown;
  method?: "GET";
  signing?: Signing;
  credential?: Credential;
  expects: "decision" | "refusal" | "stranger-refused" | "accepted";
  /** Broken, it is bad manners (false) or a fault (true). */
  must: boolean;
}

export const plainQuestion = (callId: string): Question => ({
  v: 1,
  call_id: callId,
  from: { user: "+4930123456", domain: "caller.example", display: "Ada" },
  to: { user: "1001", domain: "pbx.example" },
  request_uri: "sip:1001@pbx.example",
  number: "1001",
  source: { address: "192.0.2.7", port: 5060 },
  transport: "udp",
  node: "a",
  time: "2026-11-29T03:00:00.000Z",
});

const dialled = (number: string, user = number): Partial<Question> => ({
  number,
  to: { user, domain: "pbx.example" },
  request_uri: `sip:${user}@pbx.example`,
});

/** Names of kinds of calls, and what is different in their question. */
const questions: readonly [name: string, why: string, change: Record<string, unknown>][] = [
  ["a plain call", "every question has a decision", {}],
  ["its repetition", "the other node asks again when an answer was lost", {}],
  ["an international number", "numbers come as they were dialled", dialled("+4989123456")],
  ["a national number", "numbers come as they were dialled", dialled("004989123456")],
  ["an emergency number", "an error instead of a decision can cost a life", dialled("112")],
  ["a star code", "telephones dial them", dialled("*21*1002#", "*21*1002%23")],
  ["a name instead of a number", "SIP addresses may be names", dialled("anna.bell")],
  [
    "a number that nobody has",
    "that is a decision too (reject, 404): an error status counts as a fault of yours",
    dialled("9999999999"),
  ],
  ["a very long number", "a request URI has up to 512 characters", dialled("9".repeat(490))],
  [
    "an anonymous caller",
    "RFC 3323: callers may hide",
    { anonymous: true, from: { user: "anonymous", domain: "anonymous.invalid", display: "Anonymous" } },
  ],
  [
    "a caller without a number",
    "the user part of From may be empty",
    { from: { user: "", domain: "x.example" } },
  ],
  [
    "a caller whose name has characters of other scripts",
    "names are UTF-8",
    { from: { user: "1002", domain: "pbx.example", display: "Žofia 李 عمر 🙂" } },
  ],
  [
    "a caller whose name means harm",
    "what callers say is data: never markup, a query or a header",
    {
      from: {
        user: "1002' OR 1=1 --",
        domain: "pbx.example",
        display: '"><script>alert(1)</script>\\r\\nX: y',
      },
    },
  ],
  ["an authenticated user", "`user` is who gave a password", { user: "1002" }],
  ["a transferred caller", "`referred_by` is who transferred", { user: "1002", referred_by: "1003" }],
  [
    "a caller over IPv6 and TLS",
    "addresses may be of either kind",
    { source: { address: "2001:db8::7", port: 5061 }, transport: "tls" },
  ],
  ["a caller in a browser", "transports are udp, tcp, tls, ws, wss", { transport: "wss" }],
  [
    "a question with fields that are not yet known",
    "within v: 1 fields are added; who does not know them ignores them",
    { a_later_field: { of: ["any", "shape"] } },
  ],
  [
    "a question with the required fields alone",
    "the others are optional",
    { v: undefined, node: undefined, time: undefined, from: { user: "1002", domain: "pbx.example" } },
  ],
];

const decisionCases = (callId: string): Case[] =>
  questions.map(([name, why, change], index) => ({
    name,
    why,
    door: "decide",
    // The repetition is the plain call again; each other one is a call of its own.
    body: { ...plainQuestion(index < 2 ? callId : `${callId}-${index}`), ...change },
    expects: "decision",
    must: true,
  }));

const brokenCases = (callId: string): Case[] => {
  const { number: _, ...withoutNumber } = plainQuestion(callId);
  const broken: [name: string, body: unknown][] = [
    ["a question that is no JSON", "{"],
    ["an empty body", ""],
    ["a list instead of a question", []],
    ["a question without a number", withoutNumber],
    ["a question of another version", { ...plainQuestion(callId), v: 2 }],
  ];
  return broken.map(([name, body]) => ({
    name,
    why: "what can not be understood is refused (4xx), soon and whole",
    door: "decide",
    body,
    expects: "refusal",
    must: false,
  }));
};

const strangerCases = (callId: string, has: { key: boolean; token: boolean }): Case[] => {
  const body = plainQuestion(callId);
  const of = (name: string, by: Partial<Case>): Case => ({
    name,
    why: "decisions are for those who may ask alone: 401 or 403",
    door: "decide",
    body,
    expects: "stranger-refused",
    must: true,
    ...by,
  });
  return [
    ...(has.key
      ? [
          of("a question whose signature is false", { signing: "forged" }),
          of("a question without signature", { signing: "missing" }),
          of("a signed question that is an hour old", { signing: "stale" }),
        ]
      : []),
    ...(has.token
      ? [
          of("a question with a false token", { credential: "wrong" }),
          of("a question without token", { credential: "missing" }),
        ]
      : []),
  ];
};

/** A call that never was, told as a SIP server tells it. */
const eventCases = (callId: string, ids: readonly [string, string]): Case[] => {
  const event = (id: string, kind: string, code: number, time: string) => ({
    v: 1,
    id,
    kind,
    call_id: callId,
    from_tag: "contract",
    to_tag: code === 200 ? "check" : "",
    time,
    node: "a",
    method: kind === "end" ? "BYE" : "INVITE",
    code,
    from: "sip:1002@pbx.example",
    to: "sip:1001@pbx.example",
  });
  const start = event(ids[0], "start", 0, "2026-11-29T03:00:00.000Z");
  const fail = event(ids[1], "fail", 486, "2026-11-29T03:00:01.000Z");
  const of = (name: string, why: string, body: unknown, by: Partial<Case> = {}): Case => ({
    name,
    why,
    door: "events",
    body,
    expects: "accepted",
    must: true,
    ...by,
  });
  return [
    of("one event", "2xx means: it is on a disk", start),
    of(
      "the same event again",
      "an answer may have been lost: known ids are taken, and change nothing",
      start,
    ),
    of("several events, one of them known", "they come in lists too", [start, fail]),
    of("an event with fields that are not yet known", "within v: 1 fields are added", {
      ...fail,
      a_later_field: 1,
    }),
    of(
      "an event without id",
      "what can not be kept is refused (4xx)",
      { ...start, id: undefined },
      { expects: "refusal" },
    ),
    of(
      "a list of which one can not be kept",
      "all or none are taken",
      [fail, { ...start, kind: "nonsense" }],
      { expects: "refusal" },
    ),
  ];
};

/**
 * All that is asked of an application.
 * @param callId begins the Call-IDs of all questions @param ids UUIDs of the two events; missing: events are not tried
 */
export const casesFor = (
  callId: string,
  has: { key: boolean; token: boolean; ids?: readonly [string, string] },
): Case[] => [
  ...decisionCases(callId),
  {
    name: "a question by GET",
    why: "questions come by POST",
    door: "decide",
    method: "GET",
    body: undefined,
    expects: "refusal",
    must: false,
  },
  ...brokenCases(callId),
  ...strangerCases(callId, has),
  ...(has.ids ? eventCases(callId, has.ids) : []),
];
