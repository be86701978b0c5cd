import {
  type Icon,
  IconActivityHeartbeat,
  IconAsterisk,
  IconBuilding,
  IconCalendarTime,
  IconLayoutDashboard,
  IconListDetails,
  IconMoonStars,
  IconTable,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
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
  {
    path: "records",
    title: { en: "Records", de: "Anrufliste" },
    icon: IconListDetails,
    group: "service",
    role: "auditor",
    load: () => import("./pages/records/records.tsx"),
    words: {
      en: "call records CDR history recordings",
      de: "Verbindungsdaten Einzelgespräche Aufnahmen CDR",
    },
  },
  {
    path: "records/$id",
    title: { en: "Record", de: "Anruf" },
    icon: IconListDetails,
    group: "none",
    role: "auditor",
    load: () => import("./pages/records/record.tsx"),
  },
  {
    path: "users",
    title: { en: "Users", de: "Benutzer" },
    icon: IconUsers,
    group: "decide",
    role: "auditor",
    load: () => import("./pages/users/users.tsx"),
    words: {
      en: "people telephones forwarding do not disturb class of service pin",
      de: "Leute Telefone Weiterleitung nicht stören Berechtigungen PIN",
    },
  },
  {
    path: "users/$name",
    title: { en: "User", de: "Benutzer" },
    icon: IconUsers,
    group: "none",
    role: "auditor",
    load: () => import("./pages/users/user.tsx"),
  },
  {
    path: "new-user",
    title: { en: "New user", de: "Neuer Benutzer" },
    icon: IconUsers,
    group: "none",
    role: "operator",
    load: () => import("./pages/users/new-user.tsx"),
  },
  {
    path: "groups",
    title: { en: "Ring groups", de: "Rufgruppen" },
    icon: IconUsersGroup,
    group: "decide",
    role: "auditor",
    load: () => import("./pages/groups/groups.tsx"),
    words: { en: "hunt queue members", de: "Sammelanschluss Mitglieder" },
  },
  {
    path: "groups/$name",
    title: { en: "Ring group", de: "Rufgruppe" },
    icon: IconUsersGroup,
    group: "none",
    role: "auditor",
    load: () => import("./pages/groups/group.tsx"),
  },
  {
    path: "new-group",
    title: { en: "New group", de: "Neue Gruppe" },
    icon: IconUsersGroup,
    group: "none",
    role: "operator",
    load: () => import("./pages/groups/new-group.ts"),
  },
  {
    path: "codes",
    title: { en: "Star codes", de: "Sterncodes" },
    icon: IconAsterisk,
    group: "decide",
    role: "auditor",
    load: () => import("./pages/users/codes.tsx"),
    words: { en: "pickup park dial", de: "Pickup parken wählen" },
  },
  {
    path: "flags",
    title: { en: "Switches", de: "Schalter" },
    icon: IconMoonStars,
    group: "decide",
    role: "auditor",
    load: () => import("./pages/flags/flags.tsx"),
    words: { en: "night service flags", de: "Nachtdienst Flags" },
  },
  {
    path: "calendars",
    title: { en: "Calendars", de: "Kalender" },
    icon: IconCalendarTime,
    group: "decide",
    role: "auditor",
    load: () => import("./pages/calendars/calendars.tsx"),
    words: { en: "opening hours holidays", de: "Öffnungszeiten Feiertage" },
  },
  {
    path: "calendars/$name",
    title: { en: "Calendar", de: "Kalender" },
    icon: IconCalendarTime,
    group: "none",
    role: "auditor",
    load: () => import("./pages/calendars/calendar.tsx"),
  },
  {
    path: "new-calendar",
    title: { en: "New calendar", de: "Neuer Kalender" },
    icon: IconCalendarTime,
    group: "none",
    role: "operator",
    load: () => import("./pages/calendars/new-calendar.ts"),
  },
  {
    path: "tables",
    title: { en: "Tables", de: "Tabellen" },
    icon: IconTable,
    group: "decide",
    role: "auditor",
    load: () => import("./pages/tables/tables.tsx"),
    words: { en: "csv import lookup", de: "CSV einlesen nachschlagen" },
  },
  {
    path: "sites",
    title: { en: "Sites", de: "Standorte" },
    icon: IconBuilding,
    group: "decide",
    role: "auditor",
    load: () => import("./pages/sites/sites.tsx"),
    words: { en: "place country area code emergency time zone", de: "Ort Land Vorwahl Notruf Zeitzone" },
  },
  {
    path: "sites/$name",
    title: { en: "Site", de: "Standort" },
    icon: IconBuilding,
    group: "none",
    role: "auditor",
    load: () => import("./pages/sites/site.tsx"),
  },
  {
    path: "new-site",
    title: { en: "New site", de: "Neuer Standort" },
    icon: IconBuilding,
    group: "none",
    role: "operator",
    load: () => import("./pages/sites/new-site.ts"),
  },
];
