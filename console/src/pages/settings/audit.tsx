import { Autocomplete, Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconFileSpreadsheet, IconFileText, IconListSearch } from "@tabler/icons-react";
import { Link, useLocation, useRouter } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { answer, api } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { Empty } from "../../kit/empty.tsx";
import { useOpenApi } from "../../kit/form.tsx";
import { type Column, EntityList } from "../../kit/list.tsx";
import { PageHeader } from "../../kit/page.tsx";
import type { LoadPage } from "../../kit/paged-rows.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { periods, queryOf } from "../records/filters.ts";
import { type AuditFilters, readAuditFilters, readable, writeAuditFilters } from "./audit-filters.ts";
import classes from "./settings.module.css";

const useText = defineStrings("audit", {
  en: {
    title: "Audit",
    lead: "Each change that was made through the console, the API or the command line: who, when, from where. Entries are only added, and kept for good.",
    who: "Who",
    what: "What",
    when: "When",
    source: "From",
    node: "Node",
    version: "Version",
    route: "Route, such as PUT /v1/users/:name",
    period: "When",
    any: "Any time",
    hour: "Last hour",
    day: "Last 24 hours",
    week: "Last 7 days",
    month: "Last 30 days",
    span: "From … to …",
    since: "From",
    until: "To",
    list: "Changes, newest first",
    ndjson: "NDJSON",
    csv: "CSV",
    download: "Download all that is found as {{format}}",
    empty: "Nothing was changed yet",
    emptyWhat:
      "When somebody adds a user, changes a rule or runs a drill, it stands here: who it was, how they were logged in, what was before and what is now. Passwords are never in it.",
    none: "No such change",
    noneWhat: "Names and routes are looked for as a whole: ada, PUT /v1/users/:name.",
    clear: "Remove all filters",
  },
  de: {
    title: "Änderungen",
    lead: "Jede Änderung über Konsole, API oder Kommandozeile: wer, wann, von wo. Einträge kommen nur dazu und bleiben für immer.",
    who: "Wer",
    what: "Was",
    when: "Wann",
    source: "Von",
    node: "Knoten",
    version: "Version",
    route: "Route, etwa PUT /v1/users/:name",
    period: "Wann",
    any: "Jederzeit",
    hour: "Letzte Stunde",
    day: "Letzte 24 Stunden",
    week: "Letzte 7 Tage",
    month: "Letzte 30 Tage",
    span: "Von … bis …",
    since: "Von",
    until: "Bis",
    list: "Änderungen, die neuesten zuerst",
    ndjson: "NDJSON",
    csv: "CSV",
    download: "Alles Gefundene als {{format}} herunterladen",
    empty: "Noch wurde nichts geändert",
    emptyWhat:
      "Legt jemand einen Benutzer an, ändert eine Regel oder startet eine Übung, steht es hier: wer es war, wie er angemeldet war, was vorher war und was jetzt ist. Passwörter stehen nie darin.",
    none: "Keine solche Änderung",
    noneWhat: "Namen und Routen werden als Ganzes gesucht: ada, PUT /v1/users/:name.",
    clear: "Alle Filter entfernen",
  },
});

export type Entry =
  paths["/v1/audit"]["get"]["responses"][200]["content"]["application/json"]["entries"][number];

export default function Audit() {
  const t = useText();
  const router = useRouter();
  // The text of the address itself: the router would make figures of what looks like one.
  useLocation();
  const { search } = router.history.location;
  const filters = useMemo(() => readAuditFilters(search), [search]);
  const written = writeAuditFilters(filters);
  // A period reaches back from when it was chosen: the pages of one list must fit each other.
  const query = useMemo(() => queryOf(readAuditFilters(written), Date.now()), [written]);
  const newest = useRef(query);
  newest.current = query;
  const load: LoadPage<Entry> = async (after, limit, signal) => {
    const asked = { ...newest.current, limit, ...(after !== "" && { after }) };
    const { entries, next } = await answer(api.GET("/v1/audit", { params: { query: asked }, signal }));
    return { rows: entries, next };
  };
  const change = (to: AuditFilters) =>
    router.history.replace(`${router.history.location.pathname}${writeAuditFilters(to)}`);
  const file = (format: "ndjson" | "csv") => (
    <Button
      component="a"
      href={`/v1/audit/export?${new URLSearchParams({ ...query, format })}`}
      download={`dialtone-audit.${format}`}
      variant="default"
      aria-label={t("download", { format: t(format) })}
      leftSection={
        format === "csv" ? (
          <IconFileSpreadsheet size={16} stroke={1.8} aria-hidden />
        ) : (
          <IconFileText size={16} stroke={1.8} aria-hidden />
        )
      }
    >
      {t(format)}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("title")}
        lead={t("lead")}
        actions={
          <>
            {file("csv")}
            {file("ndjson")}
          </>
        }
      />
      <Filters filters={filters} change={change} />
      <EntityList<Entry>
        name={`audit${written}`}
        load={load}
        pageSize={200}
        search={false}
        label={t("list")}
        height="calc(100dvh - 330px)"
        columns={useColumns()}
        rowKey={({ id }) => id}
        to={({ id }) => `/audit/${id}`}
        empty={
          written === "" ? (
            <Empty icon={IconListSearch} title={t("empty")}>
              {t("emptyWhat")}
            </Empty>
          ) : (
            <Empty
              icon={IconListSearch}
              title={t("none")}
              action={
                <Button variant="default" onClick={() => change({})}>
                  {t("clear")}
                </Button>
              }
            >
              {t("noneWhat")}
            </Empty>
          )
        }
      />
    </>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const t = useText();
  return useMemo(
    () => [
      {
        id: "when",
        label: t("when"),
        width: "clamp(84px, 12vw, 170px)",
        cell: ({ at }) => (
          <span className={classes.when}>
            <Moment at={at} />
          </span>
        ),
      },
      { id: "who", label: t("who"), width: "minmax(0, 0.7fr)", cell: ({ who }) => who },
      {
        id: "what",
        label: t("what"),
        width: "minmax(0, 2.2fr)",
        cell: ({ id, method, path }) => (
          <Link to={`/audit/${id}`} className={classes.mono} title={`${method} ${readable(path)}`}>
            <span className={classes.method}>{method}</span> {readable(path).replace("/v1/", "")}
          </Link>
        ),
      },
      { id: "source", label: t("source"), wide: true, cell: ({ source }) => source },
      { id: "node", label: t("node"), width: "60px", wide: true, cell: ({ node }) => node },
      {
        id: "version",
        label: t("version"),
        width: "76px",
        wide: true,
        numeric: true,
        cell: ({ version }) => version,
      },
    ],
    [t],
  );
}

/** `PUT /v1/users/:name`: all routes that change something. */
function useRoutes(): string[] {
  const { data } = useOpenApi();
  return useMemo(
    () =>
      Object.entries(data?.paths ?? {}).flatMap(([path, methods]) =>
        Object.keys(methods)
          .filter((method) => method !== "get" && method !== "head")
          .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
      ),
    [data],
  );
}

function Filters({ filters, change }: { filters: AuditFilters; change: (to: AuditFilters) => void }) {
  const t = useText();
  const routes = useRoutes();
  const [spanChosen, setSpanChosen] = useState(false);
  const set = (values: AuditFilters) => change({ ...filters, ...values });
  const hasSpan = filters.since !== undefined || filters.until !== undefined;
  const span = filters.period === undefined && (spanChosen || hasSpan);
  return (
    <Stack gap="xs" mb="md">
      <Group gap="xs">
        <Typed
          label={t("who")}
          value={filters.who}
          set={(who) => set({ who })}
          w={{ base: "100%", xs: 170 }}
        />
        <Typed
          label={t("route")}
          value={filters.route}
          set={(route) => set({ route })}
          w={{ base: "100%", xs: 320 }}
          among={routes}
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
    </Stack>
  );
}

/** Whoever types is not waited for at each letter. */
function Typed({
  label,
  value = "",
  set,
  w,
  among = [],
}: {
  label: string;
  value: string | undefined;
  set: (value: string) => void;
  w: { base: string; xs: number };
  among?: string[];
}) {
  const [text, setText] = useState(value);
  const tell = useDebouncedCallback((typed: string) => set(typed.trim()), 350);
  // Changed from elsewhere: filters that were removed, the browser's own way back.
  useEffect(() => setText((typed) => (typed.trim() === value ? typed : value)), [value]);
  return (
    <Autocomplete
      aria-label={label}
      placeholder={label}
      w={w}
      data={among}
      limit={12}
      value={text}
      clearable
      onChange={(typed) => {
        setText(typed);
        tell(typed);
      }}
    />
  );
}
