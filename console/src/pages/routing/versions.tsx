import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconArrowBackUp, IconHistory } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked, Empty } from "../../kit/empty.tsx";
import { Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { ChangeView } from "./changes.tsx";
import { RoutingHead } from "./head.tsx";
import classes from "./routing.module.css";

const useText = defineStrings("versions", {
  en: {
    title: "Versions",
    lead: "Who changed what that decides calls, when and why. Each can be gone back to.",
    empty: "Nothing was changed yet",
    emptyWhat: "Each change becomes a version here: a draft that is published, an import, or a single edit.",
    version: "Version {{version}}",
    changes_one: "One change",
    changes_other: "{{count}} changes",
    show: "What it changed",
    hide: "Close",
    now: "decides now",
    back: "Roll back to here",
    backTitle: "Roll back to version {{version}}?",
    backWhat_one:
      "One thing becomes as it was after version {{version}}: as a new version, in one step. Passwords stay as they are now.",
    backWhat_other:
      "{{count}} things become as they were after version {{version}}: as a new version, in one step. Passwords stay as they are now.",
    backNothing: "Nothing is different from version {{version}}.",
    callers: "Every call from then on is decided by it. Calls in progress go on.",
    backDo: "Roll back",
    done: "It is as after version {{version}}",
    more: "Older ones",
    and: "and {{count}} more",
    without: "{{what}} removed",
  },
  de: {
    title: "Versionen",
    lead: "Wer was geändert hat, das über Anrufe entscheidet, wann und warum. Zu jeder kann man zurück.",
    empty: "Noch wurde nichts geändert",
    emptyWhat:
      "Jede Änderung wird hier eine Version: ein veröffentlichter Entwurf, ein Import oder eine einzelne Änderung.",
    version: "Version {{version}}",
    changes_one: "Eine Änderung",
    changes_other: "{{count}} Änderungen",
    show: "Was sie geändert hat",
    hide: "Schließen",
    now: "entscheidet jetzt",
    back: "Hierher zurück",
    backTitle: "Zurück zu Version {{version}}?",
    backWhat_one:
      "Eines wird, wie es nach Version {{version}} war: als neue Version, in einem Schritt. Passwörter bleiben, wie sie sind.",
    backWhat_other:
      "{{count}} Dinge werden, wie sie nach Version {{version}} waren: als neue Version, in einem Schritt. Passwörter bleiben, wie sie sind.",
    backNothing: "Nichts ist anders als nach Version {{version}}.",
    callers: "Jeder Anruf danach wird danach entschieden. Laufende Gespräche gehen weiter.",
    backDo: "Zurück",
    done: "Es ist wie nach Version {{version}}",
    more: "Ältere",
    and: "und {{count}} weitere",
    without: "{{what}} entfernt",
  },
});

const pageSize = 50;

const load = ({ pageParam }: { pageParam: number | undefined }) =>
  answer(
    api.GET("/v1/versions", {
      params: { query: { limit: pageSize, ...(pageParam !== undefined && { after: pageParam }) } },
    }),
  );
type Version = Awaited<ReturnType<typeof load>>["versions"][number];

export default function Versions() {
  const t = useText();
  const query = useInfiniteQuery({
    queryKey: ["versions"],
    queryFn: load,
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next,
  });
  return (
    <>
      <RoutingHead title={t("title")} lead={t("lead")} />
      <Section flush>
        <Asked query={query}>
          {({ pages }) => {
            const all = pages.flatMap(({ versions }) => versions);
            if (all.length === 0)
              return (
                <Empty icon={IconHistory} title={t("empty")}>
                  {t("emptyWhat")}
                </Empty>
              );
            return all.map((version, at) => (
              <VersionView key={version.version} version={version} newest={at === 0} />
            ));
          }}
        </Asked>
        {query.hasNextPage && (
          <div className={classes.change}>
            <Button
              variant="default"
              loading={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              {t("more")}
            </Button>
          </div>
        )}
      </Section>
    </>
  );
}

function VersionView({ version: one, newest }: { version: Version; newest: boolean }) {
  const t = useText();
  const { may, writable } = useSession();
  const confirm = useConfirm();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const { version } = one;
  const diff = useQuery({
    queryKey: ["version", version],
    enabled: open,
    queryFn: () => answer(api.GET("/v1/versions/{version}", { params: { path: { version } } })),
  });
  const rollBack = async () => {
    const params = { path: { version } };
    const post = (dry_run: boolean) =>
      answer(api.POST("/v1/versions/{version}/roll-back", { params, body: { dry_run } }));
    try {
      const { changes } = await post(true);
      if (changes === 0) {
        notifications.show({ message: t("backNothing", { version }), color: "gray" });
        return;
      }
      const sure = await confirm({
        title: t("backTitle", { version }),
        what: t("backWhat", { count: changes, version }),
        callers: t("callers"),
        action: t("backDo"),
      });
      if (!sure) return;
      await post(false);
      tellDone(t("done", { version }));
      await queries.invalidateQueries();
    } catch (error) {
      tellFault(error);
    }
  };
  return (
    <>
      <div className={classes.change}>
        <div className={classes.changeHead}>
          <strong className="num">{t("version", { version })}</strong>
          <Text component="span" c="dimmed">
            <Moment at={one.at} />
            {one.who !== "" && ` · ${one.who}`} · {t("changes", { count: one.changes })}
            {newest && ` · ${t("now")}`}
          </Text>
          <Button size="xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t(open ? "hide" : "show")}
          </Button>
          {may("operator") && !newest && (
            <Button
              size="xs"
              variant="default"
              disabled={!writable}
              leftSection={<IconArrowBackUp size={14} stroke={1.8} aria-hidden />}
              onClick={() => void rollBack()}
            >
              {t("back")}
            </Button>
          )}
        </div>
        {one.why !== "" && <div>{one.why}</div>}
        <Text size="sm" c="dimmed">
          {one.what
            .map((what) => (what.startsWith("-") ? t("without", { what: what.slice(1) }) : what))
            .join(", ")}
        </Text>
      </div>
      {open && (
        <Asked query={diff}>
          {({ changes, more }) => (
            <>
              {changes.map((change) => (
                <ChangeView key={`${change.part} ${change.key}`} change={change} past />
              ))}
              {more > 0 && <div className={classes.change}>{t("and", { count: more })}</div>}
            </>
          )}
        </Asked>
      )}
    </>
  );
}
