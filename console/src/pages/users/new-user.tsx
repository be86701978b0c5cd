import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ask } from "../../api/client.ts";
import { EntityForm } from "../../kit/form.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { useSiteField } from "./site-field.tsx";
import { userPath } from "./users.tsx";

const useText = defineStrings("new-user", {
  en: {
    title: "New user",
    lead: "With name and password a telephone can register at once, on every node.",
    name: "Name",
    nameHelp: "The user part of its SIP address, such as 1001 or ada. It can not be changed later.",
    password: "Password of its telephones",
    passwordHelp: "At least 8 characters. Only digests of it are kept; it is never shown again.",
    display: "Display name",
    displayHelp: "What called telephones show.",
    description: "Description",
    submit: "Make user",
  },
  de: {
    title: "Neuer Benutzer",
    lead: "Mit Name und Passwort kann sich ein Telefon sofort anmelden, an jedem Knoten.",
    name: "Name",
    nameHelp: "Der Benutzerteil der SIP-Adresse, etwa 1001 oder ada. Er lässt sich später nicht ändern.",
    password: "Passwort seiner Telefone",
    passwordHelp: "Mindestens 8 Zeichen. Nur Prüfsummen davon werden aufbewahrt; es wird nie wieder gezeigt.",
    display: "Anzeigename",
    displayHelp: "Was angerufene Telefone zeigen.",
    description: "Beschreibung",
    submit: "Benutzer anlegen",
  },
});

export default function NewUser() {
  const t = useText();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const site = useSiteField();
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Section>
        <EntityForm
          path="/v1/users"
          method="post"
          fields={{
            name: { label: t("name"), help: t("nameHelp") },
            password: { label: t("password"), help: t("passwordHelp"), kind: "password", least: 8 },
            display: { label: t("display"), help: t("displayHelp") },
            description: { label: t("description") },
            site,
          }}
          submit={t("submit")}
          save={(body) => ask("POST", "/v1/users", { body })}
          saved={({ name }) => {
            void queries.invalidateQueries({ queryKey: ["users"] });
            void navigate({ to: userPath(String(name)) });
          }}
        />
      </Section>
    </>
  );
}
