import { useNavigate } from "@tanstack/react-router";
import { ask } from "../../api/client.ts";
import { EntityForm } from "../../kit/form.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { personPath } from "./people.tsx";
import { usePersonFields } from "./person-fields.tsx";

const useText = defineStrings("new-person", {
  en: {
    title: "New person",
    lead: "May log in at once, on every node. Tell them the password by another way than e-mail; they can set their own.",
    name: "Name",
    nameHelp: "To log in with: small letters, digits, and . _ @ -. It can not be changed later.",
    password: "Initial password",
    passwordHelp:
      "12 to 128 characters, whatever they are. Only a hash of it is kept; it is never shown again.",
    submit: "Make person",
  },
  de: {
    title: "Neue Person",
    lead: "Darf sich sofort anmelden, an jedem Knoten. Sagen Sie ihr das Passwort anders als per E-Mail; sie kann ein eigenes setzen.",
    name: "Name",
    nameHelp: "Für die Anmeldung: kleine Buchstaben, Ziffern und . _ @ -. Er lässt sich später nicht ändern.",
    password: "Erstes Passwort",
    passwordHelp:
      "12 bis 128 Zeichen, welche auch immer. Nur eine Prüfsumme davon wird aufbewahrt; es wird nie wieder gezeigt.",
    submit: "Person anlegen",
  },
});

export default function NewPerson() {
  const t = useText();
  const navigate = useNavigate();
  const { enabled: _, ...fields } = usePersonFields(false);
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Section>
        <EntityForm
          path="/v1/people"
          method="post"
          initial={{ role: "auditor", scope: null }}
          fields={{
            name: { label: t("name"), help: t("nameHelp") },
            password: { label: t("password"), help: t("passwordHelp"), kind: "password", least: 12 },
            ...fields,
          }}
          submit={t("submit")}
          save={(body) => ask("POST", "/v1/people", { body })}
          saved={({ name }) => void navigate({ to: personPath(String(name).trim().toLowerCase()) })}
        />
      </Section>
    </>
  );
}
