import { Button, SegmentedControl } from "@mantine/core";
import { IconCirclePlus, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked, Empty } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { EntityList } from "../../kit/list.tsx";
import { Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { isDocument } from "./documents.ts";
import { RoutingHead, useDraft } from "./head.tsx";
import classes from "./routing.module.css";
import {
  actionText,
  type Branch,
  conditionsOf,
  dialledOf,
  isEnabled,
  priorityOf,
  type RuleRow,
  treesOf,
} from "./rules.ts";

const useText = defineStrings("routing", {
  en: {
    title: "Routing",
    lead: "Which call goes where. The first rule that holds decides: higher priority, then the exact number, then the longest prefix.",
    add: "New rule",
    table: "Table",
    tree: "Tree",
    shown: "How rules are shown",
    name: "Rule",
    priority: "Priority",
    dialled: "Dialled",
    when: "When",
    thenDo: "Then",
    state: "State",
    any: "any number",
    off: "off",
    new: "new",
    changed: "changed",
    removed: "removed",
    empty: "No rules yet",
    emptyWhat:
      "Users are called by name, everything else is refused. A rule leads calls on: numbers that begin with 00 to a carrier, the main number to a group, at night to somebody's mobile.",
    priorityIs: "Priority {{priority}}",
    some: "The first {{shown}} rules, in the order of their names",
  },
  de: {
    title: "Wegewahl",
    lead: "Welcher Anruf wohin geht. Die erste Regel, die zutrifft, entscheidet: höhere Priorität, dann die genaue Nummer, dann der längste Anfang.",
    add: "Neue Regel",
    table: "Tabelle",
    tree: "Baum",
    shown: "Wie die Regeln gezeigt werden",
    name: "Regel",
    priority: "Priorität",
    dialled: "Gewählt",
    when: "Wenn",
    thenDo: "Dann",
    state: "Zustand",
    any: "jede Nummer",
    off: "aus",
    new: "neu",
    changed: "geändert",
    removed: "entfernt",
    empty: "Noch keine Regeln",
    emptyWhat:
      "Benutzer werden bei ihrem Namen gerufen, alles andere wird abgelehnt. Eine Regel führt Anrufe weiter: was mit 00 beginnt zu einem Carrier, die Hauptnummer zu einer Gruppe, nachts auf ein Mobiltelefon.",
    priorityIs: "Priorität {{priority}}",
    some: "Die ersten {{shown}} Regeln, in der Reihenfolge ihrer Namen",
  },
});

export const rulePath = (name: string): string => `/routing/rules/${encodeURIComponent(name)}`;

/** The tree is shown of so many. */
const mostInTree = 2000;

type DraftView = NonNullable<ReturnType<typeof useDraft>["query"]["data"]>;

/** Rules as the draft makes them: what it adds stands where its name belongs. */
const withDraft =
  (draft: DraftView | undefined) =>
  async (
    after: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<{ rows: RuleRow[]; next: string | null }> => {
    const query = { part: "rules", after, limit: Math.min(limit, 1000) };
    const { documents, next } = await answer(api.GET("/v1/rules/documents", { params: { query }, signal }));
    const changes = new Map(
      (draft?.changes ?? []).filter(({ part }) => part === "rules").map((change) => [change.key, change]),
    );
    const rows = documents.flatMap(({ key, document }): RuleRow[] => {
      const change = changes.get(key);
      if (!isDocument(document)) return [];
      if (!change) return [{ name: key, rule: document }];
      return isDocument(change.after)
        ? [{ name: key, rule: change.after, change: "changed" }]
        : [{ name: key, rule: document, change: "removed" }];
    });
    const known = new Set(documents.map(({ key }) => key));
    for (const [key, { after: rule }] of changes)
      if (!known.has(key) && isDocument(rule) && key > after && (next === null || key <= next))
        rows.push({ name: key, rule, change: "new" });
    return { rows: rows.sort((a, b) => (a.name < b.name ? -1 : 1)), next };
  };

function State({ row }: { row: RuleRow }) {
  const t = useText();
  return (
    <>
      {row.change && (
        <LightBadge state={row.change === "removed" ? "bad" : "warn"}>{t(row.change)}</LightBadge>
      )}{" "}
      {!isEnabled(row.rule) && <LightBadge state="idle">{t("off")}</LightBadge>}
    </>
  );
}

export default function Routing() {
  const t = useText();
  const { may } = useSession();
  const { name: draft, query } = useDraft();
  const [as, setAs] = useState("table");
  const load = withDraft(draft === undefined ? undefined : query.data);
  const revision = draft === undefined ? "" : `${draft} ${query.data?.draft.revision ?? ""}`;
  const add = may("operator") && (
    <Button
      component={Link}
      to="/routing/new"
      leftSection={<IconCirclePlus size={16} stroke={1.8} aria-hidden />}
    >
      {t("add")}
    </Button>
  );
  const empty = (
    <Empty icon={IconRoute} title={t("empty")} action={add}>
      {t("emptyWhat")}
    </Empty>
  );
  const control = (
    <SegmentedControl
      size="sm"
      aria-label={t("shown")}
      value={as}
      onChange={setAs}
      data={[
        { value: "table", label: t("table") },
        { value: "tree", label: t("tree") },
      ]}
    />
  );
  return (
    <>
      <RoutingHead title={t("title")} lead={t("lead")} actions={add} />
      {as === "tree" ? (
        <Tree load={load} name={revision} empty={empty} control={control} />
      ) : (
        <EntityList<RuleRow>
          name={`rules ${revision}`}
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          to={({ name }) => rulePath(name)}
          filters={control}
          height="calc(100dvh - 330px)"
          columns={[
            {
              id: "name",
              label: t("name"),
              cell: ({ name, change }) => (
                <Link to={rulePath(name)} className={change === "removed" ? classes.gone : undefined}>
                  {name}
                </Link>
              ),
            },
            {
              id: "dialled",
              label: t("dialled"),
              cell: ({ rule }) => dialledOf(rule) || <span className={classes.dim}>{t("any")}</span>,
            },
            { id: "when", label: t("when"), cell: ({ rule }) => conditionsOf(rule), wide: true },
            {
              id: "then",
              label: t("thenDo"),
              cell: ({ rule }) => actionText(rule),
              width: "minmax(0, 1.4fr)",
            },
            {
              id: "priority",
              label: t("priority"),
              cell: ({ rule }) => priorityOf(rule),
              width: "80px",
              numeric: true,
              wide: true,
            },
            {
              id: "state",
              label: t("state"),
              cell: (row) => <State row={row} />,
              width: "130px",
              wide: true,
            },
          ]}
          empty={empty}
        />
      )}
    </>
  );
}

function Tree({
  load,
  name,
  empty,
  control,
}: {
  load: ReturnType<typeof withDraft>;
  name: string;
  empty: React.ReactNode;
  control: React.ReactNode;
}) {
  const t = useText();
  const query = useQuery({
    queryKey: ["rule-tree", name],
    queryFn: async ({ signal }) => {
      const rows: RuleRow[] = [];
      let next: string | null = "";
      while (next !== null && rows.length < mostInTree) {
        const page: Awaited<ReturnType<typeof load>> = await load(next, 1000, signal);
        rows.push(...page.rows);
        ({ next } = page);
      }
      return { rows, more: next !== null };
    },
  });
  return (
    <Section
      title={control}
      {...(query.data?.more && { lead: t("some", { shown: query.data.rows.length }) })}
    >
      <Asked query={query}>
        {({ rows }) =>
          rows.length === 0
            ? empty
            : treesOf(rows).map(({ priority, tree }, _at, all) => (
                <div key={priority}>
                  {all.length > 1 && <h3 className={classes.priority}>{t("priorityIs", { priority })}</h3>}
                  <ul className={classes.branch}>
                    <BranchView branch={tree} />
                  </ul>
                </div>
              ))
        }
      </Asked>
    </Section>
  );
}

function BranchView({ branch }: { branch: Branch }) {
  const t = useText();
  return (
    <li>
      {(branch.rules.length > 0 || branch.dialled !== "") && (
        <div className={classes.dialled}>{branch.dialled || t("any")}</div>
      )}
      {branch.rules.map((row) => (
        <div key={row.name} className={classes.leaf}>
          <Link to={rulePath(row.name)} className={row.change === "removed" ? classes.gone : undefined}>
            {row.name}
          </Link>
          <span className={classes.dim}>{conditionsOf(row.rule)}</span>
          <span>{actionText(row.rule)}</span>
          <State row={row} />
        </div>
      ))}
      {branch.below.length > 0 && (
        <ul className={classes.branch}>
          {branch.below.map((one) => (
            <BranchView key={one.dialled} branch={one} />
          ))}
        </ul>
      )}
    </li>
  );
}
