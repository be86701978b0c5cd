import { Button, Text } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconArrowRight, IconFileSpreadsheet, IconListSearch, IconMicrophone } from "@tabler/icons-react";
import { Link, useLocation, useRouter } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { answer, api } from "../../api/client.ts";
import { useEvents } from "../../api/live.ts";
import { Empty } from "../../kit/empty.tsx";
import { Light } from "../../kit/light.tsx";
import { type Column, EntityList } from "../../kit/list.tsx";
import { PageHeader } from "../../kit/page.tsx";
import type { LoadPage } from "../../kit/paged-rows.ts";
import { Moment, Span } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { FilterBar } from "./filter-bar.tsx";
import { queryOf, readFilters, writeFilters } from "./filters.ts";
import { type CallRecord, party } from "./record-types.ts";
import classes from "./records.module.css";
import { outcomeLight, useOutcomeText } from "./strings.ts";

const useText = defineStrings("records", {
  en: {
    title: "Records",
    lead: "Every call, with what became of it: kept by all nodes, also over the death of one.",
    csv: "CSV",
    csvLabel: "Download what is found as CSV",
    list: "Call records, newest first",
    time: "Began",
    call: "Caller and called",
    outcome: "Outcome",
    duration: "Talked",
    rule: "Rule",
    carrier: "Carrier",
    node: "Node",
    recording: "Recording",
    recorded: "Recorded",
    back: "Looked back to",
    emptyTitle: "No call yet",
    emptyWhat:
      "Each call leaves a record here: who called whom, which rule decided, what was tried, how long it lasted, and its recording. The first one comes with the first call.",
    emptyHow: "On the host: bin/dialtone call 1001 1002",
    noneTitle: "No call like that",
    noneWhat: "Nothing that is kept fits these filters.",
    clear: "Remove all filters",
  },
  de: {
    title: "Anrufliste",
    lead: "Jeder Anruf und was daraus wurde: Alle Knoten bewahren es, auch über den Tod eines anderen hinweg.",
    csv: "CSV",
    csvLabel: "Gefundenes als CSV herunterladen",
    list: "Anrufe, die neuesten zuerst",
    time: "Beginn",
    call: "Anrufer und Angerufener",
    outcome: "Ausgang",
    duration: "Gesprochen",
    rule: "Regel",
    carrier: "Anbieter",
    node: "Knoten",
    recording: "Aufnahme",
    recorded: "Aufgenommen",
    back: "Zurückgesucht bis",
    emptyTitle: "Noch kein Anruf",
    emptyWhat:
      "Jeder Anruf hinterlässt hier seine Spur: wer wen rief, welche Regel entschied, was versucht wurde, wie lange es dauerte, und die Aufnahme. Die erste kommt mit dem ersten Anruf.",
    emptyHow: "Auf dem Knoten: bin/dialtone call 1001 1002",
    noneTitle: "Kein solcher Anruf",
    noneWhat: "Nichts, was aufbewahrt ist, passt zu diesen Filtern.",
    clear: "Alle Filter entfernen",
  },
});

/** News of calls come in heaps: the list is asked once for each heap. */
const heap = { delay: 700, maxWait: 5000 };
const types = ["call.started", "call.answered", "call.ended"] as const;

export default function Records() {
  const t = useText();
  const router = useRouter();
  // The text of the address itself: the router would make figures of what looks like one.
  useLocation();
  const { search } = router.history.location;
  const filters = useMemo(() => readFilters(search), [search]);
  const written = writeFilters(filters);
  const [searched, setSearched] = useState<string | null>(null);
  const [news, setNews] = useState(0);
  const heard = useDebouncedCallback(() => setNews((count) => count + 1), heap);
  useEvents(`/v1/call-events?types=${types.join(",")}`, types, heard);

  // A period reaches back from when it was chosen: the pages of one list must fit each other.
  const query = useMemo(() => queryOf(readFilters(written), Date.now()), [written]);
  const newest = useRef(query);
  newest.current = query;
  const load: LoadPage<CallRecord> = async (after, limit, signal, sofar) => {
    const asked = newest.current;
    const rows: CallRecord[] = [];
    let place: string | null = after;
    do {
      const page: Awaited<ReturnType<typeof ask>> = await ask(asked, place, limit - rows.length, signal);
      rows.push(...page.records);
      place = page.next;
      sofar([...rows]);
      setSearched(rows.length < limit && place !== null ? page.searched_to : null);
    } while (place !== null && rows.length < limit);
    return { rows, next: place };
  };
  const change = (to: typeof filters) => {
    setSearched(null);
    router.history.replace(`${router.history.location.pathname}${writeFilters(to)}`);
  };

  return (
    <>
      <PageHeader
        title={t("title")}
        lead={t("lead")}
        actions={
          <Button
            component="a"
            href={`/v1/records?${new URLSearchParams({ ...query, format: "csv" })}`}
            download="records.csv"
            variant="default"
            aria-label={t("csvLabel")}
            leftSection={<IconFileSpreadsheet size={16} stroke={1.8} aria-hidden />}
          >
            {t("csv")}
          </Button>
        }
      />
      <FilterBar filters={filters} change={change} />
      <EntityList
        name={`records${written}`}
        load={load}
        changed={news}
        pageSize={100}
        search={false}
        columns={useColumns()}
        rowKey={({ id }) => id}
        to={({ id }) => `/records/${id}`}
        label={t("list")}
        height="calc(100dvh - 330px)"
        filters={
          searched !== null && (
            <Text size="sm" c="dimmed" role="status">
              {t("back")} <Moment at={searched} />
            </Text>
          )
        }
        empty={
          written === "" ? (
            <Empty icon={IconListSearch} title={t("emptyTitle")}>
              {t("emptyWhat")}
              <Text size="sm" mt="sm" className={classes.mono}>
                {t("emptyHow")}
              </Text>
            </Empty>
          ) : (
            <Empty
              icon={IconListSearch}
              title={t("noneTitle")}
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

const ask = (query: Record<string, string>, after: string, limit: number, signal: AbortSignal) =>
  answer(
    api.GET("/v1/records", {
      params: { query: { ...query, limit, ...(after !== "" && { after }) } },
      signal,
    }),
  );

function useColumns(): readonly Column<CallRecord>[] {
  const t = useText();
  const outcomeText = useOutcomeText();
  return useMemo(
    () => [
      {
        id: "time",
        label: t("time"),
        width: "clamp(84px, 11vw, 150px)",
        cell: ({ started_at }) => (
          <span className={classes.when}>
            <Moment at={started_at} />
          </span>
        ),
      },
      {
        id: "call",
        label: t("call"),
        width: "minmax(0, 3.6fr)",
        cell: ({ id, from, to }) => (
          <Link to={`/records/${id}`} className={classes.parties}>
            <span title={from}>{party(from)}</span>
            <IconArrowRight size={14} className={classes.arrow} aria-hidden />
            <span title={to}>{party(to)}</span>
          </Link>
        ),
      },
      {
        id: "outcome",
        label: t("outcome"),
        width: "clamp(104px, 11vw, 152px)",
        cell: ({ outcome }) => (
          <span className={classes.outcome}>
            <Light state={outcomeLight[outcome]} size={14}>
              {outcomeText(outcome)}
            </Light>
          </span>
        ),
      },
      {
        id: "duration",
        label: t("duration"),
        width: "84px",
        numeric: true,
        wide: true,
        cell: ({ duration_ms }) => (duration_ms === null ? "" : <Span ms={duration_ms} />),
      },
      { id: "rule", label: t("rule"), wide: true, cell: ({ rule }) => rule },
      { id: "carrier", label: t("carrier"), wide: true, cell: ({ carrier }) => carrier },
      { id: "node", label: t("node"), width: "56px", wide: true, cell: ({ nodes }) => nodes.join(", ") },
      {
        id: "recorded",
        label: t("recording"),
        width: "80px",
        wide: true,
        cell: ({ recording }) =>
          recording !== null && recording.status !== "deleted" ? (
            <span className={classes.sign}>
              <IconMicrophone size={16} stroke={1.8} role="img" aria-label={t("recorded")} />
            </span>
          ) : null,
      },
    ],
    [t, outcomeText],
  );
}
