import { hostAndPort } from "../base/host-in.ts";
import type { Farm, FarmTarget } from "./farm-schema.ts";

/** To which machine of a farm a call goes. */

/** What is known of a target: of its calls on all nodes. */
export interface TargetState {
  /** In progress. */
  calls: number;
  /** Of its last calls; undefined: too few to say. */
  answeredPercent: number | undefined;
  /** From INVITE to its ringing, ms; undefined: nobody knows. */
  delayMs: number | undefined;
  /** It failed again and again, and is left alone. */
  broken: boolean;
}

/** As it is known beside carriers: their names have no @. */
export const memberName = (farm: string, { host, port }: FarmTarget): string =>
  `${farm}@${hostAndPort(host, port)}`;

/** The farm that a member's name is of; undefined: it is a carrier's name. */
export function farmOf(name: string): string | undefined {
  const at = name.indexOf("@");
  return at < 0 ? undefined : name.slice(0, at);
}

/** FNV-1a, 32 bits; goes on from `before`. */
function fnv(text: string, before: number): number {
  let hash = before;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

/** Between 0 and 1, and never one of them: the last mixing of MurmurHash3, so that similar texts fall far from each other. */
function drawn(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return ((mixed >>> 0) + 0.5) / 2 ** 32;
}

/** Between 0 and 1, the same for the same text. */
export const drawnFor = (text: string): number => drawn(fnv(text, 0x811c9dc5));

/**
 * All targets in the order in which a key prefers them: rendezvous hashing (Thaler and Ravishankar, 1998) with weights. A target that
 * is missing moves its own keys only, to each of the others by their weights.
 */
function byHash(farm: string, targets: readonly FarmTarget[], key: string): FarmTarget[] {
  const begun = fnv(key, 0x811c9dc5);
  const scores = new Map(
    targets.map((target) => [target, -target.weight / Math.log(drawn(fnv(memberName(farm, target), begun)))]),
  );
  return targets.toSorted((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
}

/** Starts behind the one that was first for the call before. */
function inTurn(farm: Farm, last: string | undefined): FarmTarget[] {
  const at = farm.targets.findIndex((target) => memberName(farm.name, target) === last);
  return [...farm.targets.slice(at + 1), ...farm.targets.slice(0, at + 1)];
}

export interface BalanceKey {
  callId: string;
  from: string;
  to: string;
  requestUri: string;
}

const keyOf = ({ method, by }: Farm, { callId, from, to, requestUri }: BalanceKey): string =>
  method !== "hash" ? callId : { "call-id": callId, from, to, "request-uri": requestUri }[by];

const fewest = (state: (name: string) => TargetState, farm: string) => (target: FarmTarget) =>
  target.weight === 0 ? Number.MAX_SAFE_INTEGER : state(memberName(farm, target)).calls / target.weight;

const soonest = (state: (name: string) => TargetState, farm: string) => (target: FarmTarget) =>
  // Who was never asked is, once.
  state(memberName(farm, target)).delayMs ?? -1;

/** Without those that are out of service, unless all are. */
function serving(farm: Farm): Farm {
  const targets = farm.targets.filter(({ drained }) => drained !== true);
  return targets.length === 0 || targets.length === farm.targets.length ? farm : { ...farm, targets };
}

/**
 * The targets of a farm that a call tries, one after the other; none that is drained. Those that answer too few calls come behind the rest, behind them those
 * of weight 0, then those that are broken: with those a call may still get through. Pure.
 * @param last the name of the target that the call before tried first
 */
export function balanced(
  whole: Farm,
  key: BalanceKey,
  state: (name: string) => TargetState,
  last: string | undefined,
): FarmTarget[] {
  const farm = serving(whole);
  const { method, name, min_answered_percent, tries } = farm;
  const hashed = method === "round-robin" ? inTurn(farm, last) : byHash(name, farm.targets, keyOf(farm, key));
  const measure =
    method === "least-calls" ? fewest(state, name) : method === "fastest" ? soonest(state, name) : undefined;
  const rank = (target: FarmTarget): number => {
    const { broken, answeredPercent } = state(memberName(name, target));
    if (broken) return 3;
    if (target.weight === 0) return 2;
    return (answeredPercent ?? 100) < (min_answered_percent ?? 0) ? 1 : 0;
  };
  const ranks = new Map(hashed.map((target) => [target, rank(target)]));
  return hashed
    .toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0) || (measure ? measure(a) - measure(b) : 0))
    .slice(0, tries);
}
