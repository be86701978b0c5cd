import { Alert, Box, Button, Group, SegmentedControl, Text } from "@mantine/core";
import { IconTrash, IconUsers } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { answer, api } from "../../api/client.ts";
import { ApiProblem, messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked } from "../../kit/empty.tsx";
import { fieldOf } from "../../kit/field-errors.ts";
import { GoneNote } from "../../kit/gone.tsx";
import { Section } from "../../kit/page.tsx";
import { Refused } from "../../kit/refused.tsx";
import { tellDone } from "../../kit/tell.ts";
import { defineStrings } from "../../shell/i18n.ts";
import { Code } from "./code.tsx";
import { type Document, isDocument, merged, sameValue } from "./documents.ts";
import { RoutingHead, useDraft } from "./head.tsx";
import { ChangedMeanwhile, putIntoDraft, putLive } from "./keep.ts";
import { type FieldErrors, RuleFields } from "./rule-fields.tsx";

const useText = defineStrings("rule", {
  en: {
    new: "New rule",
    lead: "It goes into draft {{draft}}, and decides nothing before that is published.",
    leadLive: "Saved, it decides the next call. To look at it first, choose a draft.",
    form: "Form",
    document: "Document",
    as: "How the rule is written",
    documentWhat: "The whole rule, as it stands in an export.",
    put: "Put into draft {{draft}}",
    save: "Save: decides at once",
    saved: "Rule {{name}} is saved",
    inDraft: "Rule {{name}} is in draft {{draft}}",
    remove: "Remove",
    removeTitle: "Remove rule {{name}}?",
    removeLive: "Calls that it decided are decided by the next rule that holds, or refused.",
    removeDraft: "It is removed when draft {{draft}} is published.",
    removed: "Rule {{name}} is removed",
    wrong: "Not saved",
    noJson: "This is no JSON: {{fault}}",
    name: "name",
    conflict: "Somebody else changed this rule meanwhile",
    conflictGone: "They removed it. Nothing that you typed is lost.",
    conflictWhat:
      "Nothing that you typed is lost. Both of you changed: {{both}}; there, keeping both takes yours.",
    conflictApart: "Nothing that you typed is lost, and you changed different things.",
    merge: "Keep both",
    theirs: "Take theirs",
    mine: "Take mine",
    goneSave: "There is no rule {{name}} here: saving what you typed makes it.",
    leave: "Leave without saving?",
    leaveWhat: "What you typed here would be lost.",
    leaveDo: "Leave",
  },
  de: {
    new: "Neue Regel",
    lead: "Sie kommt in den Entwurf {{draft}} und entscheidet nichts, bevor er veröffentlicht ist.",
    leadLive:
      "Gespeichert entscheidet sie den nächsten Anruf. Um sie erst anzusehen, wählen Sie einen Entwurf.",
    form: "Formular",
    document: "Dokument",
    as: "Wie die Regel geschrieben wird",
    documentWhat: "Die ganze Regel, wie sie in einem Export steht.",
    put: "In den Entwurf {{draft}}",
    save: "Speichern: gilt sofort",
    saved: "Regel {{name}} ist gespeichert",
    inDraft: "Regel {{name}} ist im Entwurf {{draft}}",
    remove: "Entfernen",
    removeTitle: "Regel {{name}} entfernen?",
    removeLive:
      "Anrufe, die sie entschied, entscheidet die nächste Regel, die zutrifft; oder sie werden abgelehnt.",
    removeDraft: "Sie wird entfernt, wenn der Entwurf {{draft}} veröffentlicht wird.",
    removed: "Regel {{name}} ist entfernt",
    wrong: "Nicht gespeichert",
    noJson: "Das ist kein JSON: {{fault}}",
    name: "Name",
    conflict: "Jemand anders hat diese Regel inzwischen geändert",
    conflictGone: "Sie wurde entfernt. Nichts, was Sie eingetippt haben, ist verloren.",
    conflictWhat:
      "Nichts, was Sie eingetippt haben, ist verloren. Beide haben geändert: {{both}}; dort gilt beim Behalten Ihre Fassung.",
    conflictApart: "Nichts, was Sie eingetippt haben, ist verloren, und Sie haben Verschiedenes geändert.",
    merge: "Beides behalten",
    theirs: "Die andere Fassung nehmen",
    mine: "Meine Fassung nehmen",
    goneSave: "Hier gibt es keine Regel {{name}}: Was Sie eingetippt haben, legt sie beim Speichern an.",
    leave: "Verlassen, ohne zu speichern?",
    leaveWhat: "Was Sie hier eingetippt haben, ginge verloren.",
    leaveDo: "Verlassen",
  },
});

const blank: Document = {
  match: {},
  action: { type: "route", strategy: "serial", targets: [{ type: "user", user: "" }] },
};

/** What is at a rule's name: as it decides, and as the draft has it. Until another draft is read, as it is in the one before. */
function useRule(name: string | undefined) {
  const { name: draft } = useDraft();
  const query = useQuery({
    queryKey: ["rule", name, draft],
    enabled: name !== undefined,
    refetchOnWindowFocus: false,
    placeholderData: (before, query) => (query?.queryKey[1] === name ? before : undefined),
    queryFn: async () => {
      const path = { name: name ?? "" };
      const [live, inDraft] = await Promise.all([
        answer(api.GET("/v1/routes/{name}", { params: { path } })).catch((error: unknown) => {
          if (error instanceof ApiProblem && error.status === 404) return undefined;
          throw error;
        }),
        draft === undefined
          ? undefined
          : answer(api.GET("/v1/drafts/{name}", { params: { path: { name: draft } } })),
      ]);
      const change = inDraft?.changes.find(({ part, key }) => part === "rules" && key === name);
      const { name: _, ...own } = (live ?? {}) as Record<string, unknown>;
      return { draft, live: live && (own as Document), seen: change?.after };
    },
  });
  return { draft, query };
}

export default function RulePage() {
  const t = useText();
  const { name } = useParams({ strict: false });
  const { draft, query } = useRule(name);
  /** The rule that was shown: its page stays where another draft does not have it. */
  const shown = useRef<string>(undefined);
  const lead = draft === undefined ? t("leadLive") : t("lead", { draft });
  if (name === undefined)
    return (
      <>
        <RoutingHead title={t("new")} lead={lead} />
        <Editor key="" draft={draft} of={draft} start={blank} seen={undefined} />
      </>
    );
  return (
    <>
      <RoutingHead title={name} lead={lead} />
      <Asked query={query}>
        {({ draft: of, live, seen }) => {
          const start = isDocument(seen) ? seen : live;
          if (start === undefined && shown.current !== name) return <GoneNote name={name} to="/routing" />;
          shown.current = name;
          return <Editor key={name} name={name} draft={draft} of={of} start={start} seen={seen} />;
        }}
      </Asked>
    </>
  );
}

/** Paths of problems within the document: `changes.0.document.match.number`, `match.number`. */
const withinDocument = (path: string, name: string): string => {
  const at = fieldOf(path).replace(/^changes\.\d+\.document\.?/, "");
  const own = `rules.${name}`;
  return at === own ? "" : at.startsWith(`${own}.`) ? at.slice(own.length + 1) : at;
};

function Editor({
  name,
  draft,
  of,
  start,
  seen,
}: {
  name?: string;
  draft: string | undefined;
  /** The draft that the two below are of. */
  of: string | undefined;
  /** Undefined: there is none in this draft. */
  start: Document | undefined;
  seen: unknown;
}) {
  const t = useText();
  const { may, writable } = useSession();
  const confirm = useConfirm();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [newName, setNewName] = useState("");
  const [rule, setRule] = useState(start ?? blank);
  const [json, setJson] = useState<string>();
  const [errors, setErrors] = useState<FieldErrors>({});
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [theirs, setTheirs] = useState<{ now: Document | undefined }>();
  /** What mine is compared with, and what the draft had when it was looked at. */
  const known = useRef({ base: start ?? blank, seen });
  const key = name ?? newName;
  const readOnly = !may("operator");
  const typed = useRef(false);
  typed.current =
    json !== undefined ? json !== text(known.current.base) : !sameValue(rule, known.current.base);

  // Another draft is looked at: what was typed goes along.
  const shownOf = useRef(of);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another draft counts; what others do in it is found when it is saved
  useEffect(() => {
    if (shownOf.current === of) return;
    shownOf.current = of;
    const written = json === undefined ? rule : parsed(json);
    const next = !typed.current
      ? (start ?? blank)
      : written && start
        ? merged(known.current.base, written, start).document
        : written;
    known.current = { base: start ?? blank, seen };
    if (next) {
      setRule(next);
      if (json !== undefined) setJson(text(next));
    }
    setTheirs(undefined);
    setFault(undefined);
    setErrors({});
  }, [of]);

  useBlocker({
    shouldBlockFn: async () =>
      typed.current && !(await confirm({ title: t("leave"), what: t("leaveWhat"), action: t("leaveDo") })),
    enableBeforeUnload: () => typed.current,
  });

  /** Undefined: what is written is no document. */
  const written = (): Document | undefined => {
    if (json === undefined) return rule;
    try {
      const document: unknown = JSON.parse(json);
      if (isDocument(document)) return document;
      setFault(t("noJson", { fault: "{ … }" }));
    } catch (error) {
      setFault(t("noJson", { fault: messageOf(error) }));
    }
    return undefined;
  };

  const send = async (document: Document | null, said: string) => {
    setBusy(true);
    setErrors({});
    setFault(undefined);
    try {
      if (draft !== undefined) await putIntoDraft(draft, "rules", key, known.current.seen, document);
      else if (name === undefined || start === undefined)
        await answer(api.POST("/v1/routes", { body: { ...document, name: key } as never }));
      else await putLive(name, known.current.base, document);
      typed.current = false;
      known.current = { base: document ?? rule, seen: document };
      setTheirs(undefined);
      tellDone(said);
      await Promise.all(
        [["drafts"], ["rule"], ["rule-tree"]].map((queryKey) => queries.invalidateQueries({ queryKey })),
      );
      if (document === null || name === undefined) await navigate({ to: "/routing" });
      else {
        setRule(document);
        if (json !== undefined) setJson(text(document));
      }
    } catch (error) {
      if (error instanceof ChangedMeanwhile) setTheirs({ now: error.theirs as Document | undefined });
      else {
        const found = error instanceof ApiProblem ? error.errors : [];
        // Is it the draft that is not there any more? The head of the page says so, and where to go on.
        if (error instanceof ApiProblem && error.status === 404)
          void queries.invalidateQueries({ queryKey: ["drafts"] });
        const places = found.map(({ path, message }) => [withinDocument(path, key), message] as const);
        setErrors(Object.fromEntries(places));
        setFault(
          places.length === 0
            ? messageOf(error)
            : places.map(([place, message]) => `${place || t("name")}: ${message}`).join("\n"),
        );
      }
    } finally {
      setBusy(false);
    }
  };

  const take = (document: Document, base: Document | undefined) => {
    known.current = { base: base ?? start ?? blank, seen: base };
    setRule(document);
    if (json !== undefined) setJson(text(document));
    setTheirs(undefined);
  };
  const mine = json === undefined ? rule : parsed(json);
  const both = theirs?.now && mine ? merged(known.current.base, mine, theirs.now) : undefined;

  return (
    <Section
      title={
        <SegmentedControl
          size="sm"
          aria-label={t("as")}
          value={json === undefined ? "form" : "document"}
          onChange={(to) => {
            if (to === "document") return setJson(text(rule));
            const document = written();
            if (!document) return;
            setFault(undefined);
            setRule(document);
            setJson(undefined);
          }}
          data={[
            { value: "form", label: t("form") },
            { value: "document", label: t("document") },
          ]}
        />
      }
      actions={
        name !== undefined &&
        !readOnly && (
          <Button
            variant="default"
            disabled={!writable || busy}
            leftSection={<IconTrash size={16} stroke={1.8} aria-hidden />}
            onClick={async () => {
              const sure = await confirm({
                title: t("removeTitle", { name }),
                action: t("remove"),
                ...(draft === undefined
                  ? { callers: t("removeLive") }
                  : { what: t("removeDraft", { draft }), callers: "" }),
              });
              if (sure) await send(null, t("removed", { name }));
            }}
          >
            {t("remove")}
          </Button>
        )
      }
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const document = written();
          if (document)
            void send(
              document,
              draft === undefined ? t("saved", { name: key }) : t("inDraft", { name: key, draft }),
            );
        }}
      >
        {name !== undefined && start === undefined && (
          <Text c="dimmed" mb="lg">
            {t("goneSave", { name })}
          </Text>
        )}
        {theirs && (
          <Alert
            mb="lg"
            color="yellow"
            variant="light"
            role="alert"
            icon={<IconUsers size={18} />}
            title={t("conflict")}
          >
            <Text size="sm">
              {both === undefined
                ? t("conflictGone")
                : both.both.length > 0
                  ? t("conflictWhat", { both: both.both.join(", ") })
                  : t("conflictApart")}
            </Text>
            <Group gap="xs" mt="sm">
              {both && (
                <Button size="xs" onClick={() => take(both.document, theirs.now)}>
                  {t("merge")}
                </Button>
              )}
              {theirs.now && (
                <Button
                  size="xs"
                  variant="default"
                  onClick={() => theirs.now && take(theirs.now, theirs.now)}
                >
                  {t("theirs")}
                </Button>
              )}
              {mine && (
                <Button size="xs" variant="default" onClick={() => take(mine, theirs.now)}>
                  {t("mine")}
                </Button>
              )}
            </Group>
          </Alert>
        )}
        {json === undefined ? (
          <RuleFields
            {...(name === undefined && { newName, onNewName: setNewName })}
            rule={rule}
            onChange={setRule}
            errors={errors}
            readOnly={readOnly}
          />
        ) : (
          <>
            <Text c="dimmed" size="sm" mb="xs">
              {t("documentWhat")}
            </Text>
            <Code
              language="json"
              label={t("documentWhat")}
              value={json}
              onChange={setJson}
              readOnly={readOnly}
              invalid={fault !== undefined}
            />
          </>
        )}
        {fault !== undefined && (
          <Box mt="lg">
            <Refused fault={fault} title={t("wrong")} />
          </Box>
        )}
        {!readOnly && (
          <Button
            type="submit"
            mt="lg"
            loading={busy}
            disabled={!writable || key === "" || theirs !== undefined || of !== draft}
          >
            {draft === undefined ? t("save") : t("put", { draft })}
          </Button>
        )}
      </form>
    </Section>
  );
}

const text = (document: Document): string => JSON.stringify(document, undefined, 2);

function parsed(json: string): Document | undefined {
  try {
    const document: unknown = JSON.parse(json);
    return isDocument(document) ? document : undefined;
  } catch {
    return undefined; // while somebody types
  }
}
