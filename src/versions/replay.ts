import { isDecision } from "../call/answer.ts";
import type { Decision, Question, Target } from "../call/contract.ts";
import { numberOf } from "../call/number.ts";
import type { World } from "../carriers/choose.ts";
import { amountText, converted, microsPerUnit } from "../carriers/money.ts";
import { pricesOf } from "../carriers/price-book.ts";
import { billedSeconds, costOf } from "../carriers/tariff.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import { asked } from "../routing/asked.ts";
import { type Answers, consult } from "../routing/decide.ts";
import type { Snapshot } from "../routing/registry.ts";
import type { ReplayGroup, ReplayReport } from "./replay-schema.ts";

/** Calls that were, decided again by other rules. Pure, but for the sums that it keeps. */

/** What a call record says of it. */
export interface PastCall {
  callId: string;
  /** The From URI. */
  caller: string;
  number: string;
  user: string;
  source: string;
  startedMs: number;
  /** Null: it was not answered. */
  durationMs: number | null;
  rule: string;
}

/** What decides. */
export interface Side {
  snapshot: Snapshot;
  world: World;
}

interface Outcome {
  /** Two outcomes are the same when this is. */
  exactly: string;
  /** For people, and to put calls in groups: made for those that differ. */
  text(): string;
  /** Micros; undefined: it goes through no carrier, or was not answered. */
  cost: number | undefined;
  /** It goes through a carrier whose price is not known. */
  unpriced: boolean;
}

const questionOf = ({ callId, caller, number, user, source }: PastCall): Question => ({
  v: 1,
  call_id: callId,
  from: { user: numberOf(caller), domain: "" },
  to: { user: number, domain: "" },
  request_uri: `sip:${number}@replay.invalid`,
  number,
  source: { address: source, port: 5060 },
  transport: "udp",
  ...(user !== "" && { user }),
});

const carrierOf = (target: Target | undefined): string | undefined =>
  target?.type === "uri" ? target.carrier : undefined;

function placeOf(target: Target): string {
  const carrier = carrierOf(target);
  if (carrier !== undefined) return `carrier ${carrier}`;
  if (target.type === "user") return `user ${target.user}`;
  if (target.type === "number") return `number ${target.number}`;
  return target.uri.slice(target.uri.lastIndexOf("@") + 1);
}

function textOf(decision: Decision): string {
  if (decision.action === "reject") return `${decision.rule}: refused ${decision.code}`;
  const places = [...new Set(decision.targets.map(placeOf))];
  const more = places.length > 3 ? ", …" : "";
  return `${decision.rule}: ${places.slice(0, 3).join(", ")}${more}`;
}

const asksText = ({ rule, action }: Consultation): string => `${rule}: asks ${action.type}`;

/** What a call so long costs through the carrier that is asked first. */
function costOfCall(
  { snapshot, world }: Side,
  question: Question,
  call: PastCall,
  decision: Decision,
): Pick<Outcome, "cost" | "unpriced"> {
  const carrier = decision.action === "route" ? carrierOf(decision.targets[0]) : undefined;
  if (carrier === undefined || call.durationMs === null) return { cost: undefined, unpriced: false };
  const { number } = asked(snapshot, question, call.startedMs).question;
  const digits = /^\+([0-9]{7,15})$/.exec(number)?.[1];
  const prices = digits === undefined ? [] : pricesOf(world.book, digits, call.startedMs);
  const price = prices.find((one) => one.carrier === carrier);
  const rate =
    price && (world.rates.get(price.currency) ?? (world.rates.size === 0 ? microsPerUnit : undefined));
  if (price?.state !== "known" || rate === undefined) return { cost: undefined, unpriced: true };
  return { cost: converted(costOf(price, billedSeconds(price, call.durationMs)), rate), unpriced: false };
}

const noAnswers: Answers = new Map();

function outcomeOf(side: Side, call: PastCall, question: Question): Outcome {
  const { snapshot, world } = side;
  const found = consult(snapshot, question, call.startedMs, noAnswers, { world });
  if (!isDecision(found)) {
    const text = asksText(found);
    return { exactly: text, text: () => text, cost: undefined, unpriced: false };
  }
  const { remember: _, ...decision } = found;
  return {
    exactly: JSON.stringify(decision),
    text: () => textOf(found),
    ...costOfCall(side, question, call, found),
  };
}

interface Sums {
  calls: number;
  before: number;
  after: number;
  examples: ReplayGroup["examples"];
}

/** Kinds of change beyond these are told together. */
const maxGroups = 10_000;
const maxExamples = 3;

export class Replay {
  private readonly before: Side | undefined;
  private readonly after: Side;
  private readonly groups = new Map<string, Sums>();
  private calls = 0;
  private changed = 0;
  private readonly cost = { before: 0, after: 0 };
  private readonly unpriced = { before: 0, after: 0 };

  /** @param before undefined: what the records say */
  constructor(before: Side | undefined, after: Side) {
    this.before = before;
    this.after = after;
  }

  add(call: PastCall): void {
    this.calls++;
    const question = questionOf(call);
    const after = outcomeOf(this.after, call, question);
    const before = this.before && outcomeOf(this.before, call, question);
    this.cost.after += after.cost ?? 0;
    this.unpriced.after += Number(after.unpriced);
    this.cost.before += before?.cost ?? 0;
    this.unpriced.before += Number(before?.unpriced ?? false);
    if (before ? before.exactly === after.exactly : after.text().startsWith(`${call.rule}: `)) return;
    this.changed++;
    const [textBefore, textAfter] = [before?.text() ?? call.rule, after.text()];
    const name = `${textBefore}\n${textAfter}${textBefore === textAfter ? " (otherwise)" : ""}`;
    const key = this.groups.has(name) || this.groups.size < maxGroups ? name : "others\nothers";
    const sums = this.groups.get(key) ?? { calls: 0, before: 0, after: 0, examples: [] };
    sums.calls++;
    sums.before += before?.cost ?? 0;
    sums.after += after.cost ?? 0;
    if (sums.examples.length < maxExamples)
      sums.examples.push({
        call_id: call.callId,
        at: new Date(call.startedMs).toISOString(),
        caller: numberOf(call.caller),
        number: call.number,
      });
    this.groups.set(key, sums);
  }

  /** @param most so many groups */
  report(most: number): Omit<ReplayReport, "since" | "until" | "seconds" | "cpu_seconds"> {
    const all = [...this.groups].sort(([, a], [, b]) => b.calls - a.calls);
    return {
      compared: this.before ? "draft" : "records",
      calls: this.calls,
      changed: this.changed,
      groups: all.slice(0, most).map(([name, { calls, before: costBefore, after: costAfter, examples }]) => {
        const [before = "", after = ""] = name.split("\n");
        return {
          before,
          after,
          calls,
          cost_before: amountText(costBefore),
          cost_after: amountText(costAfter),
          examples,
        };
      }),
      more_groups: Math.max(0, all.length - most),
      cost_before: amountText(this.cost.before),
      cost_after: amountText(this.cost.after),
      unpriced_before: this.unpriced.before,
      unpriced_after: this.unpriced.after,
    };
  }
}
