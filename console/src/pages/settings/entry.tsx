import { Anchor, Group, Text } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { answer, api } from "../../api/client.ts";
import { Asked, Empty } from "../../kit/empty.tsx";
import { Facts, PageHeader, Section } from "../../kit/page.tsx";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import type { Entry } from "./audit.tsx";
import { cursorBefore, readable, useAuditLink } from "./audit-filters.ts";
import { diffLines, folded, linesOf, type Shown } from "./line-diff.ts";
import classes from "./settings.module.css";

const useText = defineStrings("audit-entry", {
  en: {
    title: "Change",
    who: "Who",
    all: "All of {{who}}",
    how: "Logged in",
    session: "at the console",
    token: "by a token of their own",
    api: "as a program, with api_token",
    socket: "on the host itself",
    open: "not at all, as before a login",
    source: "From",
    node: "At node",
    when: "When",
    route: "Route",
    same: "All by this route",
    status: "Answer",
    version: "Version",
    diff: "What it changed",
    diffLead: "− was before, + is now.",
    sent: "What was sent",
    unsaid: "What was before, this route does not say.",
    secrets: "Passwords and other secrets are [secret].",
    gone: "What was removed",
    nothing: "This change says nothing of before and after: the route tells all.",
    equal: "Nothing is different.",
    skipped_one: "one line is the same",
    skipped_other: "{{count}} lines are the same",
    missing: "There is no such entry",
    missingWhat: "Entries are never removed: the address is not complete.",
    toList: "To all changes",
  },
  de: {
    title: "Änderung",
    who: "Wer",
    all: "Alles von {{who}}",
    how: "Angemeldet",
    session: "an der Konsole",
    token: "mit eigenem Token",
    api: "als Programm, mit api_token",
    socket: "auf dem Host selbst",
    open: "gar nicht, wie vor einer Anmeldung",
    source: "Von",
    node: "Am Knoten",
    when: "Wann",
    route: "Route",
    same: "Alles über diese Route",
    status: "Antwort",
    version: "Version",
    diff: "Was es änderte",
    diffLead: "− war vorher, + ist jetzt.",
    sent: "Was gesendet wurde",
    unsaid: "Was vorher war, sagt diese Route nicht.",
    secrets: "Passwörter und andere Geheimnisse sind [secret].",
    gone: "Was entfernt wurde",
    nothing: "Diese Änderung sagt nichts von vorher und nachher: Die Route sagt alles.",
    equal: "Nichts ist anders.",
    skipped_one: "eine Zeile ist gleich",
    skipped_other: "{{count}} Zeilen sind gleich",
    missing: "Diesen Eintrag gibt es nicht",
    missingWhat: "Einträge werden nie entfernt: Die Adresse ist nicht vollständig.",
    toList: "Zu allen Änderungen",
  },
});

/** The API tells lists only: the newest one that is older than a moment after it. */
async function load(id: string): Promise<Entry | null> {
  const after = cursorBefore(id);
  if (after === undefined) return null;
  const { entries } = await answer(api.GET("/v1/audit", { params: { query: { after, limit: 1 } } }));
  const [entry] = entries;
  return entry?.id === id ? entry : null;
}

export default function EntryPage() {
  const t = useText();
  const { id = "" } = useParams({ strict: false });
  const query = useQuery({
    queryKey: ["audit", id],
    queryFn: () => load(id),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Asked query={query}>
      {(entry) =>
        entry === null ? (
          <>
            <PageHeader title={t("title")} />
            <Section>
              {" "}
              <Empty
                icon={IconListSearch}
                title={t("missing")}
                action={
                  <Anchor component={Link} to="/audit">
                    {t("toList")}
                  </Anchor>
                }
              >
                {t("missingWhat")}
              </Empty>
            </Section>
          </>
        ) : (
          <Known entry={entry} />
        )
      }
    </Asked>
  );
}

function Known({ entry }: { entry: Entry }) {
  const t = useText();
  const auditLink = useAuditLink();
  const { at, who, how, source, node, method, route, path, status, version, before, after } = entry;
  const kind = before === null ? (after === null ? "nothing" : "sent") : after === null ? "gone" : "diff";
  const more = (filters: Parameters<typeof auditLink>[0], label: string) => (
    <Anchor {...auditLink(filters)} size="sm">
      {label}
    </Anchor>
  );
  return (
    <>
      <PageHeader
        title={
          <span className={classes.path}>
            {method} {readable(path)}
          </span>
        }
      />
      <Section>
        <Facts
          items={[
            [
              t("when"),
              <span key="when">
                <Moment at={at} as="date" />, <Moment at={at} as="time" />
              </span>,
            ],
            [
              t("who"),
              who === "" ? null : (
                <Group key="who" gap="md">
                  {who} {more({ who }, t("all", { who }))}
                </Group>
              ),
              "who",
            ],
            [t("how"), t(how)],
            [t("source"), source === thisHost ? null : source],
            [t("node"), node],
            [
              t("route"),
              <Group key="route" gap="md">
                <span className={classes.mono}>{route}</span> {more({ route }, t("same"))}
              </Group>,
              "route",
            ],
            [t("status"), status],
            [
              t("version"),
              version === null ? null : (
                <Anchor key="version" component={Link} to="/routing/versions">
                  {version}
                </Anchor>
              ),
            ],
          ]}
        />
      </Section>
      <Section
        title={kind === "nothing" ? t("diff") : t(kind)}
        lead={[
          kind === "diff" && t("diffLead"),
          kind === "sent" && method === "PUT" && t("unsaid"),
          kind !== "nothing" && t("secrets"),
        ]
          .filter(Boolean)
          .join(" ")}
      >
        {kind === "nothing" ? <Text c="dimmed">{t("nothing")}</Text> : <Diff before={before} after={after} />}
      </Section>
    </>
  );
}

/** Whoever asks on the host itself has no address (src/access/audit.ts); `how` says that already. */
const thisHost = "this host";

const signs = { same: " ", out: "−", in: "+" } as const;

/** Both as text, line by line; of what is only on one side, its lines. */
function Diff({ before, after }: { before: unknown; after: unknown }) {
  const t = useText();
  const shown = useMemo(() => folded(diffLines(linesOf(before), linesOf(after))), [before, after]);
  if (shown.every(({ kind }) => kind === "skipped")) return <Text c="dimmed">{t("equal")}</Text>;
  const text = (line: Shown) =>
    line.kind === "skipped"
      ? `  … ${t("skipped", { count: line.count })}`
      : `${signs[line.kind]} ${line.text}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard
    <section className={classes.diff} tabIndex={0} aria-label={t("diff")}>
      <pre>
        {shown.map((line, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no name, and never change
          <span key={at} data-kind={line.kind}>
            {text(line)}
            {"\n"}
          </span>
        ))}
      </pre>
    </section>
  );
}
