import type { Target } from "../call/contract.ts";

/** Targets that are called at once, each once (RFC 3261 16.5); one after the other a double may be meant. Pure. */
export function withoutDoubles(targets: Target[]): Target[] {
  const places = targets.map((target) =>
    target.type === "user" ? `user ${target.user}` : `${target.uri} ${target.via ?? ""}`,
  );
  return targets.filter((_, index) => places.indexOf(places[index] ?? "") === index);
}
