/**
 * Why calls end, in FreeSWITCH's words (Q.850 and its own). `code`: what mod_sofia answers a caller (hangup_cause_to_sip). `from`: answers that
 * it takes for this (sofia_glue_sip_cause_to_freeswitch). `outcome`: what a step came to (call/contract.ts).
 */
interface Cause {
  code: number;
  from?: readonly number[];
  outcome: "busy" | "no-answer" | "unreachable" | "declined" | "failed";
}

const causes: Readonly<Record<string, Cause>> = {
  UNALLOCATED_NUMBER: { code: 404, from: [404], outcome: "unreachable" },
  NO_ROUTE_DESTINATION: { code: 404, from: [485, 604], outcome: "unreachable" },
  NUMBER_CHANGED: { code: 410, from: [410], outcome: "unreachable" },
  SUBSCRIBER_ABSENT: { code: 480, outcome: "unreachable" },
  USER_NOT_REGISTERED: { code: 480, outcome: "unreachable" },
  NO_USER_RESPONSE: { code: 408, from: [480], outcome: "unreachable" },
  RECOVERY_ON_TIMER_EXPIRE: { code: 504, from: [408, 504], outcome: "unreachable" },
  PROGRESS_TIMEOUT: { code: 480, outcome: "unreachable" },
  USER_BUSY: { code: 486, from: [486, 600], outcome: "busy" },
  BUSY_EVERYWHERE: { code: 600, outcome: "busy" },
  NO_ANSWER: { code: 480, outcome: "no-answer" },
  ALLOTTED_TIMEOUT: { code: 480, outcome: "no-answer" },
  CALL_REJECTED: { code: 603, from: [401, 402, 403, 407, 603, 608], outcome: "declined" },
  DECLINE: { code: 603, outcome: "declined" },
  UNWANTED: { code: 607, from: [607], outcome: "declined" },
  NORMAL_CLEARING: { code: 480, outcome: "failed" },
  NORMAL_UNSPECIFIED: { code: 480, outcome: "failed" },
  REDIRECTION_TO_NEW_DESTINATION: { code: 410, outcome: "failed" },
  DESTINATION_OUT_OF_ORDER: { code: 502, outcome: "failed" },
  INVALID_NUMBER_FORMAT: { code: 484, from: [484], outcome: "failed" },
  INVALID_GATEWAY: { code: 484, outcome: "failed" },
  INVALID_URL: { code: 484, outcome: "failed" },
  INVALID_PROFILE: { code: 502, outcome: "failed" },
  GATEWAY_DOWN: { code: 503, outcome: "failed" },
  FACILITY_REJECTED: { code: 501, outcome: "failed" },
  REQUESTED_CHAN_UNAVAIL: { code: 503, outcome: "failed" },
  NORMAL_CIRCUIT_CONGESTION: { code: 503, outcome: "failed" },
  NETWORK_OUT_OF_ORDER: { code: 503, from: [502], outcome: "failed" },
  NORMAL_TEMPORARY_FAILURE: { code: 503, from: [400, 481, 500, 503], outcome: "failed" },
  SWITCH_CONGESTION: { code: 503, outcome: "failed" },
  INCOMPATIBLE_DESTINATION: { code: 488, from: [488, 606], outcome: "failed" },
  SERVICE_UNAVAILABLE: { code: 480, from: [405], outcome: "failed" },
  SERVICE_NOT_IMPLEMENTED: { code: 501, from: [406, 415, 501], outcome: "failed" },
  INTERWORKING: { code: 480, from: [413, 414, 416, 420, 421, 423, 505, 513], outcome: "failed" },
  EXCHANGE_ROUTING_ERROR: { code: 483, from: [482, 483], outcome: "failed" },
  MEDIA_TIMEOUT: { code: 480, outcome: "failed" },
  CHAN_NOT_IMPLEMENTED: { code: 480, outcome: "failed" },
  MANDATORY_IE_MISSING: { code: 480, outcome: "failed" },
  ORIGINATOR_CANCEL: { code: 487, from: [487], outcome: "failed" },
};

const names = Object.keys(causes);

/** The caller hung up: nobody else is to be called. */
const over: ReadonlySet<string> = new Set(["ORIGINATOR_CANCEL"]);

/** What the caller gets for a cause; a cause that is not known is like mod_sofia's default. */
export const codeOf = (cause: string): number => causes[cause]?.code ?? 480;

/** After these the next target is tried, if nothing else was said: after all but a clear no (RFC 3261 21.6) and the caller's own. */
export const usualFailures: readonly string[] = names.filter(
  (name) => causes[name]?.outcome !== "declined" && !over.has(name),
);

export const anyFailures: readonly string[] = names.filter((name) => !over.has(name));

export const causesOf = (outcomes: readonly Cause["outcome"][]): string[] =>
  names.filter((name) => outcomes.some((outcome) => outcome === causes[name]?.outcome) && !over.has(name));

const fits = (code: number, wanted: string): boolean =>
  wanted.endsWith("xx") ? Math.floor(code / 100) === Number(wanted[0]) : code === Number(wanted);

/**
 * The causes after which a carrier's answers lead to the next one (`403`, `5xx`); silence and what is wrong on our own side do too. FreeSWITCH
 * tells some answers by one cause only: 403 and 603, 486 and 600.
 */
export const causesAfter = (codes: readonly string[]): string[] =>
  names.filter((name) => {
    const { from = [], code } = causes[name] ?? { code: 0 };
    if (over.has(name)) return false;
    if (from.length === 0) return code >= 500 && code < 600 ? true : silent.has(name);
    return silent.has(name) || from.some((answer) => codes.some((wanted) => fits(answer, wanted)));
  });

const silent: ReadonlySet<string> = new Set([
  "PROGRESS_TIMEOUT",
  "RECOVERY_ON_TIMER_EXPIRE",
  "INVALID_GATEWAY",
  "INVALID_URL",
]);
