import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconCalendarPlus, IconTrash } from "@tabler/icons-react";
import type { EntityFormApi } from "../../kit/form.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { valueAt } from "../users/fields.tsx";
import classes from "../users/users.module.css";

const useText = defineStrings("special-days", {
  en: {
    add: "Add a day",
    name: "Name",
    from: "From",
    to: "To",
    toHelp: "that day alone",
    hours: "Open",
    hoursHelp: "closed",
    remove: "Remove this day",
    form: "2026-12-24, or 12-24 for every year; times such as 09:00-12:00, several with commas.",
  },
  de: {
    add: "Tag hinzufügen",
    name: "Name",
    from: "Von",
    to: "Bis",
    toHelp: "nur an dem Tag",
    hours: "Offen",
    hoursHelp: "geschlossen",
    remove: "Diesen Tag entfernen",
    form: "2026-12-24, oder 12-24 für jedes Jahr; Zeiten wie 09:00-12:00, mehrere mit Kommas.",
  },
});

interface Day {
  from: string;
  to?: string;
  name: string;
  hours: { from: string; to: string }[];
}

const written = (hours: Day["hours"]): string => hours.map(({ from, to }) => `${from}-${to}`).join(", ");
const read = (text: string): Day["hours"] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [from = "", to = ""] = part.split(/[-–]/).map((one) => one.trim());
      return { from, to };
    });

/** Days on which other hours hold, or none. */
export function SpecialDays({
  form,
  disabled,
  label,
  help,
}: {
  form: EntityFormApi;
  disabled: boolean;
  label: string;
  help: string;
}) {
  const t = useText();
  const value = (valueAt(form, "days") as Day[] | undefined) ?? [];
  const set = (next: Day[]) => form.setFieldValue("days", next);
  const put = (index: number, next: Day) => set(value.map((one, at) => (at === index ? next : one)));
  const errorOf = (index: number, field: string) =>
    Object.entries(form.errors).find(([key]) => key.startsWith(`days.${index}.${field}`))?.[1];
  return (
    <Stack gap="xs">
      <div>
        <Text size="sm" fw={500}>
          {label}
        </Text>
        <Text size="xs" c="dimmed">
          {help} {value.length > 0 && t("form")}
        </Text>
      </div>
      {value.map((day, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: days need no name
        <div key={index} className={classes.window}>
          <Group gap="xs" align="flex-end" wrap="nowrap">
            <TextInput
              label={t("name")}
              value={day.name}
              disabled={disabled}
              flex={1}
              onChange={({ currentTarget }) => put(index, { ...day, name: currentTarget.value })}
            />
            {!disabled && (
              <ActionIcon
                size="lg"
                aria-label={t("remove")}
                onClick={() => set(value.filter((_, at) => at !== index))}
              >
                <IconTrash size={17} stroke={1.7} />
              </ActionIcon>
            )}
          </Group>
          <Group gap="xs" grow preventGrowOverflow={false} align="flex-start">
            <TextInput
              label={t("from")}
              value={day.from}
              disabled={disabled}
              error={errorOf(index, "from")}
              miw={110}
              onChange={({ currentTarget }) => put(index, { ...day, from: currentTarget.value })}
            />
            <TextInput
              label={t("to")}
              value={day.to ?? ""}
              placeholder={t("toHelp")}
              disabled={disabled}
              error={errorOf(index, "to")}
              miw={110}
              onChange={({ currentTarget: { value: to } }) => {
                const { to: _, ...rest } = day;
                put(index, to === "" ? rest : { ...rest, to });
              }}
            />
            <TextInput
              key={value.length}
              label={t("hours")}
              defaultValue={written(day.hours)}
              placeholder={t("hoursHelp")}
              disabled={disabled}
              error={errorOf(index, "hours")}
              miw={130}
              onBlur={({ currentTarget }) => put(index, { ...day, hours: read(currentTarget.value) })}
            />
          </Group>
        </div>
      ))}
      {!disabled && (
        <Button
          variant="default"
          size="xs"
          w="fit-content"
          leftSection={<IconCalendarPlus size={15} stroke={1.8} aria-hidden />}
          onClick={() => set([...value, { from: "", name: "", hours: [] }])}
        >
          {t("add")}
        </Button>
      )}
    </Stack>
  );
}
