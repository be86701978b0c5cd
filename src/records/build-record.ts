import { hash } from "node:crypto";
import type { CallEvent } from "../call/contract.ts";
import { numberOf } from "../call/number.ts";
import type { ChargedCall } from "../carriers/charge.ts";
import { type CallRecord, outcomeOf } from "./call-record.ts";

/** When a call without an end is given up. */
export interface Limits {
  /** Milliseconds since 1970. */
  now: number;
  /** An answered call without an end is closed after so long. */
  maxCallMs: number;
  /** A call without any final event is closed after so long. */
  maxSetupMs: number;
  /** What an answered call through a carrier cost; default: nothing is known. Pure. */
  charge?(call: ChargedCall): CallRecord["charge"];
}

const digest = (text: string): Buffer => hash("sha256", text, "buffer").subarray(0, 16);

/** Key of all events of one Call-ID. */
export const callRefOf = (callId: string): Buffer => digest(callId);

const recordIdOf = (callId: string, fromTag: string): string =>
  digest(`${callId}\u0000${fromTag}`).toString("hex");

const rank: Record<CallEvent["kind"], number> = {
  start: 0,
  ring: 0.5,
  attempt: 1,
  answer: 2,
  confirm: 3,
  fail: 4,
  end: 5,
  refer: 6,
};
const at = (event: CallEvent): number => Date.parse(event.time);

/** Any order and any number of copies in, one order without copies out. */
function normalise(events: readonly CallEvent[]): CallEvent[] {
  const unique = new Map(events.map((event) => [event.id.toLowerCase(), event]));
  return [...unique.values()].sort(
    (a, b) =>
      at(a) - at(b) || rank[a.kind] - rank[b.kind] || (a.id.toLowerCase() < b.id.toLowerCase() ? -1 : 1),
  );
}

/** Requests in the dialog, which either side sends. */
const saidBy = ({ kind }: CallEvent): boolean => kind === "end" || kind === "confirm" || kind === "refer";

/**
 * Groups the events of one Call-ID into legs, by the From tag of the INVITE. A BYE from the called side carries the
 * tags the other way round; it is turned when the leg is known. Pure.
 */
export function legsOf(events: readonly CallEvent[]): Map<string, CallEvent[]> {
  const ordered = normalise(events);
  const inviteTags = new Set(ordered.filter((event) => !saidBy(event)).map((event) => event.from_tag));
  const legs = new Map<string, CallEvent[]>();
  for (const event of ordered) {
    const turned = !inviteTags.has(event.from_tag) && event.to_tag !== "" && inviteTags.has(event.to_tag);
    const leg = turned
      ? { ...event, from_tag: event.to_tag, to_tag: event.from_tag, from: event.to, to: event.from }
      : event;
    const list = legs.get(leg.from_tag);
    if (list) list.push(leg);
    else legs.set(leg.from_tag, [leg]);
  }
  return legs;
}

/** A BYE that met nobody who knew its dialog: written again when the far end refused it (sip/request.cfg, BYE_REFUSED). */
const isRefusal = (event: CallEvent): boolean => event.kind === "end" && event.code === 481;

/**
 * The records of one call, from all its events. Pure: any order, any copies, the same result. A BYE that was refused and
 * whose tags belong to no leg makes none.
 */
export const buildRecords = (events: readonly CallEvent[], limits: Limits): CallRecord[] =>
  [...legsOf(events).values()]
    .filter((leg) => leg.some((event) => event.kind !== "refer"))
    .filter((leg) => !leg.some(isRefusal) || leg.some((event) => event.kind !== "end"))
    .map((leg) => buildRecord(leg, limits));

const iso = (ms: number): string => new Date(ms).toISOString();

/** A call that came back to us has events of each pass (sip/chain.cfg); the first one's say how it went as a whole. */
const isFirstPass = (event: CallEvent): boolean => event.pass === undefined;
const byPass = (events: CallEvent[]): CallEvent[] => events.toSorted((a, b) => (a.pass ?? 1) - (b.pass ?? 1));

/** The events of one leg that say how it went. */
interface Story {
  ordered: readonly CallEvent[];
  of(kind: CallEvent["kind"]): CallEvent[];
  start: CallEvent | undefined;
  answer: CallEvent | undefined;
  confirm: CallEvent | undefined;
  end: CallEvent | undefined;
  /** The failure that was its end. */
  fail: CallEvent | undefined;
  /** What shows that somebody answered. */
  up: CallEvent | undefined;
}

function storyOf(ordered: readonly CallEvent[]): Story {
  const of = (kind: CallEvent["kind"]) => ordered.filter((event) => event.kind === kind);
  const [start] = of("start").filter(isFirstPass);
  const [answer] = byPass(of("answer"));
  const [confirm] = of("confirm");
  const end = endOf(ordered);
  const lastStart = of("start").filter(isFirstPass).at(-1);
  const lastFail = of("fail").filter(isFirstPass).at(-1);
  // The caller tried again under the same Call-ID after a failure (as after 401): the failure was not the end.
  const fail = lastFail && lastStart && at(lastStart) > at(lastFail) ? undefined : lastFail;
  return {
    ordered,
    of,
    start,
    answer,
    confirm,
    end,
    fail,
    up: answer ?? confirm ?? (fail ? undefined : end),
  };
}

/**
 * The end of a conversation: of its last dialog, when all that were answered have ended. Two telephones may answer, and
 * the caller hangs up one of them (RFC 3261 13.2.2.4). Before an answer is known any end counts that the far end did not
 * refuse; of an answered dialog a refused one too: who sent that BYE has hung up (15.1.1).
 *
 * An INVITE that another node took again (the address moved before its answer reached the caller) may be answered twice: the
 * caller has one of them and hangs that up; the other ends for want of audio.
 */
function endOf(ordered: readonly CallEvent[]): CallEvent | undefined {
  const ends = ordered.filter((event) => event.kind === "end");
  const refused = new Set(ends.filter(isRefusal).map((event) => event.to_tag));
  const answers = new Map(
    ordered
      .filter((event) => (event.kind === "answer" || event.kind === "confirm") && event.to_tag !== "")
      .map((event) => [event.to_tag, event]),
  );
  const valid = ends.filter((event) => answers.has(event.to_tag) || !refused.has(event.to_tag));
  const ended = new Map(valid.toReversed().map((event) => [event.to_tag, event]));
  const any = ended.get("");
  if (answers.size === 0 || any) return normalise([...ended.values()]).at(answers.size === 0 ? 0 : -1);
  const taken = [...Map.groupBy(answers.values(), (event) => event.started ?? "").values()];
  const over = taken.flatMap((dialogs) => {
    const theirs = dialogs.flatMap(({ to_tag }) => ended.get(to_tag) ?? []);
    return theirs.length === dialogs.length ? normalise(theirs).slice(-1) : [];
  });
  const hungUp = normalise(over.filter((event) => event.reason !== "media-timeout"))[0];
  return hungUp ?? (over.length === taken.length ? normalise(over).at(-1) : undefined);
}

const startOf = ({ ordered, start }: Story): number =>
  Math.min(
    ...ordered.map((event) => (event.started === undefined ? at(event) : Date.parse(event.started))),
    ...(start ? [at(start)] : []),
  );

/** When the call was answered, as well as its events know. */
const answerOf = ({ answer, confirm }: Story): number | null => {
  const seen = answer ?? confirm;
  return seen ? at(seen) : null;
};

interface Ending {
  closedHow: CallRecord["closed_how"];
  endedAt: number | null;
  outcome: CallRecord["outcome"];
  status: number;
  note?: string;
}

/** How the call ended, if it did. */
function endingOf(story: Story, limits: Limits): Ending {
  const { ordered, answer, end, fail, up } = story;
  const lastSeen = Math.max(...ordered.map(at));
  if (!up && fail)
    return { closedHow: "failed", endedAt: at(fail), outcome: outcomeOf(fail.code), status: fail.code };
  if (!up && limits.now - lastSeen > limits.maxSetupMs)
    return {
      closedHow: "estimated",
      endedAt: lastSeen,
      outcome: "unknown",
      status: 0,
      note: `no answer and no failure within ${limits.maxSetupMs / 60_000} min: ended_at is the last sign of life`,
    };
  if (!up) return { closedHow: null, endedAt: null, outcome: "in_progress", status: 0 };
  const answered = { outcome: "answered", status: answer?.code ?? 200 } as const;
  if (end)
    return {
      ...answered,
      closedHow: end.reason === "media-timeout" ? "media-timeout" : "bye",
      endedAt: at(end),
    };
  if (limits.now - (answerOf(story) ?? startOf(story)) > limits.maxCallMs)
    return {
      ...answered,
      closedHow: "estimated",
      endedAt: lastSeen,
      note: `no end within ${limits.maxCallMs / 3_600_000} h: ended_at is the last sign of life`,
    };
  return { ...answered, closedHow: null, endedAt: null };
}

/** The two sides' REFERs that were accepted. */
const transfersOf = ({ of }: Story): CallRecord["transfers"] =>
  of("refer").map((event) => ({
    time: iso(at(event)),
    by: event.referred_by ?? "",
    to: event.target.replace(/\?.*/, ""),
  }));

/** Who transferred whom. */
function transferWords(story: Story): string[] {
  const { start } = story;
  const by = start?.referred_by;
  return [
    ...(by ? [`transferred by ${by}`] : []),
    ...(start?.replaces ? [`in the place of call ${start.replaces}`] : []),
    ...transfersOf(story).map((transfer) => `${transfer.by} transferred the other to ${transfer.to}`),
  ];
}

/** What a call that came back to us went through. */
function passesOf({ of }: Story): CallRecord["passes"] {
  const later = of("start").filter((event) => event.pass !== undefined);
  if (later.length === 0) return [];
  return [...of("answer"), ...of("fail")]
    .toSorted((a, b) => (a.pass ?? 1) - (b.pass ?? 1) || at(a) - at(b))
    .map(({ pass = 1, to, rule, decided_by, target, code }) => ({
      pass,
      number: numberOf(to),
      rule,
      decided_by,
      target,
      code,
    }));
}

/** The carrier that answered, or that was tried last. */
const carrierOf = (story: Story): string =>
  story.answer
    ? (story.answer.carrier ?? "")
    : (story.fail?.carrier ?? story.of("attempt").findLast((event) => event.carrier)?.carrier ?? "");

function chargeOf(record: Omit<CallRecord, "charge">, { charge }: Limits): CallRecord["charge"] {
  const { carrier, target, number, started_at, duration_ms } = record;
  if (carrier === "" || duration_ms === null || !charge) return null;
  return charge({ carrier, target, number, startedMs: Date.parse(started_at), durationMs: duration_ms });
}

/** What a reader of the record should know, in words. */
function notesOf(story: Story, ending: Ending): string[] {
  const { start, answer, confirm, end, fail, up } = story;
  const answeredAt = answerOf(story);
  // In-dialog requests go through whichever node holds the service address at that time.
  const firstNode = start?.node ?? answer?.node;
  const late = story.ordered.find((event) => event.late)?.node;
  // A FreeSWITCH host tells of a call that it has got from here: that did not move.
  const moved = [confirm, end].find(
    (event) => event && firstNode !== undefined && event.node !== firstNode && event.origin !== event.node,
  );
  const notes: [said: unknown, words: string | undefined][] = [
    [!start, "start event missing"],
    [!answer && confirm, "answer time estimated from the ACK"],
    [!answer && !confirm && up, "answer event missing: time of the answer unknown"],
    [up && fail && at(up) > at(fail), `answered late: the caller had been told ${fail?.code} before`],
    ...transferWords(story).map((words): [boolean, string] => [true, words]),
    [ending.note, ending.note],
    [moved && up, `went on at ${moved?.node} after ${firstNode}`],
    [
      late !== undefined,
      `events were in the memory of ${late} alone for a while: its disk did not take them`,
    ],
    // An answer is logged after it was sent on, so a quick BYE may bear a slightly earlier time.
    [
      ending.endedAt !== null && answeredAt !== null && answeredAt - ending.endedAt > 100,
      "the nodes' clocks differ",
    ],
  ];
  return notes.flatMap(([said, words]) => (said && words !== undefined ? [words] : []));
}

/** What the INVITE's own events say counts more than what in-dialog requests say. */
const byWeight = ({ of, fail }: Story): CallEvent[] => [
  ...byPass(of("start")),
  ...byPass(of("answer")),
  ...byPass(of("ring")),
  ...(fail ? [fail] : []),
  ...of("attempt"),
  ...of("confirm"),
  ...of("end"),
];

/**
 * Folds the events of one leg into its record. Pure, independent of the order and of copies.
 * @param events at least one, all of one leg.
 */
export function buildRecord(events: readonly CallEvent[], limits: Limits): CallRecord {
  const ordered = normalise(events);
  const [earliest] = ordered;
  if (!earliest) throw new Error("a record needs at least one event");
  const story = storyOf(ordered);
  const { start, answer, confirm, end, fail, up } = story;
  const answeredAt = answerOf(story);
  const ending = endingOf(story, limits);
  const { endedAt } = ending;
  const weighed = byWeight(story);
  const first = (key: "from" | "to" | "source" | "user" | "rule" | "decided_by"): string =>
    weighed.find((event) => event[key] !== "")?.[key] ?? "";
  // Whoever is logged in at somebody else's telephone is known when the call has been decided.
  const decided = weighed.find((event) => event.kind !== "start" && isFirstPass(event) && event.user !== "");
  const attempts = story.of("attempt");
  const final = up ? (answer ?? confirm ?? end) : fail;
  const record: Omit<CallRecord, "charge"> = {
    id: recordIdOf(earliest.call_id, earliest.from_tag),
    call_id: earliest.call_id,
    from_tag: earliest.from_tag,
    from: first("from"),
    to: first("to"),
    number: numberOf(first("to")),
    meant: weighed.find((event) => isFirstPass(event) && event.meant !== undefined)?.meant ?? "",
    user: decided?.user ?? first("user"),
    source: first("source"),
    started_at: iso(startOf(story)),
    answered_at: answeredAt === null ? null : iso(answeredAt),
    ended_at: endedAt === null ? null : iso(endedAt),
    duration_ms: endedAt === null || answeredAt === null ? null : Math.max(0, endedAt - answeredAt),
    status: ending.status,
    outcome: ending.outcome,
    reason: fail && !up ? fail.reason : (answer?.reason ?? ""),
    target:
      byPass(story.of("answer")).findLast((event) => event.target !== "")?.target ||
      final?.target ||
      attempts.at(-1)?.target ||
      "",
    origin: start?.node ?? weighed.find((event) => event.origin)?.origin ?? "",
    nodes: [
      ...new Set(ordered.flatMap((event) => (event.origin ? [event.node, event.origin] : [event.node]))),
    ].sort(),
    attempts: attempts.map((event) => ({
      time: iso(at(event)),
      target: event.target,
      code: event.code,
      reason: event.reason,
    })),
    // The answered leg knows the rule that led to it; at the start it is not decided yet.
    rule: first("rule"),
    tags: Object.assign({}, ...weighed.map((event) => event.tags ?? {}).toReversed()),
    decided_by: first("decided_by"),
    carrier: carrierOf(story),
    taken_by: byPass(story.of("answer")).findLast((event) => event.taken_by !== undefined)?.taken_by ?? "",
    closed_how: ending.closedHow,
    transfers: transfersOf(story),
    transferred_by: start?.referred_by ?? "",
    replaces: start?.replaces ?? "",
    passes: passesOf(story),
    // Looked up when the record is read (moves.ts): the agents tell them later than the call's own events.
    interruptions: [],
    note: notesOf(story, ending).join("; "),
    // Nothing was said before the answer; what became of it is in the table `recordings`.
    recording:
      up && ordered.some((event) => event.record === true)
        ? { status: "recording", alarm: false, problem: "" }
        : null,
    events: ordered.length,
  };
  return { ...record, charge: chargeOf(record, limits) };
}
