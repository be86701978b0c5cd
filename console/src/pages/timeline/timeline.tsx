import {
  Alert,
  Badge,
  Button,
  Group,
  ScrollArea,
  SegmentedControl,
  Stack,
  Table,
  Text,
  TextInput,
} from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answer, api } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { Asked, Empty, Fault } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { Moment, Span } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("timeline", {
  en: {
    title: "Timeline",
    lead: "What happened on all hosts, in one order, grouped to incidents: what began it, what callers noticed, when it was over.",
    since: "How far back",
    incidents: "Incidents",
    drill: "drill",
    over: "over after",
    notOver: "not over",
    noHolder: "The service address had no holder for at most",
    failed_one: "{{count}} call failed",
    failed_other: "{{count}} calls failed",
    cut_one: "{{count}} conversation was cut off",
    cut_other: "{{count}} conversations were cut off",
    moved_one: "{{count}} conversation went on at another node",
    moved_other: "{{count}} conversations went on at another node",
    unnoticed: "Callers noticed nothing",
    entries: "All entries",
    when: "When",
    host: "Host",
    what: "What",
    empty: "Nothing out of the ordinary",
    emptyText:
      "When a part dies, a host falls silent or somebody runs a drill, it stands here with what callers noticed. Choose a longer time to look further back.",
    note: "Write a note into the log",
    noteHint: "such as: replaced the switch of room 2",
    write: "Write",
  },
  de: {
    title: "Verlauf",
    lead: "Was auf allen Hosts geschah, in einer Reihenfolge, zu Vorfällen zusammengefasst: womit es begann, was Anrufende merkten, wann es vorbei war.",
    since: "Wie weit zurück",
    incidents: "Vorfälle",
    drill: "Übung",
    over: "vorbei nach",
    notOver: "nicht vorbei",
    noHolder: "Niemand hatte die Dienstadresse für höchstens",
    failed_one: "{{count}} Anruf scheiterte",
    failed_other: "{{count}} Anrufe scheiterten",
    cut_one: "{{count}} Gespräch riss ab",
    cut_other: "{{count}} Gespräche rissen ab",
    moved_one: "{{count}} Gespräch ging auf einem anderen Knoten weiter",
    moved_other: "{{count}} Gespräche gingen auf einem anderen Knoten weiter",
    unnoticed: "Anrufende merkten nichts",
    entries: "Alle Einträge",
    when: "Wann",
    host: "Host",
    what: "Was",
    empty: "Nichts Ungewöhnliches",
    emptyText:
      "Stirbt ein Teil, verstummt ein Host oder läuft eine Übung, steht es hier mit dem, was Anrufende merkten. Wählen Sie eine längere Zeit, um weiter zurückzusehen.",
    note: "Eine Notiz ins Protokoll schreiben",
    noteHint: "etwa: Switch in Raum 2 getauscht",
    write: "Schreiben",
  },
});

type Timeline = paths["/v1/timeline"]["get"]["responses"][200]["content"]["application/json"];
type Incident = Timeline["incidents"][number];
type Entry = Timeline["entries"][number];

const hours = { "1 h": 1, "24 h": 24, "7 d": 168 } as const;
type Back = keyof typeof hours;

const words = ({ kind, subject, text }: Entry): string =>
  [kind, subject, text].filter((word) => word !== "").join(" · ");

export default function TimelinePage() {
  const t = useText();
  const { may } = useSession();
  const [back, setBack] = useState<Back>("24 h");
  const query = useQuery({
    queryKey: ["timeline", back],
    queryFn: () =>
      answer(
        api.GET("/v1/timeline", {
          params: { query: { since: new Date(Date.now() - hours[back] * 3_600_000).toISOString() } },
        }),
      ),
    refetchInterval: 10_000,
  });
  return (
    <>
      <PageHeader
        title={t("title")}
        lead={t("lead")}
        actions={
          <SegmentedControl
            aria-label={t("since")}
            value={back}
            onChange={(value) => setBack(value as Back)} // its own values
            data={Object.keys(hours)}
          />
        }
      />
      <Asked query={query}>
        {({ incidents, entries, notes }) => (
          <>
            {notes.length > 0 && (
              <Alert color="yellow" variant="light" mb="md">
                {notes.join(" ")}
              </Alert>
            )}
            <Section title={t("incidents")} flush={incidents.length > 0}>
              {incidents.length === 0 ? (
                <Empty icon={IconHistory} title={t("empty")}>
                  {t("emptyText")}
                </Empty>
              ) : (
                incidents.map((incident) => (
                  <IncidentRow key={`${incident.begin} ${incident.cause.host}`} incident={incident} />
                ))
              )}
            </Section>
            {may("operator") && (
              <Section title={t("note")}>
                <Note />
              </Section>
            )}
            <Section title={t("entries")} flush>
              <Entries entries={entries.slice(0, 300)} />
            </Section>
          </>
        )}
      </Asked>
    </>
  );
}

function IncidentRow({ incident }: { incident: Incident }) {
  const t = useText();
  const { begin, end, cause, calls, drills, without_holder_ms: gap } = incident;
  const noticed = [
    calls.failed > 0 && t("failed", { count: calls.failed }),
    calls.cut_off > 0 && t("cut", { count: calls.cut_off }),
    calls.moved_on > 0 && t("moved", { count: calls.moved_on }),
  ].filter((text) => text !== false);
  const bad = gap === null || calls.failed + calls.cut_off > 0;
  return (
    <Stack gap={4} px="lg" py="md" style={{ borderTop: "1px solid var(--dt-line)" }}>
      <Group gap="sm" justify="space-between">
        <Group gap="xs">
          <LightBadge state={end === null ? "bad" : bad ? "warn" : "good"}>
            {end === null ? (
              t("notOver")
            ) : (
              <>
                {t("over")} <Span ms={Date.parse(end) - Date.parse(begin)} />
              </>
            )}
          </LightBadge>
          {drills.map(({ kind, started_by }) => (
            <Badge key={kind} color="gray" tt="none">
              {t("drill")}: {kind} ({started_by})
            </Badge>
          ))}
        </Group>
        <Text size="sm" c="dimmed">
          <Moment at={begin} />
        </Text>
      </Group>
      <Text fw={550}>
        {cause.host}: {words(cause)}
      </Text>
      <Text size="sm" c="dimmed">
        {noticed.length === 0 ? t("unnoticed") : noticed.join(", ")}
        {gap !== null && gap > 0 && (
          <>
            . {t("noHolder")} <Span ms={gap} />
          </>
        )}
      </Text>
    </Stack>
  );
}

function Note() {
  const t = useText();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const [fault, setFault] = useState<unknown>();
  const write = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await answer(api.POST("/v1/timeline/notes", { body: { subject: "person", text } }));
      setText("");
      setFault(undefined);
      await queries.invalidateQueries({ queryKey: ["timeline"] });
    } catch (error) {
      setFault(error);
    }
  };
  return (
    <form onSubmit={(event) => void write(event)}>
      <Group gap="sm" align="flex-start">
        <TextInput
          flex={1}
          miw={200}
          aria-label={t("note")}
          placeholder={t("noteHint")}
          value={text}
          maxLength={500}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={text.trim() === ""}>
          {t("write")}
        </Button>
      </Group>
      {fault !== undefined && <Fault error={fault} ofDoing />}
    </form>
  );
}

function Entries({ entries }: { entries: readonly Entry[] }) {
  const t = useText();
  return (
    <ScrollArea.Autosize mah={480} viewportProps={{ tabIndex: 0 }}>
      <Table miw={520} verticalSpacing={6} horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={170}>{t("when")}</Table.Th>
            <Table.Th w={80}>{t("host")}</Table.Th>
            <Table.Th>{t("what")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two entries may say the same at the same time
            <Table.Tr key={`${entry.at} ${entry.host} ${entry.kind} ${index}`}>
              <Table.Td className="num">
                <Moment at={entry.at} />
              </Table.Td>
              <Table.Td>{entry.host}</Table.Td>
              <Table.Td>{words(entry)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
