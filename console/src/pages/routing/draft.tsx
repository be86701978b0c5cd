import { Button, Text, TextInput } from "@mantine/core";
import { IconPencil, IconRocket, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { ApiProblem, messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked, Empty, Fault } from "../../kit/empty.tsx";
import { Light, LightBadge } from "../../kit/light.tsx";
import { Section } from "../../kit/page.tsx";
import { tellDone } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { ChangeView } from "./changes.tsx";
import { chooseDraft } from "./draft-name.ts";
import { RoutingHead, useDraft, useDrafts } from "./head.tsx";
import classes from "./routing.module.css";
import { rulePath } from "./routing.tsx";

const useText = defineStrings("draft", {
  en: {
    title: "Draft",
    lead: "Changes that decide nothing yet: look at them, try them, then publish all of them in one step.",
    none: "No draft is chosen",
    noneWhat:
      "In a draft, changes are prepared, by one person or several. Calls are decided by it only when it is published: on all nodes in one second, all of it or nothing.",
    choose: "Open",
    changes_one: "One change",
    changes_other: "{{count}} changes",
    begun: "begun by {{who}}",
    version: "on version {{base}}",
    nothing: "It changes nothing yet. Open a rule, change it, and put it in.",
    more: "and {{count}} more",
    clash: "changed in version {{version}} by somebody else",
    findings: "Looked through",
    findingsWhat: "What the draft would make wrong that is not so now",
    fine: "Nothing is wrong with it.",
    error: "wrong",
    warning: "look at it",
    publish: "Publish",
    publishTitle: "Publish draft {{name}}?",
    publishWhat_one:
      "One change is in force on all nodes within a second, and becomes a version that can be rolled back.",
    publishWhat_other:
      "{{count}} changes are in force on all nodes within a second, all of them or none, and become a version that can be rolled back.",
    callers: "Every call from then on is decided by it. Calls in progress go on.",
    why: "Reason, for the list of versions",
    published: "Published as version {{version}}",
    discard: "Discard",
    discardTitle: "Discard draft {{name}}?",
    discardWhat_one: "Its change is lost, for all who work on it.",
    discardWhat_other: "Its {{count}} changes are lost, for all who work on it.",
    discarded: "Draft {{name}} is discarded",
  },
  de: {
    title: "Entwurf",
    lead: "Änderungen, die noch nichts entscheiden: ansehen, ausprobieren, dann alle in einem Schritt veröffentlichen.",
    none: "Kein Entwurf ist gewählt",
    noneWhat:
      "In einem Entwurf werden Änderungen vorbereitet, von einem oder mehreren. Anrufe entscheidet er erst, wenn er veröffentlicht ist: auf allen Knoten in einer Sekunde, ganz oder gar nicht.",
    choose: "Öffnen",
    changes_one: "Eine Änderung",
    changes_other: "{{count}} Änderungen",
    begun: "begonnen von {{who}}",
    version: "auf Version {{base}}",
    nothing: "Er ändert noch nichts. Öffnen Sie eine Regel, ändern Sie sie, und legen Sie sie hinein.",
    more: "und {{count}} weitere",
    clash: "in Version {{version}} von jemand anderem geändert",
    findings: "Durchgesehen",
    findingsWhat: "Was durch den Entwurf falsch würde und es jetzt nicht ist",
    fine: "Nichts ist falsch daran.",
    error: "falsch",
    warning: "bitte ansehen",
    publish: "Veröffentlichen",
    publishTitle: "Entwurf {{name}} veröffentlichen?",
    publishWhat_one:
      "Eine Änderung gilt binnen einer Sekunde auf allen Knoten und wird eine Version, zu der man zurück kann.",
    publishWhat_other:
      "{{count}} Änderungen gelten binnen einer Sekunde auf allen Knoten, alle oder keine, und werden eine Version, von der man zurück kann.",
    callers: "Jeder Anruf danach wird danach entschieden. Laufende Gespräche gehen weiter.",
    why: "Grund, für die Liste der Versionen",
    published: "Veröffentlicht als Version {{version}}",
    discard: "Verwerfen",
    discardTitle: "Entwurf {{name}} verwerfen?",
    discardWhat_one: "Seine Änderung geht verloren, für alle, die an ihm arbeiten.",
    discardWhat_other: "Seine {{count}} Änderungen gehen verloren, für alle, die an ihm arbeiten.",
    discarded: "Entwurf {{name}} ist verworfen",
  },
});

export default function DraftPage() {
  const t = useText();
  const { name, query } = useDraft();
  // Published or discarded by somebody else: the head says so.
  const isGone = query.error instanceof ApiProblem && query.error.status === 404;
  return (
    <>
      <RoutingHead title={t("title")} lead={t("lead")} />
      {name === undefined || isGone ? (
        <Choose />
      ) : (
        <Asked query={query}>{(data) => <View key={name} name={name} data={data} />}</Asked>
      )}
    </>
  );
}

function Choose() {
  const t = useText();
  const drafts = useDrafts();
  return (
    <Asked query={drafts}>
      {(all) => (
        <Section flush>
          <Empty icon={IconPencil} title={t("none")}>
            {t("noneWhat")}
          </Empty>
          {all.map(({ name, who, why, changes, changed_at }) => (
            <div key={name} className={classes.change}>
              <div className={classes.changeHead}>
                <strong>{name}</strong>
                <Text component="span" c="dimmed">
                  {t("changes", { count: changes })}
                  {who !== "" && `, ${t("begun", { who })}`}, <Moment at={changed_at} as="ago" />
                </Text>
                <Button size="xs" variant="default" onClick={() => chooseDraft(name)}>
                  {t("choose")}
                </Button>
              </div>
              {why}
            </div>
          ))}
        </Section>
      )}
    </Asked>
  );
}

type DraftView = NonNullable<ReturnType<typeof useDraft>["query"]["data"]>;

function View({ name, data: { draft, changes, more } }: { name: string; data: DraftView }) {
  const t = useText();
  const { may, writable } = useSession();
  const confirm = useConfirm();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [why, setWhy] = useState(draft.why);
  const [fault, setFault] = useState<unknown>();
  const count = draft.changes;
  const findings = useQuery({
    queryKey: ["draft-findings", name, draft.revision],
    queryFn: () => answer(api.GET("/v1/drafts/{name}/validate", { params: { path: { name } } })),
  });
  const clashes = changes.some(({ changed_in }) => changed_in !== null);
  const isWrong = findings.data?.findings.some(({ severity }) => severity === "error") ?? false;
  const carryOut = async (
    action: () => Promise<unknown>,
    said: string | ((done: unknown) => string),
    to: string,
  ) => {
    setFault(undefined);
    try {
      const done = await action();
      tellDone(typeof said === "string" ? said : said(done));
      chooseDraft(undefined);
      await queries.invalidateQueries();
      await navigate({ to });
    } catch (error) {
      setFault(error);
      await queries.invalidateQueries({ queryKey: ["drafts"] });
    }
  };
  const params = { path: { name } };
  const publish = async () => {
    const sure = await confirm({
      title: t("publishTitle", { name }),
      what: t("publishWhat", { count }),
      callers: t("callers"),
      action: t("publish"),
      danger: false,
    });
    if (!sure) return;
    await carryOut(
      // What was looked at, and nothing that somebody put in since.
      () =>
        answer(api.POST("/v1/drafts/{name}/publish", { params, body: { why, revision: draft.revision } })),
      (done) => t("published", { version: (done as { rules_version: number | null }).rules_version ?? "" }),
      "/routing/versions",
    );
  };
  const discard = async () => {
    const sure = await confirm({
      title: t("discardTitle", { name }),
      what: t("discardWhat", { count }),
      callers: "",
      action: t("discard"),
    });
    if (sure)
      await carryOut(
        () => answer(api.DELETE("/v1/drafts/{name}", { params })),
        t("discarded", { name }),
        "/routing",
      );
  };
  return (
    <>
      <Section
        title={t("findings")}
        lead={t("findingsWhat")}
        flush
        actions={
          may("operator") && (
            <>
              <Button
                variant="default"
                disabled={!writable}
                leftSection={<IconTrash size={16} stroke={1.8} aria-hidden />}
                onClick={() => void discard()}
              >
                {t("discard")}
              </Button>
              <Button
                disabled={!writable || count === 0 || isWrong || clashes}
                leftSection={<IconRocket size={16} stroke={1.8} aria-hidden />}
                onClick={() => void publish()}
              >
                {t("publish")}
              </Button>
            </>
          )
        }
      >
        <div className={classes.change}>
          <Asked query={findings}>
            {(found) =>
              found.findings.length === 0 ? (
                <Light state="good">{t("fine")}</Light>
              ) : (
                found.findings.map((one) => (
                  <div key={`${one.code} ${one.part} ${one.key} ${one.field}`} className={classes.finding}>
                    <LightBadge state={one.severity === "error" ? "bad" : "warn"}>
                      {t(one.severity)}
                    </LightBadge>
                    <div className={classes.findingText}>
                      {one.part === "rules" ? (
                        <Link to={rulePath(one.key)}>{one.key}</Link>
                      ) : (
                        `${one.part} ${one.key}`
                      )}
                      <span className={classes.dim}>{one.field.replaceAll("/", " › ")}</span>
                      <div>{one.message}</div>
                      <div className={classes.dim}>{one.todo}</div>
                    </div>
                  </div>
                ))
              )
            }
          </Asked>
        </div>
        {may("operator") && (
          <div className={classes.change}>
            <TextInput
              maw={480}
              label={t("why")}
              value={why}
              onChange={({ currentTarget }) => setWhy(currentTarget.value)}
            />
          </div>
        )}
        {fault !== undefined && (
          <div className={classes.change}>
            <Fault error={withPlaces(fault)} ofDoing />
          </div>
        )}
      </Section>
      <Section
        flush
        title={t("changes", { count })}
        lead={
          <>
            {t("version", { base: draft.base })}
            {draft.who !== "" && `, ${t("begun", { who: draft.who })}`},{" "}
            <Moment at={draft.changed_at} as="ago" />
          </>
        }
      >
        {changes.length === 0 ? (
          <div className={classes.change}>
            <Text c="dimmed">{t("nothing")}</Text>
          </div>
        ) : (
          changes.map((change) => (
            <ChangeView
              key={`${change.part} ${change.key}`}
              change={change}
              note={
                change.changed_in !== null && (
                  <LightBadge state="bad">{t("clash", { version: change.changed_in })}</LightBadge>
                )
              }
            />
          ))
        )}
        {more > 0 && (
          <div className={classes.change}>
            <Text c="dimmed">{t("more", { count: more })}</Text>
          </div>
        )}
      </Section>
    </>
  );
}

/** With the places that it names. */
const withPlaces = (error: unknown): Error =>
  new Error(
    [
      messageOf(error),
      ...(error instanceof ApiProblem ? error.errors.map(({ path, message }) => `${path}: ${message}`) : []),
    ].join(" · "),
  );
