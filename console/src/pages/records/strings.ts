import type { LightState } from "../../kit/light.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import type { Outcome } from "./record-types.ts";

/** Words that the list and the single record share. */

export const useOutcomeText = defineStrings("outcome", {
  en: {
    in_progress: "In progress",
    answered: "Answered",
    busy: "Busy",
    no_answer: "No answer",
    cancelled: "Cancelled",
    not_found: "No such number",
    rejected: "Rejected",
    redirected: "Redirected",
    failed: "Failed",
    unknown: "Unknown",
  },
  de: {
    in_progress: "Läuft noch",
    answered: "Angenommen",
    busy: "Besetzt",
    no_answer: "Keine Antwort",
    cancelled: "Abgebrochen",
    not_found: "Nummer unbekannt",
    rejected: "Abgewiesen",
    redirected: "Weitergeleitet",
    failed: "Fehlgeschlagen",
    unknown: "Unbekannt",
  },
});

/** busy, no answer, cancelled: as calls are. failed: somebody should look. */
export const outcomeLight: Record<Outcome, LightState> = {
  in_progress: "good",
  answered: "good",
  busy: "idle",
  no_answer: "idle",
  cancelled: "idle",
  redirected: "idle",
  rejected: "warn",
  not_found: "warn",
  failed: "bad",
  unknown: "bad",
};
