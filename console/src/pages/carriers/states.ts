import type { LightState } from "../../kit/light.tsx";

/** How carriers are, from what the cluster says of itself (GET /v1/cluster). Pure. */

export interface CarrierState {
  light: LightState;
  /** unreachable: left alone because it is silent or broken. */
  word: "registered" | "unregistered" | "unreachable" | "well";
}

type Row = Readonly<Record<string, unknown>>;
const isRow = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every list of this name, wherever a host's report has it. */
function* listsNamed(value: unknown, name: string): Generator<Row> {
  if (Array.isArray(value)) for (const one of value) yield* listsNamed(one, name);
  else if (isRow(value))
    for (const [key, inner] of Object.entries(value)) {
      if (key === name && Array.isArray(inner)) yield* inner.filter(isRow);
      else yield* listsNamed(inner, name);
    }
}

/** Whoever is named in none of the lists is well, as far as is known. */
export function carrierStates(cluster: unknown): Map<string, CarrierState> {
  const found = new Map<string, CarrierState>();
  for (const { carrier, registered } of listsNamed(cluster, "registrations"))
    if (typeof carrier === "string")
      found.set(
        carrier,
        registered === true ? { light: "good", word: "registered" } : { light: "bad", word: "unregistered" },
      );
  for (const { carrier } of listsNamed(cluster, "brokenCarriers"))
    if (typeof carrier === "string") found.set(carrier, { light: "bad", word: "unreachable" });
  return found;
}

/** What guards found: who calls too much. */
export const alarmsIn = (cluster: unknown): { guard: string; subject: string; why: string }[] =>
  [...listsNamed(cluster, "guardAlarms")].map(({ guard, subject, why }) => ({
    guard: String(guard),
    subject: String(subject),
    why: String(why),
  }));
