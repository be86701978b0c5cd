import { Group, SegmentedControl, Text, TextInput } from "@mantine/core";
import { IconPhoneCall, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { answer, api } from "../../api/client.ts";
import { useEvents } from "../../api/live.ts";
import { Empty, Fault, Loading } from "../../kit/empty.tsx";
import { LightBadge, type LightState } from "../../kit/light.tsx";
import { PageHeader } from "../../kit/page.tsx";
import { Lasting } from "../../kit/time.tsx";
import { defineStrings, localeOf, useLanguage } from "../../shell/i18n.ts";
import classes from "./calls.module.css";
import { type Call, noCalls, shownOf, withList, withNews } from "./live-calls.ts";

const useText = defineStrings("calls", {
  en: {
    title: "Calls now",
    lead: "Calls in progress on all nodes, as they happen.",
    all: "All",
    trying: "Calling",
    ringing: "Ringing",
    waiting: "Not answered yet",
    answered: "In conversation",
    ended: "Over",
    find: "Number, user, carrier",
    state: "State",
    from: "From",
    to: "To",
    target: "At",
    rule: "Rule",
    node: "Node",
    lasts: "Lasts",
    count_one: "{{shown}} call",
    count_other: "{{shown}} calls",
    newest: "the newest {{most}} are shown",
    none: "No call at the moment",
    noneWhat:
      "As soon as somebody dials, the call stands here: who, to whom, by which rule, and for how long. Try it: bin/dialtone call ada bob",
    noneFound: "No call at the moment is like that",
  },
  de: {
    title: "Laufende Gespräche",
    lead: "Gespräche auf allen Knoten, während sie geschehen.",
    all: "Alle",
    trying: "Ruft",
    ringing: "Klingelt",
    waiting: "Noch nicht angenommen",
    answered: "Im Gespräch",
    ended: "Vorbei",
    find: "Nummer, Benutzer, Carrier",
    state: "Zustand",
    from: "Von",
    to: "An",
    target: "Bei",
    rule: "Regel",
    node: "Knoten",
    lasts: "Dauert",
    count_one: "{{shown}} Gespräch",
    count_other: "{{shown}} Gespräche",
    newest: "die neuesten {{most}} werden gezeigt",
    none: "Im Moment kein Gespräch",
    noneWhat:
      "Sobald jemand wählt, steht das Gespräch hier: wer, mit wem, nach welcher Regel und wie lange schon. Probieren Sie es: bin/dialtone call ada bob",
    noneFound: "Im Moment gibt es kein solches Gespräch",
  },
});

const types = ["call.started", "call.ringing", "call.answered", "call.transferred", "call.ended"] as const;
/** However many calls a second there are, people read no faster. */
const drawMs = 300;
/** So many rows are shown. */
const most = 300;

/** Calls in progress, live. */
function useLiveCalls() {
  const [live, setLive] = useState(noCalls);
  const told = useRef<Call[]>([]);
  useEvents(`/v1/call-events?types=${types.join(",")}`, types, (_type, data) => {
    told.current.push((data as { call: Call }).call);
  });
  useEffect(() => {
    const timer = setInterval(() => {
      if (told.current.length === 0) return;
      const news = told.current;
      told.current = [];
      setLive((before) => withNews(before, news, performance.now()));
    }, drawMs);
    return () => clearInterval(timer);
  }, []);
  const query = useQuery({
    queryKey: ["calls"],
    queryFn: () => answer(api.GET("/v1/calls", { params: { query: { limit: 500 } } })),
    // What is told is enough; this finds what was missed.
    refetchInterval: 20_000,
    staleTime: 0,
  });
  const { data } = query;
  useEffect(() => {
    if (data) setLive((before) => withList(before, data.calls, performance.now()));
  }, [data]);
  return { live, query };
}

const lights: Record<Call["state"], LightState> = {
  trying: "idle",
  ringing: "warn",
  answered: "good",
  ended: "idle",
};

/** `sip:+4930…@host` as people say it. Pure. */
const plainly = (address: string): string =>
  address
    .replace(/^sips?:/, "")
    .replace(/@.*$/, "")
    .replace(/^.*%40/, "");

function Row({ call }: { call: Call }) {
  const t = useText();
  return (
    <tr>
      <td>
        <LightBadge state={lights[call.state]}>{t(call.state)}</LightBadge>
      </td>
      <td className={classes.party}>
        {call.user !== "" ? call.user : plainly(call.from)}
        {call.user !== "" && plainly(call.from) !== call.user && (
          <span className={classes.second}>{plainly(call.from)}</span>
        )}
      </td>
      <td className={classes.party}>{call.number !== "" ? call.number : plainly(call.to)}</td>
      <td className={classes.wide}>{call.carrier !== "" ? call.carrier : plainly(call.target)}</td>
      <td className={classes.wide}>{call.rule}</td>
      <td className={classes.wide}>{call.node}</td>
      <td data-numeric className={classes.lasts}>
        <Lasting since={call.answered_at ?? call.started_at} />
      </td>
    </tr>
  );
}

/** What can be looked for. That it rings is told only while a webhook wants it (docs/call-status.md). */
const states = {
  waiting: ["trying", "ringing"],
  answered: ["answered"],
} as const satisfies Record<string, readonly Call["state"][]>;
const isKnown = (name: string): name is keyof typeof states => name in states;

/** /console/calls */
export default function CallsNow() {
  const t = useText();
  const locale = localeOf(useLanguage());
  const { live, query } = useLiveCalls();
  const [text, setText] = useState("");
  const [state, setState] = useState("all");
  const calls = shownOf(live, text, isKnown(state) ? states[state] : null);
  const counted = t("count", { count: calls.length, shown: calls.length.toLocaleString(locale) });
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <div className={classes.surface}>
        <Group className={classes.bar} justify="space-between" gap="sm">
          <Group gap="sm">
            <TextInput
              leftSection={<IconSearch size={15} stroke={1.8} aria-hidden />}
              placeholder={t("find")}
              aria-label={t("find")}
              className={classes.find}
              value={text}
              onChange={({ currentTarget }) => setText(currentTarget.value)}
            />
            <SegmentedControl
              aria-label={t("state")}
              value={state}
              onChange={setState}
              data={[
                { value: "all", label: t("all") },
                ...Object.keys(states)
                  .filter(isKnown)
                  .map((value) => ({ value, label: t(value) })),
              ]}
            />
          </Group>
          <Text size="sm" c="dimmed" className="num">
            {counted}
            {calls.length > most && `, ${t("newest", { most })}`}
          </Text>
        </Group>
        {query.error && live.calls.size === 0 ? (
          <div className={classes.fault}>
            <Fault error={query.error} again={() => void query.refetch()} />
          </div>
        ) : query.data === undefined ? (
          <Loading />
        ) : calls.length === 0 ? (
          <Empty icon={IconPhoneCall} title={live.calls.size === 0 ? t("none") : t("noneFound")}>
            {live.calls.size === 0 && t("noneWhat")}
          </Empty>
        ) : (
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t("state")}</th>
                <th scope="col">{t("from")}</th>
                <th scope="col">{t("to")}</th>
                <th scope="col" className={classes.wide}>
                  {t("target")}
                </th>
                <th scope="col" className={classes.wide}>
                  {t("rule")}
                </th>
                <th scope="col" className={classes.wide}>
                  {t("node")}
                </th>
                <th scope="col" data-numeric className={classes.lasts}>
                  {t("lasts")}
                </th>
              </tr>
            </thead>
            <tbody>
              {calls.slice(0, most).map((call) => (
                <Row key={call.id} call={call} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </>
  );
}
