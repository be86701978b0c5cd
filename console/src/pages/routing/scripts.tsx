import { Button } from "@mantine/core";
import { IconCode, IconCodePlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { EntityList } from "../../kit/list.tsx";
import { Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { RoutingHead } from "./head.tsx";

const useText = defineStrings("scripts", {
  en: {
    title: "Scripts",
    lead: "TypeScript of your own that decides calls, where a rule says so. One that fails or is late lets the next rule decide.",
    add: "New script",
    name: "Script",
    description: "Description",
    deadline: "Deadline",
    state: "State",
    on: "in use",
    off: "off",
    empty: "No scripts yet",
    emptyWhat:
      "Where conditions are not enough, a script looks at the call, at prices, calendars and tables, and says where it goes.",
  },
  de: {
    title: "Skripte",
    lead: "Eigenes TypeScript, das über Anrufe entscheidet, wo eine Regel es sagt. Scheitert es oder kommt es zu spät, entscheidet die nächste Regel.",
    add: "Neues Skript",
    name: "Skript",
    description: "Beschreibung",
    deadline: "Frist",
    state: "Zustand",
    on: "in Gebrauch",
    off: "aus",
    empty: "Noch keine Skripte",
    emptyWhat:
      "Wo Bedingungen nicht reichen, sieht ein Skript auf den Anruf, auf Preise, Kalender und Tabellen und sagt, wohin er geht.",
  },
});

export const scriptPath = (name: string): string => `/routing/scripts/${encodeURIComponent(name)}`;

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { scripts, next } = await answer(
    api.GET("/v1/scripts", { params: { query: { after, limit } }, signal }),
  );
  return { rows: scripts, next };
};
type Script = Awaited<ReturnType<typeof load>>["rows"][number];

export default function Scripts() {
  const t = useText();
  const { may } = useSession();
  const add = may("operator") && (
    <Button
      component={Link}
      to="/routing/new-script"
      leftSection={<IconCodePlus size={16} stroke={1.8} aria-hidden />}
    >
      {t("add")}
    </Button>
  );
  return (
    <>
      <RoutingHead title={t("title")} lead={t("lead")} actions={add} />
      <EntityList<Script>
        name="scripts"
        label={t("title")}
        load={load}
        rowKey={({ name }) => name}
        to={({ name }) => scriptPath(name)}
        height="calc(100dvh - 330px)"
        columns={[
          { id: "name", label: t("name"), cell: ({ name }) => <Link to={scriptPath(name)}>{name}</Link> },
          { id: "description", label: t("description"), cell: ({ description }) => description, wide: true },
          {
            id: "deadline",
            label: t("deadline"),
            cell: ({ deadline_ms }) => `${deadline_ms} ms`,
            width: "110px",
            numeric: true,
            wide: true,
          },
          {
            id: "state",
            label: t("state"),
            width: "110px",
            cell: ({ enabled }) => (
              <LightBadge state={enabled ? "good" : "idle"}>{t(enabled ? "on" : "off")}</LightBadge>
            ),
          },
        ]}
        empty={
          <Section>
            <Empty icon={IconCode} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          </Section>
        }
      />
    </>
  );
}
