import type { Target } from "../call/contract.ts";
import { balanced, memberName } from "../carriers/balance.ts";
import { viaOf, waysTo } from "../carriers/names.ts";
import { addressUri } from "../carriers/targets.ts";
import { type Asked, calledKind } from "./asked.ts";
import { chooseCarriers, destinationOf, targetsOf, writtenAs } from "./least-cost.ts";
import type { RuleTarget } from "./rule-schema.ts";

/** What rules' targets stand for that lead outside: carriers, farms. */

export const isOutside: ReadonlySet<RuleTarget["type"]> = new Set(["carrier", "carriers", "farm"]);

type ToFarm = Extract<RuleTarget, { type: "farm" }>;

/** What of a call decides where it goes, for how long the decision may be remembered: another call may go elsewhere. */
function notePlace(method: string, by: string, { looked }: Asked): void {
  if (method !== "hash" || by === "call-id") looked.add("call");
  else if (by === "from") looked.add("caller");
}

/**
 * The targets of a farm that this call tries, one after the other; the number still has its placeholder. Pure.
 * @param digits of the number, as they may stand in an address
 */
function farmTargets(target: ToFarm, call: Asked, digits: string): Target[] {
  const { snapshot, question, dialled, world, lastOf } = call;
  const farm = snapshot.parts.farms.get(target.farm);
  if (!farm) return [];
  notePlace(farm.method, farm.by, call);
  const { call_id: callId, from } = question;
  const key = { callId, from: `${from.user}@${from.domain}`, to: dialled, requestUri: question.number };
  const state = (name: string) => {
    const { calls, answeredPercent, delayMs, health } = world.standing(name, callId);
    return { calls, answeredPercent, delayMs, broken: health === "dead" };
  };
  return balanced(farm, key, state, lastOf(`farm ${farm.name}`)).flatMap((member) =>
    waysTo([member], question.number, world.reach).map((way) => ({
      type: "uri",
      uri: addressUri(writtenAs(farm.number, call), member, digits),
      ...(way.place && { via: viaOf(way) }),
      carrier: memberName(farm.name, member),
      ...(target.timeout_ms !== undefined && { timeout_ms: target.timeout_ms }),
      ...(target.headers && { headers: target.headers }),
    })),
  );
}

/** Of what kind the number is, where a rule leads outside. */
export function destinationFor(targets: readonly RuleTarget[], call: Asked): { destination?: string } {
  if (!targets.some(({ type }) => isOutside.has(type))) return {};
  const destination = destinationOf(calledKind(call));
  return destination === undefined ? {} : { destination };
}

/** What a rule's target stands for. */
export function expanded(target: RuleTarget, call: Asked, callerId: string | undefined): Target[] {
  if (target.type !== "carrier" && target.type !== "carriers" && target.type !== "farm") return [target];
  const digits = escapeForUri(call.question.number.replace(/^\+/, ""));
  return target.type === "farm"
    ? farmTargets(target, call, digits)
    : targetsOf(chooseCarriers(target, call), target, call, digits, callerId);
}

export const escaped = (character: string): string =>
  [...Buffer.from(character, "utf8")]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");

/** All but the characters that mean nothing special in a SIP URI's user part. Numbers arrive without escapes. */
export const escapeForUri = (text: string): string => text.replace(/[^A-Za-z0-9\-_.!~*'()+]/gu, escaped);
