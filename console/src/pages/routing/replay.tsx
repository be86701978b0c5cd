import { Button, Select, Text } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { Empty, Fault, Loading } from "../../kit/empty.tsx";
import { Figure, Section } from "../../kit/page.tsx";
import { Moment, Num, Span } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { useDraftName } from "./draft-name.ts";
import { RoutingHead } from "./head.tsx";
import classes from "./routing.module.css";

const useText = defineStrings("replay", {
  en: {
    title: "Replay",
    lead: "Calls that were, decided again: what would be different, and what it would cost. Nobody is called.",
    since: "Calls of the last",
    hour: "hour",
    day: "day",
    week: "week",
    month: "30 days",
    go: "Replay",
    teach: "Yesterday's calls, by these rules",
    teachDraft:
      "How many of yesterday's calls would go elsewhere by draft {{draft}}, which, and at what price? A million calls take less than a minute.",
    teachLive:
      "Each call is decided anew by the rules as they are now, and compared with the rule in its record. With a draft chosen: the rules with and without it.",
    calls: "Calls",
    changed: "Would be different",
    before: "Cost before",
    after: "Cost after",
    unpriced: "{{count}} without a known price",
    took: "Took",
    groups: "What would be different",
    was: "Was",
    would: "Would be",
    example: "For example",
    same: "All calls would go as they did.",
    more_one: "one more kind",
    more_other: "{{count}} more kinds",
  },
  de: {
    title: "Nachspielen",
    lead: "Anrufe, die es gab, neu entschieden: was anders wäre und was es kostete. Niemand wird angerufen.",
    since: "Anrufe der letzten",
    hour: "Stunde",
    day: "24 Stunden",
    week: "Woche",
    month: "30 Tage",
    go: "Nachspielen",
    teach: "Die Anrufe von gestern, nach diesen Regeln",
    teachDraft:
      "Wie viele der Anrufe von gestern gingen nach dem Entwurf {{draft}} anderswohin, welche, und zu welchem Preis? Eine Million Anrufe dauern keine Minute.",
    teachLive:
      "Jeder Anruf wird nach den jetzigen Regeln neu entschieden und mit der Regel in seinem Datensatz verglichen. Mit einem Entwurf: die Regeln mit ihm und ohne ihn.",
    calls: "Anrufe",
    changed: "Wären anders",
    before: "Kosten vorher",
    after: "Kosten danach",
    unpriced: "{{count}} ohne bekannten Preis",
    took: "Dauerte",
    groups: "Was anders wäre",
    was: "War",
    would: "Wäre",
    example: "Zum Beispiel",
    same: "Alle Anrufe gingen, wie sie gingen.",
    more_one: "eine weitere Art",
    more_other: "{{count}} weitere Arten",
  },
});

const spans = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_592_000_000 } as const;
type SpanName = keyof typeof spans;

export default function Replay() {
  const t = useText();
  const draft = useDraftName();
  const [span, setSpan] = useState<SpanName>("day");
  const played = useMutation({
    mutationFn: () =>
      answer(
        api.POST("/v1/rules/replay", {
          body: {
            since: new Date(Date.now() - spans[span]).toISOString(),
            groups: 50,
            ...(draft !== undefined && { draft }),
          },
        }),
      ),
  });
  return (
    <>
      <RoutingHead title={t("title")} lead={t("lead")} />
      <Section>
        <form
          className={classes.fields}
          onSubmit={(event) => {
            event.preventDefault();
            played.mutate();
          }}
        >
          <Select
            label={t("since")}
            allowDeselect={false}
            value={span}
            onChange={(value) => value !== null && setSpan(value as SpanName)}
            data={(Object.keys(spans) as SpanName[]).map((value) => ({ value, label: t(value) }))}
          />
          <Button
            type="submit"
            loading={played.isPending}
            leftSection={<IconHistory size={16} stroke={1.8} aria-hidden />}
          >
            {t("go")}
          </Button>
        </form>
      </Section>
      {played.isPending && <Loading />}
      {played.error && (
        <Section>
          <Fault error={played.error} />
        </Section>
      )}
      {played.data ? (
        <Report report={played.data} />
      ) : (
        !played.isPending &&
        !played.error && (
          <Section>
            <Empty icon={IconHistory} title={t("teach")}>
              {draft === undefined ? t("teachLive") : t("teachDraft", { draft })}
            </Empty>
          </Section>
        )
      )}
    </>
  );
}

type Played = NonNullable<Awaited<ReturnType<typeof replayed>>>;
const replayed = () => answer(api.POST("/v1/rules/replay", { body: { since: "" } }));

function Report({ report }: { report: Played }) {
  const t = useText();
  const {
    calls,
    changed,
    cost_before,
    cost_after,
    unpriced_before,
    unpriced_after,
    seconds,
    groups,
    more_groups,
  } = report;
  const unpriced = (count: number) => (count > 0 ? t("unpriced", { count }) : undefined);
  return (
    <>
      <Section>
        <div className={classes.figures} role="status">
          <Figure label={t("calls")} value={<Num value={calls} />} />
          <Figure
            label={t("changed")}
            value={<Num value={changed} />}
            {...(calls > 0 && { note: `${((changed * 100) / calls).toFixed(1)} %` })}
          />
          <Figure label={t("before")} value={cost_before} note={unpriced(unpriced_before)} />
          <Figure label={t("after")} value={cost_after} note={unpriced(unpriced_after)} />
          <Figure label={t("took")} value={<Span ms={seconds * 1000} />} />
        </div>
      </Section>
      <Section title={t("groups")}>
        {groups.length === 0 ? (
          <Text c="dimmed">{t("same")}</Text>
        ) : (
          <table className={classes.diff}>
            <thead>
              <tr>
                <th scope="col">{t("was")}</th>
                <th scope="col">{t("would")}</th>
                <th scope="col">{t("calls")}</th>
                <th scope="col">{t("example")}</th>
              </tr>
            </thead>
            <tbody>
              {groups.map((group) => (
                <tr key={`${group.before} ${group.after}`}>
                  <td className={classes.before}>{group.before}</td>
                  <td className={classes.after}>{group.after}</td>
                  <td className="num">
                    <Num value={group.calls} />
                  </td>
                  <td>
                    {group.examples.slice(0, 2).map(({ call_id, at, caller, number }) => (
                      <div key={call_id}>
                        {caller} → {number}, <Moment at={at} />
                      </div>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {more_groups > 0 && <Text c="dimmed">{t("more", { count: more_groups })}</Text>}
      </Section>
    </>
  );
}
