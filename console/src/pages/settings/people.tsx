import { Button, Text } from "@mantine/core";
import { IconShieldLock, IconUserPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { Moment } from "../../kit/time.tsx";
import { defineStrings, useLanguage } from "../../shell/i18n.ts";
import { roleNames } from "../../shell/roles.ts";
import { userPath } from "../users/users.tsx";

const useText = defineStrings("people", {
  en: {
    title: "People",
    lead: "Who may log in here, and what each of them may do. A telephone is something else: that is a user.",
    add: "New person",
    name: "Name",
    role: "Role",
    user: "Telephone",
    login: "Last login",
    never: "never",
    disabled: "disabled",
    noPassword: "no password",
    scope: "limited",
    you: "you",
    empty: "Nobody may log in yet",
    emptyWhat:
      "A person has a name, a password and a role: auditors see everything, operators also change it, administrators let others in. The first one comes by the link that ‘dialtone people first’ prints on a host.",
  },
  de: {
    title: "Personen",
    lead: "Wer sich hier anmelden darf, und was er dann darf. Ein Telefon ist etwas anderes: Das ist ein Benutzer.",
    add: "Neue Person",
    name: "Name",
    role: "Rolle",
    user: "Telefon",
    login: "Zuletzt angemeldet",
    never: "noch nie",
    disabled: "gesperrt",
    noPassword: "ohne Passwort",
    scope: "eingeschränkt",
    you: "Sie",
    empty: "Noch darf sich niemand anmelden",
    emptyWhat:
      "Eine Person hat einen Namen, ein Passwort und eine Rolle: Prüfende sehen alles, der Betrieb ändert es auch, Administratoren lassen andere ein. Die erste kommt über den Link, den „dialtone people first“ auf einem Host ausgibt.",
  },
});

export type Person = paths["/v1/people/{name}"]["get"]["responses"][200]["content"]["application/json"];

export const personPath = (name: string): string => `/people/${encodeURIComponent(name)}`;

/** What keeps somebody from logging in, or seeing everything. */
export function PersonState({ person: { enabled, password, scope } }: { person: Person }) {
  const t = useText();
  if (!enabled) return <LightBadge state="bad">{t("disabled")}</LightBadge>;
  if (!password) return <LightBadge state="idle">{t("noPassword")}</LightBadge>;
  return scope && <LightBadge state="warn">{t("scope")}</LightBadge>;
}

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { people, next } = await answer(
    api.GET("/v1/people", { params: { query: { after, limit } }, signal }),
  );
  return { rows: people, next };
};

export default function People() {
  const t = useText();
  const language = useLanguage();
  const { may, person: self } = useSession();
  const add = may("administrator") && (
    <Button
      component={Link}
      to="/new-person"
      leftSection={<IconUserPlus size={16} stroke={1.8} aria-hidden />}
    >
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <EntityList<Person>
          name="people"
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          to={({ name }) => personPath(name)}
          columns={[
            {
              id: "name",
              label: t("name"),
              width: "minmax(0, 1.5fr)",
              cell: (person) => (
                <>
                  <Link to={personPath(person.name)}>{person.name}</Link> <PersonState person={person} />{" "}
                  {person.name === self.name && <LightBadge state="idle">{t("you")}</LightBadge>}{" "}
                  <Text c="dimmed" inherit span>
                    {person.display}
                  </Text>
                </>
              ),
            },
            {
              id: "role",
              label: t("role"),
              width: "minmax(110px, 0.6fr)",
              cell: ({ role }) => roleNames[role][language],
            },
            {
              id: "user",
              label: t("user"),
              width: "minmax(0, 0.7fr)",
              wide: true,
              cell: ({ user }) => user !== null && <Link to={userPath(user)}>{user}</Link>,
            },
            {
              id: "login",
              label: t("login"),
              width: "minmax(150px, 0.7fr)",
              numeric: true,
              wide: true,
              cell: ({ login_at }) =>
                login_at === null ? (
                  <Text c="dimmed" inherit span>
                    {t("never")}
                  </Text>
                ) : (
                  <Moment at={login_at} as="ago" />
                ),
            },
          ]}
          empty={
            <Empty icon={IconShieldLock} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
    </>
  );
}
