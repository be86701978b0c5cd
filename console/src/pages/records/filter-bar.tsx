import { ActionIcon, Button, Group, Popover, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconSearch, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { defineStrings } from "../../shell/i18n.ts";
import { type FilterName, type Filters, outcomes, periods } from "./filters.ts";
import classes from "./records.module.css";
import { useOutcomeText } from "./strings.ts";

const useText = defineStrings("record-filters", {
  en: {
    party: "Caller, called, or part of it",
    period: "Time",
    any: "Any time",
    hour: "Last hour",
    day: "Last 24 hours",
    week: "Last 7 days",
    month: "Last 30 days",
    span: "From … to …",
    since: "Began after",
    until: "Began before",
    outcome: "Outcome",
    anyOutcome: "Any outcome",
    more: "Filter",
    number: "Dialled number, exactly",
    user: "User who called",
    carrier: "Carrier",
    rule: "Rule",
    node: "Node",
    min_duration_s: "At least, seconds",
    max_duration_s: "At most, seconds",
    recorded: "Recording",
    affected: "Trouble",
    all: "All calls",
    recordedYes: "With a recording",
    recordedNo: "Without a recording",
    affectedYes: "Only calls with trouble",
    atLeast: "at least {{value}} s",
    atMost: "at most {{value}} s",
    remove: "Remove filter: {{name}}",
    clear: "Remove all",
  },
  de: {
    party: "Anrufer, Angerufener oder Teil davon",
    period: "Zeit",
    any: "Jederzeit",
    hour: "Letzte Stunde",
    day: "Letzte 24 Stunden",
    week: "Letzte 7 Tage",
    month: "Letzte 30 Tage",
    span: "Von … bis …",
    since: "Begann nach",
    until: "Begann vor",
    outcome: "Ausgang",
    anyOutcome: "Jeder Ausgang",
    more: "Filter",
    number: "Gewählte Nummer, genau",
    user: "Benutzer, der anrief",
    carrier: "Anbieter",
    rule: "Regel",
    node: "Knoten",
    min_duration_s: "Mindestens, Sekunden",
    max_duration_s: "Höchstens, Sekunden",
    recorded: "Aufnahme",
    affected: "Störung",
    all: "Alle Gespräche",
    recordedYes: "Mit Aufnahme",
    recordedNo: "Ohne Aufnahme",
    affectedYes: "Nur gestörte Gespräche",
    atLeast: "mindestens {{value}} s",
    atMost: "höchstens {{value}} s",
    remove: "Filter entfernen: {{name}}",
    clear: "Alle entfernen",
  },
});

const exact = ["number", "user", "carrier", "rule", "node"] as const;
const others = [...exact, "min_duration_s", "max_duration_s", "recorded", "affected"] as const;

interface Props {
  filters: Filters;
  change: (to: Filters) => void;
}

/** What is looked for. Whoever types is not waited for at each letter. */
export function FilterBar({ filters, change }: Props) {
  const t = useText();
  const outcomeText = useOutcomeText();
  const [spanChosen, setSpanChosen] = useState(false);
  const set = (values: Filters) => change({ ...filters, ...values });
  const hasSpan = filters.since !== undefined || filters.until !== undefined;
  const span = filters.period === undefined && (spanChosen || hasSpan);
  return (
    <Stack gap="xs" mb="md">
      <Group gap="xs">
        <Typed
          name="party"
          value={filters.party}
          set={set}
          label={t("party")}
          w={{ base: "100%", xs: 280 }}
          leftSection={<IconSearch size={15} stroke={1.8} aria-hidden />}
        />
        <Select
          aria-label={t("period")}
          w={170}
          allowDeselect={false}
          value={span ? "span" : (filters.period ?? "any")}
          data={["any", ...Object.keys(periods), "span"].map((value) => ({
            value,
            label: t(value as "any" | "span" | keyof typeof periods),
          }))}
          onChange={(value) => {
            setSpanChosen(value === "span");
            const period = value !== null && value in periods ? value : "";
            set({ period, ...(value === "span" ? {} : { since: "", until: "" }) });
          }}
        />
        <Select
          aria-label={t("outcome")}
          w={170}
          allowDeselect={false}
          value={filters.outcome ?? ""}
          data={[
            { value: "", label: t("anyOutcome") },
            ...outcomes.map((value) => ({ value, label: outcomeText(value) })),
          ]}
          onChange={(value) => set({ outcome: value ?? "" })}
        />
        <More filters={filters} set={set} />
      </Group>
      {span && (
        <Group gap="xs">
          {(["since", "until"] as const).map((name) => (
            <TextInput
              key={name}
              type="datetime-local"
              label={t(name)}
              value={filters[name] ?? ""}
              onChange={({ currentTarget }) => set({ [name]: currentTarget.value })}
            />
          ))}
        </Group>
      )}
      <Chips filters={filters} set={set} clear={() => change({})} />
    </Stack>
  );
}

type Set = (values: Filters) => void;

function More({ filters, set }: { filters: Filters; set: Set }) {
  const t = useText();
  const count = others.filter((name) => filters[name] !== undefined).length;
  return (
    <Popover position="bottom-start" width={360} trapFocus withinPortal>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconAdjustmentsHorizontal size={16} stroke={1.8} aria-hidden />}
        >
          {count > 0 ? `${t("more")} · ${count}` : t("more")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown maw="calc(100vw - 24px)">
        <SimpleGrid cols={2} spacing="sm" verticalSpacing="sm">
          {exact.map((name) => (
            <Typed key={name} name={name} value={filters[name]} set={set} label={t(name)} shown />
          ))}
          <Select
            label={t("recorded")}
            value={filters.recorded ?? ""}
            comboboxProps={{ withinPortal: false }}
            data={[
              { value: "", label: t("all") },
              { value: "true", label: t("recordedYes") },
              { value: "false", label: t("recordedNo") },
            ]}
            onChange={(value) => set({ recorded: value ?? "" })}
          />
          <Typed
            name="min_duration_s"
            value={filters.min_duration_s}
            set={set}
            label={t("min_duration_s")}
            shown
            figures
          />
          <Typed
            name="max_duration_s"
            value={filters.max_duration_s}
            set={set}
            label={t("max_duration_s")}
            shown
            figures
          />
          <Select
            label={t("affected")}
            value={filters.affected ?? ""}
            comboboxProps={{ withinPortal: false }}
            data={[
              { value: "", label: t("all") },
              { value: "true", label: t("affectedYes") },
            ]}
            onChange={(value) => set({ affected: value ?? "" })}
          />
        </SimpleGrid>
      </Popover.Dropdown>
    </Popover>
  );
}

function Typed({
  name,
  value = "",
  set,
  label,
  shown = false,
  figures = false,
  ...look
}: {
  name: FilterName;
  value: string | undefined;
  set: Set;
  label: string;
  /** The label stands above; otherwise within. */
  shown?: boolean;
  figures?: boolean;
  w?: { base: string; xs: number };
  leftSection?: React.ReactNode;
}) {
  const [text, setText] = useState(value);
  const tell = useDebouncedCallback((typed: string) => set({ [name]: typed.trim() }), 350);
  // Changed from elsewhere: a chip that was taken away, the browser's own way back.
  useEffect(() => setText((typed) => (typed.trim() === value ? typed : value)), [value]);
  return (
    <TextInput
      {...look}
      {...(shown ? { label } : { placeholder: label, "aria-label": label })}
      value={text}
      inputMode={figures ? "numeric" : "text"}
      onChange={({ currentTarget }) => {
        const typed = figures ? currentTarget.value.replace(/\D/g, "") : currentTarget.value;
        setText(typed);
        tell(typed);
      }}
    />
  );
}

/** What narrows the list and is not seen elsewhere. */
function Chips({ filters, set, clear }: { filters: Filters; set: Set; clear: () => void }) {
  const t = useText();
  const words = (name: (typeof others)[number], value: string): string => {
    if (name === "min_duration_s") return t("atLeast", { value });
    if (name === "max_duration_s") return t("atMost", { value });
    if (name === "recorded") return t(value === "true" ? "recordedYes" : "recordedNo");
    if (name === "affected") return t("affectedYes");
    return `${t(name)}: ${value}`;
  };
  const shown = others.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [{ name, text: words(name, value) }];
  });
  if (shown.length === 0) return null;
  return (
    <Group gap={6}>
      {shown.map(({ name, text }) => (
        <span key={name} className={classes.chip}>
          {text}
          <ActionIcon
            size={24}
            radius="xl"
            color="ink"
            aria-label={t("remove", { name: text })}
            onClick={() => set({ [name]: "" })}
          >
            <IconX size={13} />
          </ActionIcon>
        </span>
      ))}
      <Button variant="subtle" size="compact-xs" color="gray" onClick={clear}>
        {t("clear")}
      </Button>
    </Group>
  );
}
