import type { Role } from "../api/session.tsx";
import type { Bilingual } from "./i18n.ts";

export const roleNames: Record<Role, Bilingual> = {
  administrator: { en: "Administrator", de: "Administrator" },
  operator: { en: "Operator", de: "Betrieb" },
  auditor: { en: "Auditor", de: "Prüfung" },
  user: { en: "User", de: "Benutzer" },
};
