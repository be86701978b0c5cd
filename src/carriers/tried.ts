import type { Decision } from "../call/contract.ts";

/** What a call tries at carriers. */

/** A target that leads to a carrier; those of one turn ring together. */
export interface Tried {
  uri: string;
  carrier: string;
  turn: number;
}

/** What a decision tries at carriers, and when. Pure. */
export const triedIn = ({ targets, strategy }: Extract<Decision, { action: "route" }>): Tried[] => {
  const inSteps = targets.some(({ step }) => step !== undefined);
  return targets.flatMap((target, index) =>
    target.type === "uri" && target.carrier !== undefined
      ? [
          {
            uri: target.uri,
            carrier: target.carrier,
            turn: inSteps ? (target.step ?? 0) : strategy === "parallel" ? 0 : index,
          },
        ]
      : [],
  );
};

/** The carriers of the first turn of which something has not failed yet, each once. Pure. */
export function nextOf(targets: readonly Tried[], failed: readonly string[]): string[] {
  const left = [...targets];
  // Several places of one name have one address: each failure is one of them.
  for (const other of failed) {
    const at = left.findIndex(({ uri }) => sameAddress(uri, other));
    if (at >= 0) left.splice(at, 1);
  }
  const turn = Math.min(...left.map((target) => target.turn));
  return [...new Set(left.filter((target) => target.turn === turn).map(({ carrier }) => carrier))];
}

/** Kamailio writes an address without the parameters that it was sent by. */
export const sameAddress = (uri: string, target: string): boolean =>
  uri === target || uri.split(";")[0] === target.split(";")[0];
