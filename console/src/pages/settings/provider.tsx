import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconPlugConnected } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { answer, answered, api, ask, ifMatch } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm } from "../../kit/form.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { tellFault } from "../../kit/tell.ts";
import { defineStrings } from "../../shell/i18n.ts";
import { useProviderFields } from "./provider-fields.tsx";
import { type Provider, providerPath, RedirectSection } from "./providers.tsx";

const useText = defineStrings("provider", {
  en: {
    title: "New identity provider",
    lead: "Anything that speaks OpenID Connect. Register the address below there first.",
    name: "Name",
    nameHelp: "Small letters, digits and dashes: keycloak. It can not be changed later.",
    submit: "Add provider",
    settings: "Settings",
    check: "Try it",
    checked: "{{issuer}} answers",
    noAuthTime:
      "{{issuer}} answers. It does not say that it tells when somebody logged in (auth_time): delicate changes may want a password or a passkey.",
    remove: "Delete",
    removeTitle: "Delete {{name}}?",
    removeWhat:
      "Nobody logs in by it any more; who has no password and no passkey can not log in at all. Logins that are there go on until they end.",
    removed: "{{name}} is deleted",
  },
  de: {
    title: "Neuer Identitätsanbieter",
    lead: "Alles, was OpenID Connect spricht. Tragen Sie dort zuerst die Adresse unten ein.",
    name: "Name",
    nameHelp: "Kleine Buchstaben, Ziffern und Striche: keycloak. Er lässt sich später nicht ändern.",
    submit: "Anbieter hinzufügen",
    settings: "Einstellungen",
    check: "Ausprobieren",
    checked: "{{issuer}} antwortet",
    noAuthTime:
      "{{issuer}} antwortet. Er sagt nicht, dass er mitteilt, wann sich jemand angemeldet hat (auth_time): Heikle Änderungen wollen dann vielleicht ein Passwort oder einen Passkey.",
    remove: "Löschen",
    removeTitle: "{{name}} löschen?",
    removeWhat:
      "Niemand meldet sich mehr darüber an; wer weder Passwort noch Passkey hat, gar nicht mehr. Bestehende Anmeldungen gelten, bis sie enden.",
    removed: "{{name}} ist gelöscht",
  },
});

type Body = Record<string, unknown>;

/** A secret that nobody typed stays. */
const withSecret = ({ client_secret, ...rest }: Body): Body => ({
  ...rest,
  ...(typeof client_secret === "string" && client_secret !== "" && { client_secret }),
});

function NewProvider() {
  const t = useText();
  const navigate = useNavigate();
  const fields = useProviderFields(false);
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <RedirectSection />
      <Section title={t("settings")}>
        <EntityForm
          path="/v1/identity-providers"
          method="post"
          initial={{ roles: [] }}
          fields={{ name: { label: t("name"), help: t("nameHelp") }, ...fields }}
          submit={t("submit")}
          save={(body) => ask("POST", "/v1/identity-providers", { body: withSecret(body) })}
          saved={({ name }) => void navigate({ to: providerPath(String(name)) })}
        />
      </Section>
    </>
  );
}

function KnownProvider({ name }: { name: string }) {
  const t = useText();
  const { may } = useSession();
  const queries = useQueryClient();
  const readOnly = !may("administrator");
  const fields = useProviderFields(readOnly);
  const [busy, setBusy] = useState(false);
  const path = `/v1/identity-providers/${encodeURIComponent(name)}`;
  const load = () =>
    answered(api.GET("/v1/identity-providers/{name}", { params: { path: { name } } })) as Promise<{
      data: Provider;
      etag: string | undefined;
    }>;
  const query = useQuery({ queryKey: ["identity-providers", name], queryFn: load });
  const check = async () => {
    setBusy(true);
    try {
      const { issuer, auth_time } = await answer(
        api.POST("/v1/identity-providers/{name}/check", { params: { path: { name } } }),
      );
      const message = t(auth_time ? "checked" : "noAuthTime", { issuer });
      notifications.show({ message, color: auth_time ? "teal" : "yellow", autoClose: 10_000 });
    } catch (error) {
      tellFault(error);
    } finally {
      setBusy(false);
    }
  };
  const question = {
    title: t("removeTitle", { name }),
    what: t("removeWhat"),
    callers: "",
    action: t("remove"),
  };
  return (
    <Asked query={query}>
      {({ data: { has_secret: _, name: __, ...initial }, etag }) => (
        <>
          <PageHeader
            title={initial.label}
            actions={
              !readOnly && (
                <>
                  <Button
                    variant="default"
                    loading={busy}
                    leftSection={<IconPlugConnected size={16} stroke={1.8} aria-hidden />}
                    onClick={() => void check()}
                  >
                    {t("check")}
                  </Button>
                  <RemoveButton
                    path={path}
                    kind="identity-providers"
                    question={question}
                    done={t("removed", { name })}
                  />
                </>
              )
            }
          />
          <Section title={t("settings")}>
            <EntityForm
              path="/v1/identity-providers/{name}"
              method="put"
              fields={fields}
              initial={initial}
              readOnly={readOnly}
              etag={etag}
              reload={load}
              save={(body, against) =>
                ask("PUT", path, { body: withSecret(body), headers: ifMatch(against) })
              }
              saved={() => void queries.invalidateQueries({ queryKey: ["identity-providers"] })}
            />
          </Section>
          <RedirectSection />
        </>
      )}
    </Asked>
  );
}

export default function ProviderPage() {
  const { name } = useParams({ strict: false });
  return name === undefined ? <NewProvider /> : <KnownProvider name={name} />;
}
