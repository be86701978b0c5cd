import { Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { answered, api, ask, ifMatch } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm, type EntityFormApi, type FieldLook } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { defineStrings, localeOf, useLanguage } from "../../shell/i18n.ts";
import { valueAt } from "../users/fields.tsx";
import classes from "../users/users.module.css";
import { type Window, Windows } from "../users/windows.tsx";
import { calendarPath } from "./calendars.tsx";
import { SpecialDays } from "./special-days.tsx";

const useText = defineStrings("calendar", {
  en: {
    new: "New calendar",
    newLead: "Opening hours, and days on which they do not hold.",
    name: "Name",
    nameHelp: "As rules name it, such as office. It can not be changed later.",
    description: "Description",
    zone: "Time zone",
    hours: "Open at",
    hoursHelp: "On days that are not special.",
    country: "Holidays of the country",
    countryHelp: "Two capital letters, such as DE: its holidays are closed days. Empty: none.",
    region: "Region",
    regionHelp: "Such as BW.",
    except: "Holidays that are none here",
    exceptHelp: "Names, or dates such as 2026-10-31 or 10-31.",
    days: "Days of its own",
    daysHelp: "They go before holidays and hours.",
    make: "Make calendar",
    remove: "Delete",
    removeTitle: "Delete calendar {{name}}?",
    removeCallers: "Nothing, as long as no rule and no forwarding looks at it; otherwise it is refused.",
    removed: "{{name}} is deleted",
    next: "Next holidays",
  },
  de: {
    new: "Neuer Kalender",
    newLead: "Öffnungszeiten, und Tage, an denen sie nicht gelten.",
    name: "Name",
    nameHelp: "Wie Regeln ihn nennen, etwa buero. Er lässt sich später nicht ändern.",
    description: "Beschreibung",
    zone: "Zeitzone",
    hours: "Offen",
    hoursHelp: "An Tagen, die keine besonderen sind.",
    country: "Feiertage des Landes",
    countryHelp: "Zwei Großbuchstaben, etwa DE: Seine Feiertage sind geschlossene Tage. Leer: keine.",
    region: "Region",
    regionHelp: "Etwa BW.",
    except: "Feiertage, die hier keine sind",
    exceptHelp: "Namen, oder Tage wie 2026-10-31 oder 10-31.",
    days: "Eigene Tage",
    daysHelp: "Sie gehen Feiertagen und Öffnungszeiten vor.",
    make: "Kalender anlegen",
    remove: "Löschen",
    removeTitle: "Kalender {{name}} löschen?",
    removeCallers:
      "Nichts, solange keine Regel und keine Weiterleitung hineinsieht; sonst wird es abgelehnt.",
    removed: "{{name}} ist gelöscht",
    next: "Nächste Feiertage",
  },
});

const zones = Intl.supportedValuesOf("timeZone").map((value) => ({ value, label: value }));

function Hours({ form, disabled }: { form: EntityFormApi; disabled: boolean }) {
  const t = useText();
  const errors = Object.fromEntries(
    Object.entries(form.errors).flatMap(([key, error]) => {
      const index = /^hours\.(\d+)/.exec(key)?.[1];
      return index === undefined ? [] : [[Number(index), String(error)]];
    }),
  );
  return (
    <Stack gap={6}>
      <Text size="sm" fw={500}>
        {t("hours")}
      </Text>
      <Text size="xs" c="dimmed">
        {t("hoursHelp")}
      </Text>
      <Windows
        value={(valueAt(form, "hours") as Window[] | undefined) ?? []}
        onChange={(next) => form.setFieldValue("hours", next)}
        disabled={disabled}
        errors={errors}
      />
    </Stack>
  );
}

function useFields(disabled: boolean): Record<string, FieldLook> {
  const t = useText();
  return {
    description: { label: t("description") },
    time_zone: { label: t("zone"), kind: "choice", choices: zones },
    hours: { label: t("hours"), render: (form) => <Hours form={form} disabled={disabled} /> },
    country: { label: t("country"), help: t("countryHelp"), placeholder: "DE" },
    region: { label: t("region"), help: t("regionHelp"), placeholder: "BW" },
    except: { label: t("except"), help: t("exceptHelp") },
    days: {
      label: t("days"),
      render: (form) => (
        <SpecialDays form={form} disabled={disabled} label={t("days")} help={t("daysHelp")} />
      ),
    },
  };
}

/** The library's holidays are found by the app when a calendar is set: they are not sent. */
const withoutHolidays = ({ holidays: _, ...rest }: Record<string, unknown>) => rest;

export default function CalendarPage() {
  const t = useText();
  const locale = localeOf(useLanguage());
  const { name = "" } = useParams({ strict: false });
  const { may } = useSession();
  const readOnly = !may("operator");
  const fields = useFields(readOnly);
  const queries = useQueryClient();
  const path = `/v1/calendars/${encodeURIComponent(name)}`;
  const load = () => answered(api.GET("/v1/calendars/{name}", { params: { path: { name } } }));
  const query = useQuery({ queryKey: ["calendars", name], queryFn: load });
  const question = {
    title: t("removeTitle", { name }),
    callers: t("removeCallers"),
    action: t("remove"),
  };
  const today = new Date().toISOString().slice(0, 10);
  if (isGone(query)) return <Gone name={name} to="/calendars" />;
  return (
    <>
      <PageHeader
        title={name}
        actions={
          may("operator") && (
            <RemoveButton path={path} kind="calendars" question={question} done={t("removed", { name })} />
          )
        }
      />
      <Asked query={query}>
        {({ data, etag }) => (
          <div className={classes.columns}>
            <Section>
              <EntityForm
                path="/v1/calendars/{name}"
                method="put"
                fields={fields}
                initial={data}
                etag={etag}
                readOnly={readOnly}
                reload={load}
                save={(body, against) =>
                  ask("PUT", path, {
                    body: withoutHolidays(body),
                    headers: ifMatch(against),
                  })
                }
                saved={() => void queries.invalidateQueries({ queryKey: ["calendars"] })}
              />
            </Section>
            {data.holidays.length > 0 && (
              <div>
                <Section title={t("next")} flush>
                  <ul className={classes.plain}>
                    {data.holidays
                      .filter(({ date }) => date >= today)
                      .slice(0, 8)
                      .map((holiday) => (
                        <li key={holiday.date} className={classes.plainRow}>
                          <span className={classes.grow}>{holiday.name}</span>
                          <Text size="sm" c="dimmed" className="num">
                            {new Date(holiday.date).toLocaleDateString(locale, {
                              weekday: "short",
                              day: "numeric",
                              month: "short",
                              year: "numeric",
                              timeZone: "UTC",
                            })}
                          </Text>
                        </li>
                      ))}
                  </ul>
                </Section>
              </div>
            )}
          </div>
        )}
      </Asked>
    </>
  );
}

export function NewCalendar() {
  const t = useText();
  const fields = useFields(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title={t("new")} lead={t("newLead")} />
      <Section>
        <EntityForm
          path="/v1/calendars"
          method="post"
          fields={{ name: { label: t("name"), help: t("nameHelp") }, ...fields }}
          submit={t("make")}
          save={(body) => ask("POST", "/v1/calendars", { body })}
          saved={({ name }) => {
            void queries.invalidateQueries({ queryKey: ["calendars"] });
            void navigate({ to: calendarPath(String(name)) });
          }}
        />
      </Section>
    </>
  );
}
