import {
  Alert,
  Button,
  Code,
  Group,
  NumberInput,
  ScrollArea,
  Select,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import { IconAlertTriangle, IconFlame } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { type Cluster, useCluster } from "../../api/cluster.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { Chart } from "../../kit/chart.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked, Empty, Fault } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { Lasting, Moment, Num, Span } from "../../kit/time.tsx";
import { useText } from "./strings.ts";

type Drill = paths["/v1/drills"]["get"]["responses"][200]["content"]["application/json"]["drills"][number];
type Schedule = paths["/v1/drills/schedule"]["get"]["responses"][200]["content"]["application/json"];

const example = `drills:
  time_zone: Europe/Berlin
  schedule:
    - cron: "30 3 1 * *"
      run: [switchover]`;

export default function Drills() {
  const t = useText();
  const { may } = useSession();
  const cluster = useCluster();
  const drilling = cluster.data?.drilling ?? null;
  const schedule = useQuery({
    queryKey: ["drills", "schedule"],
    queryFn: () => answer(api.GET("/v1/drills/schedule")),
  });
  const history = useQuery({
    // When one ends, its result is there.
    queryKey: ["drills", "history", drilling?.since ?? ""],
    queryFn: () => answer(api.GET("/v1/drills", { params: { query: { limit: 200 } } })),
    refetchInterval: 15_000,
  });
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      {drilling && (
        <Section title={`${t("runs")}: ${drilling.name}`}>
          <Group gap="sm" role="status">
            <LightBadge state="warn">{drilling.host}</LightBadge>
            <Text size="sm">
              {drilling.by}, {t("since")} <Lasting since={drilling.since} />
            </Text>
            <Text size="sm" c="dimmed">
              {drilling.said}
            </Text>
          </Group>
        </Section>
      )}
      {may("operator") && (
        <Section title={t("run")} lead={t("runLead")}>
          <Asked query={schedule}>
            {({ safe }) => <Run safe={safe} busy={drilling !== null} orders={cluster.data?.orders ?? []} />}
          </Asked>
        </Section>
      )}
      <Asked query={history}>
        {({ drills }) =>
          drills.length === 0 ? (
            <Section>
              <Empty icon={IconFlame} title={t("empty")}>
                {t("emptyText")}
              </Empty>
            </Section>
          ) : (
            <>
              <Trend drills={drills} />
              <Section title={t("history")} flush>
                <History drills={drills.slice(0, 100)} />
              </Section>
            </>
          )
        }
      </Asked>
      <Asked query={schedule}>{(found) => <Planned schedule={found} />}</Asked>
    </>
  );
}

function Run({ safe, busy, orders }: { safe: readonly string[]; busy: boolean; orders: Cluster["orders"] }) {
  const t = useText();
  const confirm = useConfirm();
  const [name, setName] = useState("switchover");
  const [runs, setRuns] = useState(1);
  const [fault, setFault] = useState<unknown>();
  /** The order that was given here last: whether it was carried out is known later. */
  const [given, setGiven] = useState<string>();
  const order = orders.find(({ id }) => id === given);
  const waits = given !== undefined && !busy && (order === undefined || order.state === "waiting");
  const start = async () => {
    setFault(undefined);
    setGiven(undefined);
    const yes = await confirm({
      title: t("ask"),
      what: t("askWhat", { name, count: runs }),
      callers: t(name === "switchover" ? "callersSwitch" : "callersPart"),
      action: t("start"),
    });
    if (!yes) return;
    try {
      setGiven(
        (await answer(api.POST("/v1/drills/run", { body: { id: crypto.randomUUID(), name, runs } }))).id,
      );
    } catch (error) {
      setFault(error);
    }
  };
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        <Select
          label={t("which")}
          w={260}
          allowDeselect={false}
          value={name}
          onChange={(value) => setName(value ?? "switchover")}
          data={[...safe]}
        />
        <NumberInput
          label={t("times")}
          w={90}
          min={1}
          max={5}
          clampBehavior="strict"
          allowDecimal={false}
          value={runs}
          onChange={(value) => setRuns(Number(value) || 1)}
        />
        <Button disabled={busy} loading={waits} onClick={() => void start()}>
          {t("start")}
        </Button>
      </Group>
      <div aria-live="polite">
        {waits && (
          <Text size="sm" c="dimmed">
            {t("ordered")}
          </Text>
        )}
        {order?.state === "failed" && (
          <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title={t("refused")}>
            <div>{order.text}</div>
            <div>{t("refusedWhat")}</div>
          </Alert>
        )}
      </div>
      {fault !== undefined && <Fault error={fault} ofDoing />}
    </Stack>
  );
}

function Trend({ drills }: { drills: readonly Drill[] }) {
  const t = useText();
  const kinds = [...new Set(drills.map(({ kind }) => kind))]
    .map((kind) => ({
      kind,
      points: drills
        .filter((drill) => drill.kind === kind)
        .toReversed()
        .flatMap(({ finished_at, figures }) =>
          figures?.z_ms ? [[finished_at, Math.round(figures.z_ms.median)] as const] : [],
        ),
    }))
    .filter(({ points }) => points.length > 0)
    .slice(0, 6);
  if (kinds.length === 0) return null;
  return (
    <Section title={t("trend")} lead={t("trendLead")}>
      <Chart
        label={t("trend")}
        height={220}
        option={{
          tooltip: { trigger: "axis" },
          legend: { bottom: 0 },
          grid: { left: 56, right: 16, top: 12, bottom: 56 },
          xAxis: { type: "time" },
          yAxis: { type: "value", name: "" },
          series: kinds.map(({ kind, points }) => ({
            // A first drill has no line yet, but a point.
            ...{ name: kind, type: "line", symbol: "circle", symbolSize: 7, data: points },
          })),
        }}
        table={{
          columns: [t("drill"), t("when"), t("outage")],
          rows: kinds.flatMap(({ kind, points }) =>
            points.map(([at, ms]) => [`${kind} ${at}`, at, ms] as const),
          ),
        }}
      />
    </Section>
  );
}

function History({ drills }: { drills: readonly Drill[] }) {
  const t = useText();
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table miw={820} verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("when")}</Table.Th>
            <Table.Th>{t("drill")}</Table.Th>
            <Table.Th>{t("result")}</Table.Th>
            <Table.Th ta="right">{t("outage")}</Table.Th>
            <Table.Th ta="right">{t("lost")}</Table.Th>
            <Table.Th ta="right">{t("missing")}</Table.Th>
            <Table.Th>{t("who")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {drills.map(({ id, kind, finished_at, passed, figures, started_by, summary }) => (
            <Table.Tr key={id}>
              <Table.Td className="num" style={{ whiteSpace: "nowrap" }}>
                <Moment at={finished_at} />
              </Table.Td>
              <Table.Td>{kind}</Table.Td>
              <Table.Td>
                <LightBadge state={passed ? "good" : "bad"}>{t(passed ? "passed" : "failed")}</LightBadge>
                {!passed && (
                  <Text size="xs" c="dimmed" mt={2}>
                    {summary}
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="right" style={{ whiteSpace: "nowrap" }}>
                {figures?.z_ms ? <Span ms={figures.z_ms.median} /> : "–"}
              </Table.Td>
              <Table.Td ta="right">{figures ? <Num value={figures.lost} /> : "–"}</Table.Td>
              <Table.Td ta="right">{figures ? <Num value={figures.records_missing} /> : "–"}</Table.Td>
              <Table.Td>{started_by}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}

function Planned({ schedule: { windows, time_zone } }: { schedule: Schedule }) {
  const t = useText();
  return (
    <Section title={t("schedule")} lead={t("scheduleLead", { zone: time_zone })}>
      {windows.length === 0 ? (
        <Stack gap="xs">
          <Text fw={550}>{t("unscheduled")}</Text>
          <Text size="sm" c="dimmed">
            {t("unscheduledText")}
          </Text>
          <Code block>{example}</Code>
        </Stack>
      ) : (
        <Stack gap="md">
          {windows.map(({ cron, run, window_minutes, next }) => (
            <Group key={cron} gap="md">
              <Code>{cron}</Code>
              <Text>{run.join(", ")}</Text>
              <Text size="sm" c="dimmed">
                {t("window", { minutes: window_minutes })}
                {next[0] && (
                  <>
                    , {t("next")}: <Moment at={next[0]} />
                  </>
                )}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
    </Section>
  );
}
