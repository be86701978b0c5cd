import { type Icon, IconActivityHeartbeat, IconLayoutDashboard } from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Role } from "./api/session.tsx";
import type { Bilingual } from "./shell/i18n.ts";

/** The pages of the console: the one list from which routes, navigation and search are made. How to add one: README.md. */

/** Groups of the navigation, in their order. `none`: reached by links and search alone. */
export const groups = {
  service: { en: "Service", de: "Dienst" },
  mine: { en: "Mine", de: "Eigenes" },
  decide: { en: "Who reaches whom", de: "Wer erreicht wen" },
  operate: { en: "Operation", de: "Betrieb" },
  settings: { en: "Settings", de: "Einstellungen" },
} satisfies Record<string, Bilingual>;
export type Group = keyof typeof groups;

export interface Page {
  /** Below /console, without a slash at its beginning; `$name` is a parameter: `users/$name`. */
  path: string;
  title: Bilingual;
  icon: Icon;
  group: Group | "none";
  /** The least role that may see it. */
  role: Role;
  load: () => Promise<{ default: ComponentType }>;
  /** Other words by which people look for it. */
  words?: Bilingual;
}

export const pages: readonly Page[] = [
  {
    path: "",
    title: { en: "Overview", de: "Überblick" },
    icon: IconLayoutDashboard,
    group: "service",
    role: "auditor",
    load: () => import("./pages/overview/overview.tsx"),
    words: { en: "cluster hosts light health alarms", de: "Cluster Knoten Ampel Zustand Alarme" },
  },
  {
    path: "calls",
    title: { en: "Calls now", de: "Laufende Gespräche" },
    icon: IconActivityHeartbeat,
    group: "service",
    role: "auditor",
    load: () => import("./pages/calls/calls.tsx"),
    words: { en: "live active calls", de: "live aktiv Anrufe" },
  },
];
