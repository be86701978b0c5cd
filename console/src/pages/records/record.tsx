import { Anchor, Group, Text } from "@mantine/core";
import { IconArrowLeft, IconListSearch, IconMicrophone } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useRouter } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useEvents } from "../../api/live.ts";
import { Copy } from "../../kit/copy.tsx";
import { Asked, Empty } from "../../kit/empty.tsx";
import { isGone } from "../../kit/gone.tsx";
import { Light } from "../../kit/light.tsx";
import { Facts, Figure, PageHeader, Section } from "../../kit/page.tsx";
import { Lasting, Moment, Span, spanText } from "../../kit/time.tsx";
import { pages } from "../../pages.ts";
import { defineStrings, localeOf, useLanguage } from "../../shell/i18n.ts";
import { LadderPicture } from "./ladder.tsx";
import { Player } from "./player.tsx";
import { type CallEvent, type CallRecord, party } from "./record-types.ts";
import classes from "./records.module.css";
import { outcomeLight, useOutcomeText } from "./strings.ts";

const useText = defineStrings("record", {
  en: {
    back: "Records",
    outcome: "Outcome",
    rang: "Until answered",
    talked: "Talked",
    carrier: "Carrier",
    cost: "Cost",
    code: "SIP {{status}}",
    goesOn: "goes on",
    what: "What happened",
    whatLead: "Messages in the order of their time, in seconds after the call began.",
    decision: "Decision",
    rule: "Rule",
    noRule: "none fitted",
    ruleOpen: "told when somebody answers, or nobody does",
    by: "Decided by",
    own: "the app of the same node",
    peer: "the app of another node",
    last: "what was last known for this number: no app answered",
    static: "the fallback of cluster.yaml: no app answered",
    version: "Rules then",
    versionOf: "version {{version}}",
    meant: "Meant",
    tags: "Tags",
    passes: "Decisions after it",
    passText: "{{pass}}. {{number}}: {{rule}}, {{code}}",
    details: "Details",
    from: "Caller",
    to: "Dialled",
    user: "User",
    noUser: "not authenticated",
    source: "Came from",
    target: "Went to",
    takenBy: "Taken by",
    began: "Began",
    ended: "Ended",
    closed: "Ended by",
    bye: "a hang-up",
    failed: "a refusal",
    mediaTimeout: "silence: neither side sent audio any more",
    estimated: "estimate: no end was seen",
    nodes: "Nodes",
    note: "Remarks",
    transfers: "Transfers",
    transferText: "{{by}} to {{to}}",
    transferredBy: "Transferred here by",
    replaces: "Took the place of",
    interruptions: "Interruptions",
    moved: "address moved from {{from}} to {{to}}, silent for {{span}} at most",
    planned: "handed over by plan from {{from}} to {{to}}",
    recording: "Recording",
    recordingLead: "The caller left, the called one right.",
    running: "The call is being recorded. It can be heard when it is over.",
    pending: "The recording is being made: some seconds.",
    failedRecording: "The recording could not be made.",
    missing: "This call was to be recorded, and no recording is there.",
    deleted: "The recording was deleted.",
    noFile: "There is no audio in it.",
    events: "Events",
    eventsLead: "What this record was built from, as each node wrote it down.",
    time: "Time",
    event: "Event",
    codeColumn: "Code",
    node: "Node",
    copy: "Copy Call-ID",
    gone: "This record is not there",
    goneWhat: "It was never written, or it is not kept any more.",
    quality: "Audio",
    codecs: "{{codecs}}, {{gaps}} gaps in the recording, {{lost}} s in all",
    clean: "{{codecs}}, no gap in the recording",
  },
  de: {
    back: "Anrufliste",
    outcome: "Ausgang",
    rang: "Bis zur Annahme",
    talked: "Gesprochen",
    carrier: "Anbieter",
    cost: "Kosten",
    code: "SIP {{status}}",
    goesOn: "läuft noch",
    what: "Was geschah",
    whatLead: "Nachrichten in der Reihenfolge ihrer Zeit, in Sekunden nach Beginn des Anrufs.",
    decision: "Entscheidung",
    rule: "Regel",
    noRule: "keine passte",
    ruleOpen: "steht da, wenn jemand annimmt oder niemand",
    by: "Entschieden von",
    own: "der App desselben Knotens",
    peer: "der App eines anderen Knotens",
    last: "dem zuletzt Bekannten für diese Nummer: keine App antwortete",
    static: "dem Ersatzweg aus cluster.yaml: keine App antwortete",
    version: "Regeln damals",
    versionOf: "Version {{version}}",
    meant: "Gemeint",
    tags: "Merkmale",
    passes: "Entscheidungen danach",
    passText: "{{pass}}. {{number}}: {{rule}}, {{code}}",
    details: "Einzelheiten",
    from: "Anrufer",
    to: "Gewählt",
    user: "Benutzer",
    noUser: "nicht angemeldet",
    source: "Kam von",
    target: "Ging an",
    takenBy: "Übernommen von",
    began: "Beginn",
    ended: "Ende",
    closed: "Beendet durch",
    bye: "Auflegen",
    failed: "Ablehnung",
    mediaTimeout: "Stille: Keine Seite sandte noch Ton",
    estimated: "Schätzung: Kein Ende wurde gesehen",
    nodes: "Knoten",
    note: "Bemerkung",
    transfers: "Weitergaben",
    transferText: "{{by}} an {{to}}",
    transferredBy: "Hierher weitergegeben von",
    replaces: "Trat an die Stelle von",
    interruptions: "Unterbrechungen",
    moved: "Adresse zog von {{from}} nach {{to}}, höchstens {{span}} still",
    planned: "planmäßig übergeben von {{from}} an {{to}}",
    recording: "Aufnahme",
    recordingLead: "Der Anrufer links, der Angerufene rechts.",
    running: "Das Gespräch wird aufgenommen. Anhören lässt es sich, wenn es vorbei ist.",
    pending: "Die Aufnahme wird hergestellt: einige Sekunden.",
    failedRecording: "Die Aufnahme konnte nicht hergestellt werden.",
    missing: "Dieses Gespräch sollte aufgenommen werden, und es gibt keine Aufnahme.",
    deleted: "Die Aufnahme wurde gelöscht.",
    noFile: "Es ist kein Ton darin.",
    events: "Ereignisse",
    eventsLead: "Woraus dieser Eintrag entstand, wie jeder Knoten es aufschrieb.",
    time: "Zeit",
    event: "Ereignis",
    codeColumn: "Code",
    node: "Knoten",
    copy: "Call-ID kopieren",
    gone: "Diesen Eintrag gibt es nicht",
    goneWhat: "Er wurde nie geschrieben oder wird nicht mehr aufbewahrt.",
    quality: "Ton",
    codecs: "{{codecs}}, {{gaps}} Lücken in der Aufnahme, zusammen {{lost}} s",
    clean: "{{codecs}}, keine Lücke in der Aufnahme",
  },
});

const types = ["call.answered", "call.attempt-failed", "call.transferred", "call.ended"] as const;

export default function RecordPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const query = useQuery({
    queryKey: ["record", id],
    queryFn: () => answer(api.GET("/v1/records/{id}", { params: { path: { id } } })),
  });
  const open = query.data?.record.closed_how === null;
  useEvents(open ? `/v1/call-events?types=${types.join(",")}` : undefined, types, (_type, data) => {
    const told = data as { call?: { id?: string } } | null;
    if (told?.call?.id === id) void query.refetch();
  });
  if (isGone(query)) return <Gone />;
  return <Asked query={query}>{(data) => <Shown {...data} />}</Asked>;
}

function Gone() {
  const t = useText();
  return (
    <>
      <Back />
      <Empty icon={IconListSearch} title={t("gone")}>
        {t("goneWhat")}
      </Empty>
    </>
  );
}

function Shown({ record, events }: { record: CallRecord; events: CallEvent[] }) {
  const t = useText();
  return (
    <>
      <Group mb="xs">
        <Back />
      </Group>
      <PageHeader
        title={`${party(record.from) || record.source} → ${party(record.to)}`}
        lead={<Moment at={record.started_at} />}
        actions={<Copy value={record.call_id} label={t("copy")} />}
      />
      <div className={classes.stack}>
        <Section>
          <Figures record={record} />
        </Section>
        <div className={classes.columns}>
          <div className={classes.stack}>
            <Section title={t("what")} lead={t("whatLead")}>
              <LadderPicture record={record} events={events} />
            </Section>
            {record.recording && <RecordingSection record={record} />}
          </div>
          <div className={`${classes.stack} ${classes.side}`}>
            <Section title={t("decision")}>
              <Decision record={record} />
            </Section>
            <Section title={t("details")}>
              <Details record={record} />
            </Section>
          </div>
        </div>
        <Section title={t("events")} lead={t("eventsLead")}>
          <Events events={events} />
        </Section>
      </div>
    </>
  );
}

/** Back to the list as it was left, filters too; to the whole list for who came by a link. */
function Back() {
  const t = useText();
  const router = useRouter();
  return (
    <Anchor
      component={Link}
      to="/records"
      size="sm"
      onClick={(event: React.MouseEvent) => {
        if (!router.history.canGoBack()) return;
        event.preventDefault();
        router.history.back();
      }}
    >
      <Group gap={4} component="span">
        <IconArrowLeft size={15} aria-hidden />
        {t("back")}
      </Group>
    </Anchor>
  );
}

function Figures({ record }: { record: CallRecord }) {
  const t = useText();
  const outcomeText = useOutcomeText();
  const { started_at, answered_at, duration_ms, closed_how, charge, carrier, status } = record;
  return (
    <div className={classes.figures}>
      <Figure
        label={t("outcome")}
        value={
          <Light state={outcomeLight[record.outcome]} size={20}>
            {outcomeText(record.outcome)}
          </Light>
        }
        note={status > 0 ? `${t("code", { status })} ${record.reason}` : undefined}
      />
      {answered_at !== null && (
        <Figure label={t("rang")} value={<Span ms={Date.parse(answered_at) - Date.parse(started_at)} />} />
      )}
      {answered_at !== null && (
        <Figure
          label={t("talked")}
          value={
            duration_ms === null && closed_how === null ? (
              <Lasting since={answered_at} />
            ) : (
              <Span ms={duration_ms ?? 0} />
            )
          }
          note={closed_how === null ? t("goesOn") : undefined}
        />
      )}
      {carrier !== "" && <Figure label={t("carrier")} value={carrier} />}
      {charge && (
        <Figure
          label={t("cost")}
          value={`${charge.cost} ${charge.currency}`}
          note={`${charge.per_minute} ${charge.currency} / min`}
        />
      )}
    </div>
  );
}

/** A page that shows rules or versions, where the console has one. */
const pathOf = (...paths: string[]): string | undefined =>
  paths.find((path) => pages.some((page) => page.path === path));

function Decision({ record }: { record: CallRecord }) {
  const t = useText();
  const versions = useQuery({
    queryKey: ["versions", "all"],
    queryFn: () => answer(api.GET("/v1/versions", { params: { query: { limit: 1000 } } })),
    staleTime: 60_000,
  });
  const started = Date.parse(record.started_at);
  const version = versions.data?.versions.find(({ at }) => Date.parse(at) <= started);
  const decider = record.decided_by as "own" | "peer" | "last" | "static" | "";
  const routing = pathOf("routing", "rules");
  const history = pathOf("routing/versions", "versions") ?? routing;
  const rule =
    record.rule === "" ? (
      <Text c="dimmed">{t(record.closed_how === null ? "ruleOpen" : "noRule")}</Text>
    ) : routing === undefined ? (
      record.rule
    ) : (
      <Anchor component={Link} to={`/${routing}`}>
        {record.rule}
      </Anchor>
    );
  return (
    <Facts
      items={[
        [t("rule"), rule],
        [
          t("by"),
          decider in { own: 1, peer: 1, last: 1, static: 1 } ? t(decider as "own") : record.decided_by,
        ],
        [
          t("version"),
          version && (
            <span>
              {history === undefined ? (
                t("versionOf", { version: version.version })
              ) : (
                <Anchor component={Link} to={`/${history}`}>
                  {t("versionOf", { version: version.version })}
                </Anchor>
              )}
              , <Moment at={version.at} />
              {version.who !== "" && `, ${version.who}`}
            </span>
          ),
        ],
        [t("meant"), record.meant],
        [
          t("tags"),
          Object.entries(record.tags)
            .map(([name, value]) => `${name}=${value}`)
            .join(", "),
        ],
        [
          t("passes"),
          record.passes.length > 0
            ? record.passes.map(({ pass, number, rule, code }) => (
                <div key={pass}>{t("passText", { pass, number, rule, code })}</div>
              ))
            : undefined,
        ],
      ]}
    />
  );
}

const closings = {
  bye: "bye",
  failed: "failed",
  "media-timeout": "mediaTimeout",
  estimated: "estimated",
} as const;

/** Without what stands under interruptions already (src/records/moves.ts puts it into the note too). Pure. */
const remarksOf = ({ note, interruptions }: CallRecord): string =>
  note
    .split("; ")
    .filter((part) => !interruptions.some(({ at }) => part.includes(` at ${at}`)))
    .join("; ");

function Details({ record }: { record: CallRecord }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const { transfers, interruptions, closed_how } = record;
  const mono = (text: string) => text !== "" && <span className={classes.mono}>{text}</span>;
  return (
    <Facts
      items={[
        [t("from"), mono(record.from) || undefined],
        [t("to"), mono(record.to) || undefined],
        [t("user"), record.user || <Text c="dimmed">{t("noUser")}</Text>],
        [t("source"), mono(record.source) || undefined],
        [t("target"), mono(record.target) || undefined],
        [t("takenBy"), record.taken_by],
        [t("ended"), record.ended_at && <Moment at={record.ended_at} />],
        [t("closed"), closed_how && t(closings[closed_how])],
        [t("nodes"), record.nodes.join(", ")],
        [
          t("transfers"),
          transfers.length > 0
            ? transfers.map(({ time, by, to }) => (
                <div key={time}>
                  <Moment at={time} as="time" /> {t("transferText", { by: party(by), to: party(to) })}
                </div>
              ))
            : undefined,
        ],
        [t("transferredBy"), record.transferred_by && party(record.transferred_by)],
        [t("replaces"), mono(record.replaces) || undefined],
        [
          t("interruptions"),
          interruptions.length > 0
            ? interruptions.map(({ at, from, to, by_plan, gap_ms }) => (
                <div key={at}>
                  <Moment at={at} as="time" />{" "}
                  {t(by_plan ? "planned" : "moved", { from, to, span: spanText(gap_ms, locale) })}
                </div>
              ))
            : undefined,
        ],
        [t("note"), remarksOf(record)],
        ["Call-ID", mono(record.call_id) || undefined],
      ]}
    />
  );
}

function RecordingSection({ record }: { record: CallRecord }) {
  const t = useText();
  const locale = localeOf(useLanguage());
  const { id, recording } = record;
  const query = useQuery({
    queryKey: ["recording", id],
    queryFn: () => answer(api.GET("/v1/recordings/{id}", { params: { path: { id } } })),
    // It is made some seconds after the end.
    refetchInterval: ({ state }) =>
      state.data?.status === "pending" || state.data?.status === "recording" ? 3000 : false,
  });
  const status = query.data?.status ?? recording?.status;
  const words = {
    recording: t("running"),
    pending: t("pending"),
    failed: t("failedRecording"),
    missing: t("missing"),
    deleted: t("deleted"),
    ready: t("noFile"),
  };
  return (
    <Section title={t("recording")} lead={status === "ready" ? t("recordingLead") : undefined}>
      <Asked query={query}>
        {(found) => {
          const lost = found.gaps.reduce((sum, { length_ms }) => sum + length_ms, 0) / 1000;
          return (
            <>
              {found.status === "ready" && found.files.length > 0 ? (
                <Player recording={found} />
              ) : (
                <Group gap="sm">
                  <IconMicrophone size={18} stroke={1.6} aria-hidden />
                  <Text c="dimmed">{words[found.status]}</Text>
                </Group>
              )}
              {found.problem !== "" && (
                <Text size="sm" mt="sm">
                  <Light state={found.alarm ? "bad" : "warn"}>{found.problem}</Light>
                </Text>
              )}
              {found.codecs.length > 0 && (
                <Text size="sm" c="dimmed" mt="sm">
                  {t(found.gaps.length > 0 ? "codecs" : "clean", {
                    codecs: found.codecs.join(", "),
                    gaps: found.gaps.length,
                    lost: lost.toLocaleString(locale, { maximumFractionDigits: 2 }),
                  })}
                </Text>
              )}
            </>
          );
        }}
      </Asked>
    </Section>
  );
}

function Events({ events }: { events: readonly CallEvent[] }) {
  const t = useText();
  return (
    <section
      className={classes.scroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard
      tabIndex={0}
      aria-label={t("events")}
    >
      <table className={classes.events}>
        <thead>
          <tr>
            {[t("time"), t("event"), t("codeColumn"), t("node"), t("target"), t("rule")].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.id}>
              <td className="num">
                <Moment at={event.time} as="fine" />
              </td>
              <td>{event.kind}</td>
              <td className="num">{event.code === 0 ? "" : `${event.code} ${event.reason}`}</td>
              <td>{event.node}</td>
              <td className={classes.mono}>{event.target}</td>
              <td>{event.rule}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
