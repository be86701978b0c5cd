import { Button } from "@mantine/core";
import { IconCalendarTime, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings, localeOf, useLanguage } from "../../shell/i18n.ts";
import { dayName, type Window, weekdays } from "../users/windows.tsx";

const useText = defineStrings("calendars", {
  en: {
    title: "Calendars",
    lead: "When somebody is there: opening hours, holidays, days of their own. Rules and forwardings look at them.",
    add: "New calendar",
    name: "Name",
    hours: "Open",
    holidays: "Holidays of",
    zone: "Time zone",
    daily: "daily",
    empty: "No calendars yet",
    emptyWhat:
      "With a calendar, calls go one way while somebody is there, and another way at night and on holidays, by itself.",
  },
  de: {
    title: "Kalender",
    lead: "Wann jemand da ist: Öffnungszeiten, Feiertage, eigene Tage. Regeln und Weiterleitungen sehen hinein.",
    add: "Neuer Kalender",
    name: "Name",
    hours: "Offen",
    holidays: "Feiertage von",
    zone: "Zeitzone",
    daily: "täglich",
    empty: "Noch keine Kalender",
    emptyWhat:
      "Mit einem Kalender gehen Anrufe von selbst anders, wenn niemand da ist: nachts und an Feiertagen.",
  },
});

export const calendarPath = (name: string): string => `/calendars/${encodeURIComponent(name)}`;

/** `Mon–Fri 09:00–17:00`. Pure. */
export function hoursText(hours: readonly Window[], locale: string, daily: string): string {
  return hours
    .map(({ from, to, days = [] }) => {
      const at = weekdays.flatMap((day, index) => (days.includes(day) ? [index] : []));
      const [first = 0, last = 0] = [at[0], at.at(-1)];
      const name = (index: number) => dayName(weekdays[index] ?? "mon", locale);
      const run = at.length > 2 && last - first === at.length - 1;
      const which = at.length === 0 ? daily : run ? `${name(first)}–${name(last)}` : at.map(name).join(", ");
      return `${which} ${from}–${to}`;
    })
    .join("; ");
}

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { calendars, next } = await answer(
    api.GET("/v1/calendars", { params: { query: { after, limit } }, signal }),
  );
  return { rows: calendars, next };
};

export default function Calendars() {
  const t = useText();
  const locale = localeOf(useLanguage());
  const { may } = useSession();
  const add = may("operator") && (
    <Button component={Link} to="/new-calendar" leftSection={<IconPlus size={16} stroke={1.8} aria-hidden />}>
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <EntityList
          name="calendars"
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          to={({ name }) => calendarPath(name)}
          columns={[
            { id: "name", label: t("name"), cell: ({ name }) => <Link to={calendarPath(name)}>{name}</Link> },
            {
              id: "hours",
              label: t("hours"),
              cell: ({ hours }) => hoursText(hours as Window[], locale, t("daily")),
              width: "minmax(0, 1.6fr)",
            },
            {
              id: "holidays",
              label: t("holidays"),
              cell: ({ country, region }) => [country, region].filter(Boolean).join(" "),
              width: "130px",
              wide: true,
            },
            { id: "zone", label: t("zone"), cell: ({ time_zone }) => time_zone, wide: true },
          ]}
          empty={
            <Empty icon={IconCalendarTime} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
    </>
  );
}
