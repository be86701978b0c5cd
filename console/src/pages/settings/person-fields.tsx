import { Alert, Autocomplete, Select, Stack, Switch } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../api/client.ts";
import { type Role, roles } from "../../api/session.tsx";
import type { EntityFormApi, FieldLook } from "../../kit/form.tsx";
import { defineStrings, useLanguage } from "../../shell/i18n.ts";
import { roleNames } from "../../shell/roles.ts";
import { justBefore } from "../../shell/search.tsx";
import { ListAt } from "../users/fields.tsx";

const useText = defineStrings("person-fields", {
  en: {
    display: "Display name",
    displayHelp: "As others read it, such as Ada Lovelace.",
    role: "Role",
    user: "See and change their own telephone, and their own password. Nothing else.",
    auditor: "See everything, calls and recordings included, and who changed what. Change nothing.",
    operator: "Also change it: users, numbers, rules, carriers, recordings, hosts in maintenance.",
    administrator: "Also say who may log in.",
    telephone: "Telephone",
    telephoneHelp:
      "The user that this person is: ‘My telephone’ and the console's own telephone belong to it.",
    none: "none",
    enabled: "May log in",
    enabledHelp: "Switched off: logged out everywhere within a second. Nothing is lost.",
    limited: "Only a part of the service",
    limitedHelp: "Limited to these sites, groups and numbers.",
    limitedNote:
      "Users of these sites and in these groups, these groups and numbers, and calls of all those are seen and changed. Rules, carriers, hosts and settings stay closed.",
    sites: "Sites",
    groups: "Ring groups",
    numbers: "Numbers",
    numbersHelp: "+4971112 for one, +4971112* for all that begin so.",
  },
  de: {
    display: "Anzeigename",
    displayHelp: "Wie andere ihn lesen, etwa Ada Lovelace.",
    role: "Rolle",
    user: "Das eigene Telefon und das eigene Passwort sehen und ändern. Sonst nichts.",
    auditor: "Alles sehen, auch Gespräche, Aufnahmen und wer was geändert hat. Nichts ändern.",
    operator: "Auch ändern: Benutzer, Nummern, Regeln, Carrier, Aufnahmen, Hosts in Wartung.",
    administrator: "Auch bestimmen, wer sich anmelden darf.",
    telephone: "Telefon",
    telephoneHelp:
      "Der Benutzer, der diese Person ist: „Mein Telefon“ und das Telefon der Konsole gehören dazu.",
    none: "keines",
    enabled: "Darf sich anmelden",
    enabledHelp: "Ausgeschaltet: binnen einer Sekunde überall abgemeldet. Nichts geht verloren.",
    limited: "Nur ein Teil des Dienstes",
    limitedHelp: "Eingeschränkt auf diese Standorte, Gruppen und Nummern.",
    limitedNote:
      "Zu sehen und zu ändern sind Benutzer dieser Standorte und in diesen Gruppen, diese Gruppen und Nummern, und Anrufe von alledem. Regeln, Carrier, Hosts und Einstellungen bleiben verschlossen.",
    sites: "Standorte",
    groups: "Rufgruppen",
    numbers: "Nummern",
    numbersHelp: "+4971112 für eine, +4971112* für alle, die so beginnen.",
  },
});

function RoleField({ form, disabled }: { form: EntityFormApi; disabled: boolean }) {
  const t = useText();
  const language = useLanguage();
  const role = form.getValues().role as Role; // as the schema says
  return (
    <Select
      label={t("role")}
      description={roles.includes(role) ? t(role) : undefined}
      inputWrapperOrder={["label", "input", "error", "description"]}
      data={roles.toReversed().map((value) => ({ value, label: roleNames[value][language] }))}
      allowDeselect={false}
      disabled={disabled}
      required
      {...form.getInputProps("role")}
    />
  );
}

/** Any of maybe a million users: what is typed finds them. */
function TelephoneField({ form, disabled }: { form: EntityFormApi; disabled: boolean }) {
  const t = useText();
  const { user } = form.getValues();
  const text = typeof user === "string" ? user : "";
  const [typed] = useDebouncedValue(text, 200);
  const { data } = useQuery({
    queryKey: ["users", "names", typed],
    queryFn: () =>
      answer(api.GET("/v1/users", { params: { query: { after: justBefore(typed), limit: 8 } } })),
    placeholderData: (before) => before,
  });
  return (
    <Autocomplete
      label={t("telephone")}
      description={t("telephoneHelp")}
      placeholder={t("none")}
      data={(data?.users ?? []).map(({ name }) => name)}
      disabled={disabled}
      value={text}
      onChange={(value) => form.setFieldValue("user", value)}
      error={form.errors.user}
    />
  );
}

export function ScopeField({ form, disabled }: { form: EntityFormApi; disabled: boolean }) {
  const t = useText();
  const { scope } = form.getValues();
  const limited = typeof scope === "object" && scope !== null;
  return (
    <Stack gap="md">
      <Switch
        label={t("limited")}
        description={t("limitedHelp")}
        checked={limited}
        disabled={disabled}
        error={form.errors.scope}
        onChange={({ currentTarget }) =>
          form.setFieldValue("scope", currentTarget.checked ? { sites: [], groups: [], numbers: [] } : null)
        }
      />
      {limited && (
        <>
          <Alert color="ink" variant="light" icon={<IconInfoCircle size={18} />}>
            {t("limitedNote")}
          </Alert>
          <ListAt form={form} path="scope.sites" label={t("sites")} disabled={disabled} />
          <ListAt form={form} path="scope.groups" label={t("groups")} disabled={disabled} />
          <ListAt
            form={form}
            path="scope.numbers"
            label={t("numbers")}
            help={t("numbersHelp")}
            disabled={disabled}
          />
        </>
      )}
    </Stack>
  );
}

/** Of a person, but its name and password. */
export function usePersonFields(disabled: boolean): Record<string, FieldLook> {
  const t = useText();
  return {
    display: { label: t("display"), help: t("displayHelp") },
    role: { label: t("role"), render: (form) => <RoleField form={form} disabled={disabled} /> },
    user: { label: t("telephone"), render: (form) => <TelephoneField form={form} disabled={disabled} /> },
    enabled: { label: t("enabled"), help: t("enabledHelp") },
    scope: { label: t("limited"), render: (form) => <ScopeField form={form} disabled={disabled} /> },
  };
}
