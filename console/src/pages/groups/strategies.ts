import { defineStrings } from "../../shell/i18n.ts";
import type { Strategy } from "../users/types.ts";

const useText = defineStrings("strategies", {
  en: {
    together: "All at once",
    "in-turn": "In the order of the list",
    "round-robin": "In turn: each call begins with the next",
    "by-weight": "In another order each time, by weight",
    "longest-idle": "Whoever has been in no call for longest",
    "by-skill": "Whoever has the most weight, then the longest idle",
  },
  de: {
    together: "Alle auf einmal",
    "in-turn": "In der Reihenfolge der Liste",
    "round-robin": "Reihum: Jeder Anruf beginnt beim Nächsten",
    "by-weight": "Jedes Mal anders, nach Gewicht",
    "longest-idle": "Wer am längsten in keinem Gespräch war",
    "by-skill": "Wer das meiste Gewicht hat, dann wer am längsten frei ist",
  },
});

const all = [
  "together",
  "in-turn",
  "round-robin",
  "longest-idle",
  "by-skill",
  "by-weight",
] as const satisfies readonly Strategy[];

/** The strategies of a group, for a choice. */
export function useStrategies(): { value: Strategy; label: string }[] {
  const t = useText();
  return all.map((value) => ({ value, label: t(value) }));
}
