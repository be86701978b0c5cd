import { ActionIcon, Button, Group, Input, Select, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { type Role, roles } from "../../api/session.tsx";
import type { EntityFormApi, FieldLook } from "../../kit/form.tsx";
import { defineStrings, useLanguage } from "../../shell/i18n.ts";
import { roleNames } from "../../shell/roles.ts";

const useText = defineStrings("provider-fields", {
  en: {
    label: "On the button",
    labelHelp: "‘Log in with …’",
    issuer: "Issuer",
    issuerHelp:
      "Its address without /.well-known/openid-configuration, such as https://id.example.com/realms/office",
    clientId: "Client ID",
    secret: "Client secret",
    secretHelp: "Kept sealed, never shown. Empty: it stays as it is.",
    scopes: "Scopes",
    scopesHelp: "What the provider is asked to tell.",
    nameClaim: "Claim that names the person",
    nameClaimHelp:
      "email counts only when the provider says that it verified it (email_verified). preferred_username is as good as the provider's care that nobody chooses somebody else's.",
    strangers: "Who is not known here",
    refuse: "is refused, until an administrator links a person",
    make: "is made, as {{role}}",
    rolesClaim: "Claim with roles or groups",
    rolesClaimHelp:
      "Such as groups, or realm_access.roles. Empty: roles are given here alone. Otherwise each login sets the role, and whoever has none of those below is refused.",
    roles: "What is in it, and which role that is",
    value: "Value",
    role: "Role",
    another: "Another",
    remove: "Remove {{value}}",
    second: "Does its login count as a second factor?",
    claims: "when it says so: amr has mfa, or acr is one of those below",
    never: "no: a code is asked for here",
    always: "yes, always: it takes care of that",
    acr: "acr that count",
    acrHelp: "They are asked for, too.",
    ca: "Authority of its certificate",
    caHelp: "PEM, if it is one of your own. Empty: those that everybody knows.",
  },
  de: {
    label: "Auf dem Knopf",
    labelHelp: "„Mit … anmelden“",
    issuer: "Aussteller (Issuer)",
    issuerHelp:
      "Seine Adresse ohne /.well-known/openid-configuration, etwa https://id.example.com/realms/office",
    clientId: "Client-ID",
    secret: "Client-Geheimnis",
    secretHelp: "Liegt versiegelt und wird nie gezeigt. Leer: Es bleibt, wie es ist.",
    scopes: "Scopes",
    scopesHelp: "Wovon der Anbieter erzählen soll.",
    nameClaim: "Claim, der die Person nennt",
    nameClaimHelp:
      "email zählt nur, wenn der Anbieter sagt, dass er sie geprüft hat (email_verified). preferred_username ist so gut wie die Sorge des Anbieters, dass niemand den eines anderen wählt.",
    strangers: "Wer hier unbekannt ist",
    refuse: "wird abgewiesen, bis die Administration eine Person verknüpft",
    make: "wird angelegt, als {{role}}",
    rolesClaim: "Claim mit Rollen oder Gruppen",
    rolesClaimHelp:
      "Etwa groups oder realm_access.roles. Leer: Rollen werden nur hier vergeben. Sonst setzt jede Anmeldung die Rolle, und wer keine der folgenden hat, wird abgewiesen.",
    roles: "Was darin steht, und welche Rolle das ist",
    value: "Wert",
    role: "Rolle",
    another: "Noch eine",
    remove: "{{value}} entfernen",
    second: "Zählt die Anmeldung dort als zweiter Faktor?",
    claims: "wenn er es sagt: amr enthält mfa, oder acr ist eines der folgenden",
    never: "nein: Hier wird nach einem Code gefragt",
    always: "ja, immer: Er sorgt dafür",
    acr: "acr, die zählen",
    acrHelp: "Sie werden auch verlangt.",
    ca: "Aussteller seines Zertifikats",
    caHelp: "PEM, wenn es ein eigener ist. Leer: die, die alle kennen.",
  },
});

interface Mapped {
  value: string;
  role: Role;
}

const mappedIn = (form: EntityFormApi): Mapped[] => {
  const { roles: found } = form.getValues();
  return Array.isArray(found) ? (found as Mapped[]) : []; // as the schema says
};

function StrangersField({ form, disabled }: { form: EntityFormApi; disabled: boolean }) {
  const t = useText();
  const language = useLanguage();
  const { new_people } = form.getValues();
  const made = (["user", "auditor", "operator"] as const).map((role) => ({
    value: role as string,
    label: t("make", { role: roleNames[role][language] }),
  }));
  return (
    <Select
      label={t("strangers")}
      data={[{ value: "refuse", label: t("refuse") }, ...made]}
      allowDeselect={false}
      disabled={disabled}
      value={typeof new_people === "string" && new_people !== "" ? new_people : "refuse"}
      onChange={(value) => form.setFieldValue("new_people", value === "refuse" ? null : value)}
      error={form.errors.new_people}
    />
  );
}

function RolesField({ form, disabled }: { form: EntityFormApi; disabled: boolean }) {
  const t = useText();
  const language = useLanguage();
  const mapped = mappedIn(form);
  const set = (next: Mapped[]) => form.setFieldValue("roles", next);
  const at = (index: number, change: Partial<Mapped>) =>
    set(mapped.map((one, place) => (place === index ? { ...one, ...change } : one)));
  return (
    <Input.Wrapper label={t("roles")} labelElement="div" error={form.errors.roles}>
      <Stack gap="xs" mt={4}>
        {mapped.map(({ value, role }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no name before one is typed
          <Group key={index} gap="xs" wrap="nowrap" align="flex-start">
            <TextInput
              aria-label={t("value")}
              placeholder={t("value")}
              value={value}
              disabled={disabled}
              flex={1}
              error={form.errors[`roles.${index}.value`]}
              onChange={({ currentTarget }) => at(index, { value: currentTarget.value })}
            />
            <Select
              aria-label={t("role")}
              data={roles.toReversed().map((one) => ({ value: one, label: roleNames[one][language] }))}
              allowDeselect={false}
              value={role}
              disabled={disabled}
              w={150}
              onChange={(next) => at(index, { role: next as Role })} // one of those above
            />
            {!disabled && (
              <ActionIcon
                variant="subtle"
                size="lg"
                aria-label={t("remove", { value })}
                onClick={() => set(mapped.filter((_, place) => place !== index))}
              >
                <IconTrash size={16} stroke={1.8} aria-hidden />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!disabled && (
          <div>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconPlus size={14} aria-hidden />}
              onClick={() => set([...mapped, { value: "", role: "user" }])}
            >
              {t("another")}
            </Button>
          </div>
        )}
      </Stack>
    </Input.Wrapper>
  );
}

/** Of an identity provider, but its name. */
export function useProviderFields(disabled: boolean): Record<string, FieldLook> {
  const t = useText();
  const label = (value: "claims" | "never" | "always") => ({ value, label: t(value) });
  const off = { disabled };
  return {
    label: { label: t("label"), help: t("labelHelp"), ...off },
    issuer: { label: t("issuer"), help: t("issuerHelp"), placeholder: "https://", ...off },
    client_id: { label: t("clientId"), ...off },
    client_secret: { label: t("secret"), help: t("secretHelp"), kind: "password", ...off },
    scopes: { label: t("scopes"), help: t("scopesHelp"), ...off },
    name_claim: { label: t("nameClaim"), help: t("nameClaimHelp"), ...off },
    new_people: {
      label: t("strangers"),
      render: (form) => <StrangersField form={form} disabled={disabled} />,
    },
    roles_claim: { label: t("rolesClaim"), help: t("rolesClaimHelp"), ...off },
    roles: { label: t("roles"), render: (form) => <RolesField form={form} disabled={disabled} /> },
    second_factor: {
      label: t("second"),
      kind: "choice",
      choices: [label("claims"), label("never"), label("always")],
      ...off,
    },
    acr_values: { label: t("acr"), help: t("acrHelp"), ...off },
    ca: { label: t("ca"), help: t("caHelp"), kind: "long", ...off },
  };
}
