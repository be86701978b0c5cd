import { ActionIcon, Button, Checkbox, NumberInput, Select, Stack, TagsInput, Text } from "@mantine/core";
import { IconArrowForwardUp, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import type { EntityFormApi } from "../../kit/form.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { valueAt } from "./fields.tsx";
import { type Forward, type When, whens } from "./types.ts";
import classes from "./users.module.css";
import { type Window, Windows } from "./windows.tsx";

const useText = defineStrings("forwarding", {
  en: {
    none: "Calls are not forwarded.",
    add: "Add a forwarding",
    when: "When",
    always: "Always: own telephones do not ring",
    busy: "When busy, or declined",
    "no-answer": "When nobody answers",
    unreachable: "When no telephone is reachable",
    to: "To",
    toHelp: "Numbers as they would be dialled, users, groups or SIP addresses; one after the other.",
    together: "All of them at once",
    after: "After",
    seconds: " s",
    conditions: "Only for some callers, or at some times",
    callers: "Only calls of",
    callersHelp: "Numbers; with * at the end all that begin so. A caller's number can be forged.",
    times: "Only at these times",
    calendar: "Only while a calendar is",
    open: "{{name}}: open",
    closed: "{{name}}: closed",
    any: "open or closed",
    remove: "Remove this forwarding",
    order: "Of one kind, the first that holds counts.",
  },
  de: {
    none: "Anrufe werden nicht weitergeleitet.",
    add: "Weiterleitung hinzufügen",
    when: "Wann",
    always: "Immer: Die eigenen Telefone klingeln nicht",
    busy: "Wenn besetzt oder abgelehnt",
    "no-answer": "Wenn niemand abnimmt",
    unreachable: "Wenn kein Telefon erreichbar ist",
    to: "An",
    toHelp: "Nummern, wie man sie wählen würde, Benutzer, Gruppen oder SIP-Adressen; der Reihe nach.",
    together: "Alle auf einmal",
    after: "Nach",
    seconds: " s",
    conditions: "Nur für manche Anrufer oder zu manchen Zeiten",
    callers: "Nur Anrufe von",
    callersHelp: "Nummern; mit * am Ende alle, die so beginnen. Eine Anrufernummer lässt sich fälschen.",
    times: "Nur zu diesen Zeiten",
    calendar: "Nur während ein Kalender",
    open: "{{name}}: offen",
    closed: "{{name}}: geschlossen",
    any: "offen oder geschlossen",
    remove: "Diese Weiterleitung entfernen",
    order: "Von einer Art zählt die erste, die zutrifft.",
  },
});

/** Names of calendars; people of role `user` may not read them: none. */
export function useCalendars(): string[] {
  const { may } = useSession();
  const { data } = useQuery({
    queryKey: ["calendars", "names"],
    enabled: may("auditor"),
    queryFn: () => answer(api.GET("/v1/calendars", { params: { query: { limit: 1000 } } })),
  });
  return data?.calendars.map(({ name }) => name) ?? [];
}

/** The list of forwardings of a form, at `path`. */
export function Forwarding({
  form,
  path,
  disabled,
}: {
  form: EntityFormApi;
  path: string;
  disabled: boolean;
}) {
  const t = useText();
  const value = (valueAt(form, path) as Forward[] | undefined) ?? [];
  const set = (next: Forward[]) => form.setFieldValue(path, next);
  return (
    <Stack gap="sm">
      {value.length === 0 ? (
        <Text c="dimmed">{t("none")}</Text>
      ) : (
        value.length > 1 && (
          <Text size="sm" c="dimmed">
            {t("order")}
          </Text>
        )
      )}
      {value.map((forward, index) => (
        <One
          // biome-ignore lint/suspicious/noArrayIndexKey: forwardings have no name
          key={index}
          forward={forward}
          disabled={disabled}
          errorOf={(field) =>
            Object.entries(form.errors).find(([key]) => key.startsWith(`${path}.${index}.${field}`))?.[1]
          }
          put={(next) => set(value.map((one, at) => (at === index ? next : one)))}
          remove={() => set(value.filter((_, at) => at !== index))}
        />
      ))}
      {!disabled && (
        <Button
          variant="default"
          w="fit-content"
          leftSection={<IconArrowForwardUp size={16} stroke={1.8} aria-hidden />}
          onClick={() =>
            set([
              ...value,
              {
                when: whens.find((when) => !value.some((one) => one.when === when)) ?? "busy",
                to: [],
                together: false,
                after_s: 20,
              },
            ])
          }
        >
          {t("add")}
        </Button>
      )}
    </Stack>
  );
}

const hasConditions = ({ callers, times, open, closed }: Forward): boolean =>
  [callers, times, open, closed].some((one) => one !== undefined);

function One({
  forward,
  disabled,
  errorOf,
  put,
  remove,
}: {
  forward: Forward;
  disabled: boolean;
  errorOf: (field: string) => React.ReactNode;
  put: (next: Forward) => void;
  remove: () => void;
}) {
  const t = useText();
  const calendars = useCalendars();
  const [shown, setShown] = useState(hasConditions(forward));
  const plain = ({ callers: _, times: __, open: ___, closed: ____, ...rest }: Forward): Forward => rest;
  return (
    <div className={classes.rule}>
      <div className={classes.ruleHead}>
        <Select
          label={t("when")}
          data={whens.map((when) => ({ value: when, label: t(when) }))}
          value={forward.when}
          allowDeselect={false}
          disabled={disabled}
          onChange={(when) => put({ ...forward, when: (when ?? forward.when) as When })}
        />
        {forward.when === "no-answer" && (
          <NumberInput
            label={t("after")}
            value={forward.after_s}
            suffix={t("seconds")}
            min={3}
            max={180}
            w={100}
            disabled={disabled}
            error={errorOf("after_s")}
            onChange={(after) => put({ ...forward, after_s: Number(after) })}
          />
        )}
        {!disabled && (
          <ActionIcon size="lg" aria-label={t("remove")} onClick={remove}>
            <IconTrash size={17} stroke={1.7} />
          </ActionIcon>
        )}
      </div>
      <TagsInput
        label={t("to")}
        description={t("toHelp")}
        value={forward.to}
        maxTags={4}
        disabled={disabled}
        error={errorOf("to")}
        acceptValueOnBlur
        onChange={(to) => put({ ...forward, to })}
      />
      {forward.to.length > 1 && (
        <Checkbox
          label={t("together")}
          checked={forward.together}
          disabled={disabled}
          onChange={({ currentTarget }) => put({ ...forward, together: currentTarget.checked })}
        />
      )}
      <Checkbox
        label={t("conditions")}
        checked={shown}
        disabled={disabled}
        onChange={({ currentTarget }) => {
          setShown(currentTarget.checked);
          if (!currentTarget.checked) put(plain(forward));
        }}
      />
      {shown && (
        <Stack gap="md" pl="md">
          <TagsInput
            label={t("callers")}
            description={t("callersHelp")}
            value={forward.callers ?? []}
            disabled={disabled}
            error={errorOf("callers")}
            acceptValueOnBlur
            onChange={(callers) => {
              const { callers: _, ...rest } = forward;
              put(callers.length === 0 ? rest : { ...rest, callers });
            }}
          />
          {calendars.length > 0 && (
            <Select
              label={t("calendar")}
              placeholder={t("any")}
              clearable
              disabled={disabled}
              error={errorOf("open") ?? errorOf("closed")}
              data={calendars.flatMap((name) => [
                { value: `open ${name}`, label: t("open", { name }) },
                { value: `closed ${name}`, label: t("closed", { name }) },
              ])}
              value={
                forward.open !== undefined
                  ? `open ${forward.open}`
                  : forward.closed === undefined
                    ? null
                    : `closed ${forward.closed}`
              }
              onChange={(chosen) => {
                const { open: _, closed: __, ...rest } = forward;
                const [state, ...name] = (chosen ?? "").split(" ");
                put(state === "open" || state === "closed" ? { ...rest, [state]: name.join(" ") } : rest);
              }}
            />
          )}
          <div>
            <Text size="sm" fw={500} mb={6}>
              {t("times")}
            </Text>
            <Windows
              value={(forward.times ?? []) as Window[]}
              disabled={disabled}
              onChange={(times) => {
                const { times: _, ...rest } = forward;
                put(times.length === 0 ? rest : { ...rest, times: times as NonNullable<Forward["times"]> });
              }}
            />
          </div>
        </Stack>
      )}
    </div>
  );
}
