import type { Target } from "../call/contract.ts";
import { type Choice, choose } from "../carriers/choose.ts";
import { amountText, microsOf } from "../carriers/money.ts";
import { carrierTargets, shownTo } from "../carriers/targets.ts";
import type { Kind } from "../numbering/canonical.ts";
import { type Asked, calledKind, isAnonymous } from "./asked.ts";
import { isEmergency } from "./emergency.ts";
import type { RuleTarget } from "./rule-schema.ts";
import type { Explanation } from "./simulation-schema.ts";

export type ToCarriers = Extract<RuleTarget, { type: "carrier" | "carriers" }>;

/** `mobile DE`; undefined: without a site nothing is known of a number. Pure. */
export const destinationOf = ({ class: kind, country }: Kind): string | undefined =>
  kind === "name" ? undefined : country === undefined ? kind : `${kind} ${country}`;

/** Costs are compared for calls of so many seconds, unless the rule says another length. */
const usualSeconds = 180;

/** Targets that lead to carriers: all but one named carrier are put in the order of what they ask (carriers/choose.ts). Pure. */
export function chooseCarriers(target: ToCarriers, call: Asked): Choice {
  const { carriers } = call.snapshot.parts;
  const among = target.type === "carrier" ? [target.carrier] : (target.among ?? [...carriers.keys()]);
  const first = chooseAmong(among, target, call);
  if (!isEmergency(call)) return first;
  // Behind them all others.
  const others = [...carriers.keys()].filter((name) => !among.includes(name));
  const { chosen, passedOver } = chooseAmong(others, target, call);
  return {
    chosen: [...first.chosen, ...chosen],
    passedOver: [...first.passedOver, ...passedOver],
  };
}

function chooseAmong(among: readonly string[], target: ToCarriers, call: Asked): Choice {
  const { snapshot, question, now, world } = call;
  const { carriers } = snapshot.parts;
  const contenders = among.flatMap((name) => {
    const carrier = carriers.get(name);
    return carrier?.enabled ? [carrier] : [];
  });
  const wish = target.type === "carriers" ? target : undefined;
  return choose(
    contenders,
    {
      digits: /^\+[0-9]{7,15}$/.test(question.number) ? question.number.slice(1) : "",
      now,
      callId: question.call_id,
      destination: destinationOf(calledKind(call)),
      emergency: isEmergency(call),
      seconds: wish?.seconds ?? usualSeconds,
      maxPerMinute: wish?.max_price === undefined ? undefined : microsOf(wish.max_price),
    },
    world,
  );
}

/**
 * How a number is written for whom it goes to. `{digits}` is the number of the whole world without its +, and `00{digits}` its
 * international form: emergency and short numbers have none, and go as they are. Pure.
 */
export function writtenAs(pattern: string, call: Asked): string {
  if (!pattern.includes("{digits}") || call.question.number.startsWith("+")) return pattern;
  const { class: kind } = calledKind(call);
  return kind === "emergency" || kind === "short" ? "{number}" : pattern;
}

/** The targets for a choice: each carrier's addresses. Pure. @param digits of the number, as they may stand in an address */
export const targetsOf = (
  choice: Choice,
  target: ToCarriers,
  call: Asked,
  digits: string,
  callerId: string | undefined,
): Target[] =>
  choice.chosen.flatMap(({ carrier: name }) => {
    const carrier = call.snapshot.parts.carriers.get(name);
    if (!carrier) return [];
    if (carrier.caller_id) call.looked.add("caller");
    const { timeout_ms, headers } = target;
    const caller = callerId ?? (isAnonymous(call.question) ? "" : call.question.from.user);
    return carrierTargets(
      { ...carrier, number: writtenAs(carrier.number, call) },
      { carrier: name, timeout_ms, headers },
      digits,
      caller === "" ? undefined : shownTo(carrier, caller),
      call.question.number,
      call.world.reach,
    );
  });

/** A choice, for people. Pure. */
export const explained = ({ chosen, passedOver }: Choice): NonNullable<Explanation["carriers"]> => [
  ...chosen.map(({ carrier, cost, why }) => ({
    carrier,
    asked: true,
    cost: cost === undefined ? null : amountText(cost),
    why,
  })),
  ...passedOver.map(({ carrier, why }) => ({ carrier, asked: false, cost: null, why })),
];
