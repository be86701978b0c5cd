import { SegmentedControl, Space, Stack, Text } from "@mantine/core";
import { IconDeviceLandlinePhone } from "@tabler/icons-react";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { useCluster } from "../../api/cluster.ts";
import { Empty } from "../../kit/empty.tsx";
import { EntityList } from "../../kit/list.tsx";
import { Figure, PageHeader, Section } from "../../kit/page.tsx";
import { Moment, Num } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("registrations", {
  en: {
    title: "Registrations",
    lead: "Which telephones are registered, from where, and until when. A user without one can not be reached inside.",
    users: "Users and their telephones",
    user: "User",
    where: "Where",
    telephone: "Telephone",
    until: "Until",
    all: "All users",
    only: "Registered",
    without: "Not registered",
    none: "not registered",
    show: "Which users",
    contacts: "Registered telephones",
    empty: "Nobody is here yet",
    emptyText:
      "When a telephone logs in with a user's name and password, it stands here with its address. Make users first, then enter name, password and the service address in the telephone.",
  },
  de: {
    title: "Registrierungen",
    lead: "Welche Telefone angemeldet sind, von wo und bis wann. Wer keines hat, ist intern nicht erreichbar.",
    users: "Nutzer und ihre Telefone",
    user: "Nutzer",
    where: "Wo",
    telephone: "Telefon",
    until: "Bis",
    all: "Alle Nutzer",
    only: "Angemeldet",
    without: "Nicht angemeldet",
    none: "nicht angemeldet",
    show: "Welche Nutzer",
    contacts: "Angemeldete Telefone",
    empty: "Hier ist noch niemand",
    emptyText:
      "Meldet sich ein Telefon mit Namen und Passwort eines Nutzers an, steht es hier mit seiner Adresse. Legen Sie zuerst Nutzer an und tragen Sie dann Name, Passwort und Dienstadresse im Telefon ein.",
  },
});

type Which = "all" | "only" | "without";

/** `sip:ada@192.0.2.7:5062;transport=udp` → `192.0.2.7:5062`. */
const placeOf = (contact: string): string => contact.replace(/^sips?:([^@]*@)?/, "").replace(/[;>].*$/, "");

export default function Registrations() {
  const t = useText();
  const cluster = useCluster();
  const [which, setWhich] = useState<Which>("all");
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Section>
        <Figure
          label={t("contacts")}
          value={cluster.data?.load.contacts == null ? "–" : <Num value={cluster.data.load.contacts} />}
        />
      </Section>
      <Space h="md" />
      <EntityList
        name={`registrations ${which}`}
        label={t("users")}
        height="calc(100dvh - 400px)"
        everyMs={10_000}
        load={async (after, limit, signal) => {
          const { users, next } = await answer(
            api.GET("/v1/registrations", {
              params: {
                query: {
                  after,
                  limit: Math.min(limit, 200),
                  ...(which === "all" ? {} : { registered: which === "only" ? "true" : "false" }),
                },
              },
              signal,
            }),
          );
          return { rows: users, next };
        }}
        rowKey={({ user }) => user}
        filters={
          <SegmentedControl
            size="xs"
            aria-label={t("show")}
            value={which}
            onChange={(value) => setWhich(value as Which)} // its own values
            data={[
              { value: "all", label: t("all") },
              { value: "only", label: t("only") },
              { value: "without", label: t("without") },
            ]}
          />
        }
        columns={[
          {
            id: "user",
            label: t("user"),
            cell: ({ user, display }) => (
              <Stack gap={0}>
                <span>{user}</span>
                {display !== "" && display !== user && (
                  <Text size="xs" c="dimmed" truncate>
                    {display}
                  </Text>
                )}
              </Stack>
            ),
          },
          {
            id: "where",
            label: t("where"),
            cell: ({ contacts }) =>
              contacts.length === 0 ? (
                <Text size="sm" c="dimmed">
                  {t("none")}
                </Text>
              ) : (
                <Text size="sm" truncate className="num">
                  {contacts.map(({ contact, received }) => placeOf(received || contact)).join(", ")}
                </Text>
              ),
          },
          {
            id: "telephone",
            label: t("telephone"),
            wide: true,
            cell: ({ contacts }) => (
              <Text size="sm" truncate>
                {contacts.map(({ user_agent }) => user_agent).join(", ")}
              </Text>
            ),
          },
          {
            id: "until",
            label: t("until"),
            width: "110px",
            numeric: true,
            wide: true,
            cell: ({ contacts }) => (contacts[0] ? <Moment at={contacts[0].expires_at} as="time" /> : null),
          },
        ]}
        empty={
          <Empty icon={IconDeviceLandlinePhone} title={t("empty")}>
            {t("emptyText")}
          </Empty>
        }
      />
    </>
  );
}
