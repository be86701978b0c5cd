import { Button } from "@mantine/core";
import { IconUsersGroup, IconUsersPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import type { Group } from "../users/types.ts";
import { useStrategies } from "./strategies.ts";

const useText = defineStrings("groups", {
  en: {
    title: "Ring groups",
    lead: "Several users under one name. It is called by that name, or by a number that a rule leads there.",
    add: "New group",
    name: "Name",
    strategy: "Who rings",
    members: "Members",
    overflow: "Else to",
    empty: "No groups yet",
    emptyWhat:
      "A group lets several users answer the same calls: all at once, in turn, or whoever has been idle for longest.",
  },
  de: {
    title: "Rufgruppen",
    lead: "Mehrere Benutzer unter einem Namen. Gerufen wird der Name, oder eine Nummer, die eine Regel dorthin führt.",
    add: "Neue Gruppe",
    name: "Name",
    strategy: "Wer klingelt",
    members: "Mitglieder",
    overflow: "Sonst an",
    empty: "Noch keine Gruppen",
    emptyWhat:
      "In einer Gruppe nehmen mehrere Benutzer dieselben Anrufe an: alle auf einmal, reihum, oder wer am längsten frei ist.",
  },
});

export const groupPath = (name: string): string => `/groups/${encodeURIComponent(name)}`;

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { groups, next } = await answer(
    api.GET("/v1/groups", { params: { query: { after, limit } }, signal }),
  );
  return { rows: groups as Group[], next };
};

export default function Groups() {
  const t = useText();
  const strategies = useStrategies();
  const { may } = useSession();
  const add = may("operator") && (
    <Button
      component={Link}
      to="/new-group"
      leftSection={<IconUsersPlus size={16} stroke={1.8} aria-hidden />}
    >
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <EntityList<Group>
          name="groups"
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          to={({ name }) => groupPath(name)}
          columns={[
            { id: "name", label: t("name"), cell: ({ name }) => <Link to={groupPath(name)}>{name}</Link> },
            {
              id: "strategy",
              label: t("strategy"),
              cell: ({ strategy }) => strategies.find(({ value }) => value === strategy)?.label,
              wide: true,
            },
            { id: "overflow", label: t("overflow"), cell: ({ overflow }) => overflow ?? "", wide: true },
            {
              id: "members",
              label: t("members"),
              cell: ({ members }) => members.length,
              width: "110px",
              numeric: true,
            },
          ]}
          empty={
            <Empty icon={IconUsersGroup} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
    </>
  );
}
