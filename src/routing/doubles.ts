import type { Target } from "../call/contract.ts";

/** Targets that are called at once, each once (RFC 3261 16.5); one after the other a double may be meant. Pure. */
export function withoutDoubles(targets: Target[]): Target[] {
  const places = targets.map((target) =>
    target.type === "user"
      ? `user ${target.user}`
      : target.type === "number"
        ? `number ${target.number}`
        : // Of one name of a carrier's one machine: it would have the call twice.
          `${target.uri} ${target.carrier === undefined ? (target.via ?? "") : ""}`,
  );
  return targets.filter((_, index) => places.indexOf(places[index] ?? "") === index);
}
