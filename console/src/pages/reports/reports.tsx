import { Group, ScrollArea, SegmentedControl, Select, Table } from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { Chart } from "../../kit/chart.tsx";
import { Asked, Empty } from "../../kit/empty.tsx";
import { Figure, PageHeader, Section } from "../../kit/page.tsx";
import { Num, spanText } from "../../kit/time.tsx";
import { localeOf, useLanguage } from "../../shell/i18n.ts";
import { useText } from "./strings.ts";

type Report = paths["/v1/reports/calls"]["get"]["responses"][200]["content"]["application/json"];
type By = Report["by"];

const hourMs = 3_600_000;
const spans = { day: 24, week: 7 * 24, month: 30 * 24, year: 365 * 24 } as const;
type SpanName = keyof typeof spans;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const ask = (since: number, until: number, by: By) =>
  answer(
    api.GET("/v1/reports/calls", {
      params: {
        query: {
          since: new Date(since).toISOString(),
          until: new Date(until).toISOString(),
          ...{ by, time_zone: zone, limit: 50 },
        },
      },
    }),
  );

/** The end of the hour, so that what is asked changes once an hour. */
const nextHour = (): number => Math.ceil(Date.now() / hourMs) * hourMs;

export default function Reports() {
  const t = useText();
  const [span, setSpan] = useState<SpanName>("week");
  const [by, setBy] = useState<By>("number");
  const until = nextHour();
  const since = until - spans[span] * hourMs;
  const step: By = span === "day" || span === "week" ? "hour" : "day";
  const refetchInterval = 120_000;
  const flow = useQuery({
    queryKey: ["report", since, until, step],
    queryFn: () => ask(since, until, step),
    placeholderData: keepPreviousData,
    refetchInterval,
  });
  const table = useQuery({
    queryKey: ["report", since, until, by],
    queryFn: () => ask(since, until, by),
    placeholderData: keepPreviousData,
    refetchInterval,
  });
  return (
    <>
      <PageHeader
        title={t("title")}
        lead={t("lead")}
        actions={
          <SegmentedControl
            aria-label={t("span")}
            value={span}
            onChange={(value) => setSpan(value as SpanName)} // its own values
            data={Object.keys(spans).map((value) => ({ value, label: t(value as SpanName) }))}
          />
        }
      />
      <Asked query={flow}>
        {(report) =>
          report.total.calls === 0 ? (
            <Section>
              <Empty icon={IconChartBar} title={t("empty")}>
                {t("emptyText")}
              </Empty>
            </Section>
          ) : (
            <>
              <Totals report={report} />
              <Section title={t("over")} lead={t("overLead")}>
                <Flow report={report} />
              </Section>
              <Section title={t("atOnce")} lead={t("atOnceLead")}>
                <AtOnce report={report} />
              </Section>
              <Section
                title={t("by")}
                flush
                actions={
                  <Select
                    aria-label={t("by")}
                    w={160}
                    allowDeselect={false}
                    value={by}
                    onChange={(value) => setBy(value as By)} // its own values
                    data={(["number", "user", "carrier", "rule", "node"] as const).map((value) => ({
                      value,
                      label: t(value),
                    }))}
                  />
                }
              >
                <Asked query={table}>{(values) => <Values report={values} />}</Asked>
              </Section>
            </>
          )
        }
      </Asked>
    </>
  );
}

const percent = (share: number | null, locale: string): string =>
  share === null ? "–" : share.toLocaleString(locale, { style: "percent", maximumFractionDigits: 1 });

function Totals({ report: { total, rows } }: { report: Report }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const seconds = (value: number | null) => (value === null ? "–" : spanText(value * 1000, locale));
  const peaks = rows.flatMap(({ peak }) => peak ?? []);
  return (
    <Section>
      <Group gap={40} wrap="wrap">
        <Figure label={t("calls")} value={<Num value={total.calls} />} />
        <Figure label={t("ratio")} value={percent(total.answer_seizure_ratio, locale)} />
        <Figure label={t("talk")} value={seconds(total.average_talk_seconds)} />
        <Figure label={t("wait")} value={seconds(total.average_wait_seconds)} />
        <Figure label={t("most")} value={peaks.length === 0 ? "–" : <Num value={Math.max(...peaks)} />} />
      </Group>
    </Section>
  );
}

function useLabels(report: Report) {
  const locale = localeOf(useLanguage());
  const format = new Intl.DateTimeFormat(
    locale,
    report.by === "hour"
      ? { weekday: "short", hour: "2-digit", minute: "2-digit" }
      : { day: "numeric", month: "short" },
  );
  return report.rows.map(({ key }) => format.format(new Date(key)));
}

const outcomes = ["answered", "busy", "no_answer", "cancelled", "failed"] as const;

function Flow({ report }: { report: Report }) {
  const t = useText();
  const labels = useLabels(report);
  return (
    <Chart
      label={t("over")}
      option={{
        tooltip: { trigger: "axis" },
        legend: { bottom: 0 },
        grid: { left: 48, right: 12, top: 12, bottom: 56 },
        xAxis: { type: "category", data: labels },
        yAxis: { type: "value" },
        series: outcomes.map((outcome) => ({
          ...{ name: t(outcome), type: "bar", stack: "calls", barCategoryGap: "20%" },
          data: report.rows.map((row) => row[outcome]),
        })),
      }}
      table={{
        columns: [t("when"), ...outcomes.map((outcome) => t(outcome))],
        rows: report.rows.map((row) => [row.key, ...outcomes.map((outcome) => row[outcome])]),
      }}
    />
  );
}

function AtOnce({ report }: { report: Report }) {
  const t = useText();
  const labels = useLabels(report);
  return (
    <Chart
      label={t("atOnce")}
      height={180}
      option={{
        tooltip: { trigger: "axis" },
        grid: { left: 48, right: 12, top: 12, bottom: 28 },
        xAxis: { type: "category", data: labels },
        yAxis: { type: "value", minInterval: 1 },
        series: [
          {
            name: t("most"),
            type: "line",
            step: "middle",
            symbol: "none",
            data: report.rows.map(({ peak }) => peak),
          },
          {
            name: t("average"),
            type: "line",
            symbol: "none",
            data: report.rows.map(({ average }) => average),
          },
        ],
      }}
      table={{
        columns: [t("when"), t("most"), t("average")],
        rows: report.rows.map(({ key, peak, average }) => [key, peak ?? "", average ?? ""]),
      }}
    />
  );
}

function Values({ report: { rows, by } }: { report: Report }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const head = ["calls", "answered", "ratio", "talk"] as const;
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table miw={560} verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t(by === "hour" || by === "day" ? "when" : by)}</Table.Th>
            {head.map((name) => (
              <Table.Th key={name} ta="right">
                {t(name)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.key}>
              <Table.Td>{row.key === "*" ? t("rest") : row.key === "" ? t("none") : row.key}</Table.Td>
              <Table.Td ta="right">
                <Num value={row.calls} />
              </Table.Td>
              <Table.Td ta="right">
                <Num value={row.answered} />
              </Table.Td>
              <Table.Td ta="right" className="num">
                {percent(row.answer_seizure_ratio, locale)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {row.average_talk_seconds === null ? "–" : spanText(row.average_talk_seconds * 1000, locale)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
