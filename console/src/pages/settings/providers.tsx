import { Button, Code, Group, Text } from "@mantine/core";
import { IconLogin2, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { Copy } from "../../kit/copy.tsx";
import { Empty } from "../../kit/empty.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings, useLanguage } from "../../shell/i18n.ts";
import { roleNames } from "../../shell/roles.ts";

const useText = defineStrings("providers", {
  en: {
    title: "Identity providers",
    lead: "People log in with what they have at their company: Keycloak, Entra ID, Google, anything that speaks OpenID Connect. Passwords and passkeys go on beside.",
    add: "New identity provider",
    name: "Name",
    issuer: "Issuer",
    strangers: "Who is not known here",
    refused: "is refused",
    made: "is made: {{role}}",
    redirect: "Address to register",
    redirectWhat: "The provider wants to know where it may send browsers back to. Exactly this:",
    copy: "Copy",
    empty: "Nobody logs in by a provider yet",
    emptyWhat:
      "Register this service at your provider as a web application, with the address below; it gives you an id and a secret, which you enter here.",
  },
  de: {
    title: "Identitätsanbieter",
    lead: "Personen melden sich mit dem an, was sie in ihrer Firma haben: Keycloak, Entra ID, Google, alles, was OpenID Connect spricht. Passwörter und Passkeys gelten daneben weiter.",
    add: "Neuer Identitätsanbieter",
    name: "Name",
    issuer: "Aussteller",
    strangers: "Wer hier unbekannt ist",
    refused: "wird abgewiesen",
    made: "wird angelegt: {{role}}",
    redirect: "Einzutragende Adresse",
    redirectWhat: "Der Anbieter will wissen, wohin er Browser zurückschicken darf. Genau hierhin:",
    copy: "Kopieren",
    empty: "Noch meldet sich niemand über einen Anbieter an",
    emptyWhat:
      "Tragen Sie diesen Dienst bei Ihrem Anbieter als Webanwendung ein, mit der Adresse unten; er gibt Ihnen eine Kennung und ein Geheimnis, die Sie hier eintragen.",
  },
});

export type Provider =
  paths["/v1/identity-providers/{name}"]["get"]["responses"][200]["content"]["application/json"];

export const providerPath = (name: string): string => `/identity-providers/${encodeURIComponent(name)}`;

const page = (after: string, limit: number) =>
  answer(api.GET("/v1/identity-providers", { params: { query: { after, limit } } }));

const load = async (after: string, limit: number) => {
  const { providers, next } = await page(after, limit);
  return { rows: providers, next };
};

/** What has to be registered at a provider. */
export function RedirectSection() {
  const t = useText();
  const { data } = useQuery({ queryKey: ["identity-providers", "redirect"], queryFn: () => page("", 1) });
  const [first] = data?.redirect_uris ?? [];
  return (
    <Section title={t("redirect")} lead={t("redirectWhat")}>
      {first !== undefined && (
        <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {first}
        </Code>
      )}
      {first !== undefined && (
        <Group mt="sm">
          <Copy value={first} label={t("copy")} size="xs" />
        </Group>
      )}
    </Section>
  );
}

export default function Providers() {
  const t = useText();
  const language = useLanguage();
  const { may } = useSession();
  const add = may("administrator") && (
    <Button
      component={Link}
      to="/new-identity-provider"
      leftSection={<IconPlus size={16} stroke={1.8} aria-hidden />}
    >
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <EntityList<Provider>
          name="identity-providers"
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          to={({ name }) => providerPath(name)}
          columns={[
            {
              id: "name",
              label: t("name"),
              width: "minmax(0, 1fr)",
              cell: ({ name, label }) => (
                <>
                  <Link to={providerPath(name)}>{label}</Link>{" "}
                  <Text c="dimmed" inherit span>
                    {name}
                  </Text>
                </>
              ),
            },
            {
              id: "issuer",
              label: t("issuer"),
              width: "minmax(0, 1.5fr)",
              wide: true,
              cell: ({ issuer }) => issuer,
            },
            {
              id: "strangers",
              label: t("strangers"),
              width: "minmax(150px, 0.8fr)",
              wide: true,
              cell: ({ new_people }) =>
                new_people === null ? t("refused") : t("made", { role: roleNames[new_people][language] }),
            },
          ]}
          empty={
            <Empty icon={IconLogin2} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
      <RedirectSection />
    </>
  );
}
