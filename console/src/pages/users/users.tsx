import { Button, Text } from "@mantine/core";
import { IconUserPlus, IconUsers } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import type { User } from "./types.ts";

const useText = defineStrings("users", {
  en: {
    title: "Users",
    lead: "Who has a telephone here: registers it, is called by name or number, and what holds for its calls.",
    add: "New user",
    name: "Name",
    display: "Display name",
    site: "Site",
    calls: "Calls",
    disabled: "disabled",
    dnd: "do not disturb",
    forwarded: "forwarded to {{to}}",
    empty: "No users yet",
    emptyWhat:
      "A user is somebody, or a place, with telephones: a name to register with, a password for the telephone, numbers that ring it.",
    first: "Make the first user",
  },
  de: {
    title: "Benutzer",
    lead: "Wer hier ein Telefon hat: sich anmeldet, unter Name oder Nummer angerufen wird, und was für diese Anrufe gilt.",
    add: "Neuer Benutzer",
    name: "Name",
    display: "Anzeigename",
    site: "Standort",
    calls: "Anrufe",
    disabled: "gesperrt",
    dnd: "nicht stören",
    forwarded: "weiter an {{to}}",
    empty: "Noch keine Benutzer",
    emptyWhat:
      "Ein Benutzer ist jemand, oder ein Platz, mit Telefonen: ein Name zum Anmelden, ein Passwort für das Telefon, Nummern, die dort klingeln.",
    first: "Den ersten Benutzer anlegen",
  },
});

export const userPath = (name: string): string => `/users/${encodeURIComponent(name)}`;

/** How calls to this user go, in a word. */
export function CallState({ user: { enabled, features } }: { user: User }) {
  const t = useText();
  if (!enabled) return <LightBadge state="bad">{t("disabled")}</LightBadge>;
  const always = features?.forward.find(({ when }) => when === "always");
  if (always) return <LightBadge state="warn">{t("forwarded", { to: always.to.join(", ") })}</LightBadge>;
  return features?.dnd ? <LightBadge state="warn">{t("dnd")}</LightBadge> : null;
}

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { users, next } = await answer(api.GET("/v1/users", { params: { query: { after, limit } }, signal }));
  return { rows: users as User[], next };
};

export default function Users() {
  const t = useText();
  const { may } = useSession();
  const add = (label: string) =>
    may("operator") && (
      <Button
        component={Link}
        to="/new-user"
        leftSection={<IconUserPlus size={16} stroke={1.8} aria-hidden />}
      >
        {label}
      </Button>
    );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add(t("add"))} />
      <Section flush>
        <EntityList<User>
          name="users"
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          to={({ name }) => userPath(name)}
          columns={[
            {
              id: "name",
              label: t("name"),
              cell: ({ name }) => <Link to={userPath(name)}>{name}</Link>,
            },
            {
              id: "display",
              label: t("display"),
              cell: ({ display, description }) =>
                display || (
                  <Text c="dimmed" inherit span>
                    {description}
                  </Text>
                ),
            },
            { id: "site", label: t("site"), cell: ({ site }) => site ?? "", wide: true },
            {
              id: "calls",
              label: t("calls"),
              cell: (user) => <CallState user={user} />,
              width: "minmax(130px, 0.8fr)",
              wide: true,
            },
          ]}
          empty={
            <Empty icon={IconUsers} title={t("empty")} action={add(t("first"))}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
    </>
  );
}
