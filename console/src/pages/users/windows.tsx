import { ActionIcon, Button, Chip, Group, Stack, Text } from "@mantine/core";
import { TimeInput } from "@mantine/dates";
import { IconClockPlus, IconTrash } from "@tabler/icons-react";
import { defineStrings, localeOf, useLanguage } from "../../shell/i18n.ts";
import classes from "./users.module.css";

const useText = defineStrings("windows", {
  en: {
    add: "Add times",
    from: "From",
    to: "To",
    days: "Days",
    remove: "Remove these times",
    every: "Every day, when none is chosen",
    next: "until the next day",
  },
  de: {
    add: "Zeiten hinzufügen",
    from: "Von",
    to: "Bis",
    days: "Tage",
    remove: "Diese Zeiten entfernen",
    every: "Jeden Tag, wenn keiner gewählt ist",
    next: "bis zum nächsten Tag",
  },
});

export const weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof weekdays)[number];
export interface Window {
  from: string;
  to: string;
  days?: Weekday[] | undefined;
}

/** `Mo` … `So`, `Mon` … `Sun`: 2024-01-01 was a Monday. Pure. */
export const dayName = (day: Weekday, locale: string): string =>
  new Date(Date.UTC(2024, 0, 1 + weekdays.indexOf(day))).toLocaleDateString(locale, {
    weekday: "short",
    timeZone: "UTC",
  });

/** Times of the week, each with its days. */
export function Windows({
  value,
  onChange,
  disabled = false,
  errors = {},
}: {
  value: readonly Window[];
  onChange: (next: Window[]) => void;
  disabled?: boolean;
  /** By the place in the list. */
  errors?: Readonly<Record<number, string>>;
}) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const put = (index: number, next: Partial<Window>) =>
    onChange(value.map((window, at) => (at === index ? { ...window, ...next } : window)));
  return (
    <Stack gap="sm">
      {value.map((window, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: times have no name
        <div key={index} className={classes.window}>
          <Group gap="xs" align="flex-end" wrap="nowrap">
            <TimeInput
              label={t("from")}
              miw={0}
              value={window.from}
              disabled={disabled}
              onChange={({ currentTarget }) => put(index, { from: currentTarget.value })}
            />
            <TimeInput
              label={t("to")}
              miw={0}
              value={window.to === "24:00" ? "00:00" : window.to}
              disabled={disabled}
              onChange={({ currentTarget: { value: to } }) =>
                put(index, { to: to === "00:00" ? "24:00" : to })
              }
            />
            <ActionIcon
              size="lg"
              aria-label={t("remove")}
              disabled={disabled}
              onClick={() => onChange(value.filter((_, at) => at !== index))}
            >
              <IconTrash size={17} stroke={1.7} />
            </ActionIcon>
          </Group>
          <Chip.Group
            multiple
            value={window.days ?? []}
            onChange={(days) => {
              const chosen = weekdays.filter((day) => days.includes(day));
              put(index, { days: chosen.length === 0 ? undefined : chosen });
            }}
          >
            <Group gap={4} role="group" aria-label={t("days")}>
              {weekdays.map((day) => (
                <Chip key={day} value={day} size="xs" radius="sm" variant="light" disabled={disabled}>
                  {dayName(day, locale)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          {(window.days ?? []).length === 0 && (
            <Text size="xs" c="dimmed">
              {t("every")}
            </Text>
          )}
          {errors[index] !== undefined && (
            <Text size="xs" c="var(--mantine-color-error)" role="alert">
              {errors[index]}
            </Text>
          )}
        </div>
      ))}
      {!disabled && (
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconClockPlus size={15} stroke={1.8} aria-hidden />}
          onClick={() =>
            onChange([...value, { from: "09:00", to: "17:00", days: [...weekdays.slice(0, 5)] }])
          }
        >
          {t("add")}
        </Button>
      )}
    </Stack>
  );
}
