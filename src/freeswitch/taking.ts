import type { Decision, Target } from "../call/contract.ts";
import { action, set } from "./applications.ts";
import { type Element, filledIn } from "./xml.ts";

/**
 * Calls that ring or are parked, and who takes them: FreeSWITCH remembers the caller's channel by whom it rings for (mod_hash), and `intercept` takes
 * it. Of one FreeSWITCH host alone: what another one does is not known there. What is remembered of a call that is over does no harm: there is no
 * such channel any more. Pure.
 */

type Take = NonNullable<Extract<Decision, { action: "reject" }>["take"]>;
type Park = NonNullable<Extract<Decision, { action: "route" }>["park"]>;

const realm = "dialtone-take";

/** mod_hash has slashes between its words, the brackets of a function must be its own, and one word no line may have in it (xml.ts). */
const usable = (key: string): boolean =>
  /^[a-z]+-[A-Za-z0-9+*#_.~-]{1,128}$/.test(key) && !/x-pre-process/i.test(key);

const change = (how: "insert" | "delete_ifmatch", keys: readonly string[]): Element[] =>
  keys.map((key) => action("hash", `${how}/${realm}/${key}/${filledIn("uuid")}`));

const keysOf = (targets: readonly Target[]): string[] => {
  const keys = targets.flatMap((target) =>
    target.type === "user"
      ? [`user-${target.user}`, ...(target.pickup ?? []).map((group) => `group-${group}`)]
      : [],
  );
  return [...new Set(keys)].filter(usable);
};

/** What stands around a step: from now on it may be taken, and not any more. */
export const takeable = (targets: readonly Target[]): { before: Element[]; behind: Element[] } => {
  const keys = keysOf(targets);
  return { before: change("insert", keys), behind: change("delete_ifmatch", keys) };
};

/** The caller is answered and waits, in silence, until somebody takes it or the time is over. */
export function parked({ slot, wait_ms }: Park): Element[] {
  const keys = [`slot-${slot}`].filter(usable);
  return [
    action("answer"),
    ...change("insert", keys),
    action("playback", `silence_stream://${wait_ms}`),
    ...change("delete_ifmatch", keys),
  ];
}

/** Takes the call, if there is one: then nothing of what stands behind it is carried out. A conversation is nobody's to take. */
export function taken({ user, groups = [], slot }: Take): Element[] {
  const keys = [
    ...(slot === undefined ? [] : [`slot-${slot}`]),
    ...(user === undefined ? [] : [`user-${user}`]),
    ...groups.map((group) => `group-${group}`),
  ].filter(usable);
  return [
    set("intercept_unbridged_only", "true"),
    ...keys.map((key) => action("intercept", filledIn(`hash(select/${realm}/${key})`))),
  ];
}
