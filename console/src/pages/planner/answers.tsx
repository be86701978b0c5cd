import { Group, List, ScrollArea, Stack, Table, Text } from "@mantine/core";
import type { paths } from "../../api/schema.ts";
import { Chart } from "../../kit/chart.tsx";
import { LightBadge, type LightState } from "../../kit/light.tsx";
import { Section } from "../../kit/page.tsx";
import { Num } from "../../kit/time.tsx";
import { localeOf, useLanguage } from "../../shell/i18n.ts";
import { useText } from "./strings.ts";

export type Answers = paths["/v1/plan"]["post"]["responses"][200]["content"]["application/json"];

/** Hours as people say them: minutes below two hours, days above two. */
function hoursText(hours: number, locale: string): string {
  const write = (value: number, unit: string) =>
    value.toLocaleString(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 });
  if (hours < 2 / 60) return write(hours * 3600, "second");
  if (hours < 2) return write(hours * 60, "minute");
  return hours < 48 ? write(hours, "hour") : write(hours / 24, "day");
}

/** What a plan comes to, with pictures. */
export function Plan({ answers }: { answers: Answers }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const money = (value: number) =>
    value.toLocaleString(locale, { style: "currency", currency: answers.currency, maximumFractionDigits: 0 });
  const { causes, cases, improvements, promises, evidence, unproven } = answers;
  return (
    <>
      <Section
        title={t("answers")}
        lead={t("all", {
          loss: money(answers.loss),
          worst: money(answers.loss_worst_in_10),
          years: answers.years.toLocaleString(locale),
        })}
        flush
      >
        <Services answers={answers} money={money} />
      </Section>
      {cases.map(({ group, alternatives, words, best }) => (
        <Section key={group} title={t("choice", { group })} lead={words}>
          <Bars
            label={t("choice", { group })}
            names={alternatives.map(
              ({ name, id, planned, keeps }) =>
                `${name}${id === best ? ` (${t("best")})` : ""}${planned ? ` (${t("planned")})` : ""}${keeps ? "" : `, ${t("breaks")}`}`,
            )}
            series={[
              { name: t("cost"), values: alternatives.map(({ cost }) => Math.round(cost)) },
              { name: t("lost"), values: alternatives.map(({ loss }) => Math.round(loss)) },
            ]}
          />
        </Section>
      ))}
      <Section title={t("promises")}>
        <Stack gap="sm">
          {promises.map(({ service, holds, reasons, changes }) => (
            <div key={service}>
              <Group gap="sm">
                <Text fw={550}>{service}</Text>
                <LightBadge state={holds ? "good" : "bad"}>{t(holds ? "holds" : "broken")}</LightBadge>
              </Group>
              {[...reasons, ...changes].length > 0 && (
                <List size="sm" mt={4} spacing={2} c="dimmed">
                  {[...reasons, ...changes].map((line) => (
                    <List.Item key={line}>{line}</List.Item>
                  ))}
                </List>
              )}
            </div>
          ))}
        </Stack>
      </Section>
      <Section title={t("causes")} lead={t("causesLead")}>
        <Bars
          label={t("causes")}
          names={causes.slice(0, 10).map(({ from, cause }) => `${from}: ${cause}`)}
          series={[{ name: t("lost"), values: causes.slice(0, 10).map(({ loss }) => Math.round(loss)) }]}
        />
      </Section>
      {improvements.length > 0 && (
        <Section title={t("better")}>
          <Stack gap={6}>
            {improvements.slice(0, 6).map(({ what, cost, saves }) => (
              <Text key={what} size="sm">
                {what}{" "}
                <Text span c="dimmed" size="sm">
                  {t("saves", { saves: money(saves), cost: money(cost) })}
                </Text>
              </Text>
            ))}
          </Stack>
        </Section>
      )}
      {evidence && (
        <Section
          title={t("proved")}
          lead={t("provedLead", { count: evidence.drills, cluster: evidence.cluster })}
          flush
        >
          <Evidence lines={evidence.lines} />
        </Section>
      )}
      {unproven.length > 0 && (
        <Section title={t("unproven")}>
          <List size="sm" spacing={6}>
            {unproven.map((line) => (
              <List.Item key={line}>{line}</List.Item>
            ))}
          </List>
        </Section>
      )}
    </>
  );
}

function Services({ answers, money }: { answers: Answers; money: (value: number) => string }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const percent = (share: number) =>
    share.toLocaleString(locale, { style: "percent", maximumFractionDigits: 4 });
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table miw={640} verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("service")}</Table.Th>
            {(["availability", "down", "worst", "outages", "loss"] as const).map((name) => (
              <Table.Th key={name} ta="right">
                {t(name)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {answers.services.map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td>{one.id}</Table.Td>
              <Table.Td ta="right" className="num">
                {percent(one.availability)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {hoursText(one.hours_per_year, locale)}
              </Table.Td>
              <Table.Td ta="right" className="num">
                {hoursText(one.worst_hours_in_10, locale)}
              </Table.Td>
              <Table.Td ta="right">
                <Num value={one.outages_per_year} digits={1} />
              </Table.Td>
              <Table.Td ta="right" className="num">
                {money(one.loss)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}

function Bars({
  label,
  names,
  series,
}: {
  label: string;
  names: readonly string[];
  series: readonly { name: string; values: readonly number[] }[];
}) {
  return (
    <Chart
      label={label}
      height={Math.max(120, 34 * names.length + 70)}
      option={{
        tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
        legend: { bottom: 0, show: series.length > 1 },
        grid: { left: 8, right: 24, top: 8, bottom: 40, containLabel: true },
        xAxis: { type: "value" },
        yAxis: {
          ...{ type: "category", inverse: true, data: names },
          axisLabel: { width: 220, overflow: "truncate" },
        },
        series: series.map(({ name, values }) => ({
          ...{ name, type: "bar", stack: "all", barMaxWidth: 18, data: values },
        })),
      }}
      table={{
        columns: ["", ...series.map(({ name }) => name)],
        rows: names.map((name, index) => [name, ...series.map(({ values }) => values[index] ?? 0)]),
      }}
    />
  );
}

type Line = NonNullable<Answers["evidence"]>["lines"][number];

const lightOf: Record<Line["verdict"], LightState> = {
  ...{ "as predicted": "good", better: "good", worse: "bad", "not proven": "warn" },
};

function Evidence({ lines }: { lines: readonly Line[] }) {
  const t = useText();
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table miw={620} verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            {(["what", "predicted", "measured", "verdict"] as const).map((name) => (
              <Table.Th key={name}>{t(name)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map(({ what, predicted, measured, verdict, words }) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td className="num">{predicted}</Table.Td>
              <Table.Td className="num">{measured}</Table.Td>
              <Table.Td>
                <LightBadge state={lightOf[verdict]}>{verdict}</LightBadge>
                <Text size="xs" c="dimmed" mt={2}>
                  {words}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
