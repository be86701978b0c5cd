import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ask } from "../../api/client.ts";
import { ApiProblem, messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { fieldOf } from "../../kit/field-errors.ts";
import { NewPassword } from "../../kit/new-password.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { Refused, toFirstFault } from "../../kit/refused.tsx";
import { tellDone } from "../../kit/tell.ts";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("password", {
  en: {
    title: "Your password",
    lead: "With it you log in here as {{name}}. Your telephones have a password of their own.",
    current: "Present password",
    wrong: "That is not your present password.",
    password: "New password",
    passwordHelp: "12 to 128 characters, whatever they are. A few words that belong to nobody else are good.",
    repeat: "Once more",
    differs: "The two are not the same.",
    own: "You stay logged in here; all your other logins end.",
    other: "{{name}} is logged out everywhere within a second.",
    save: "Set password",
    done: "The password is set",
  },
  de: {
    title: "Ihr Passwort",
    lead: "Damit melden Sie sich hier als {{name}} an. Ihre Telefone haben ein eigenes Passwort.",
    current: "Bisheriges Passwort",
    wrong: "Das ist nicht Ihr bisheriges Passwort.",
    password: "Neues Passwort",
    passwordHelp:
      "12 bis 128 Zeichen, welche auch immer. Gut sind ein paar Wörter, die zu niemandem sonst gehören.",
    repeat: "Noch einmal",
    differs: "Die beiden sind nicht gleich.",
    own: "Sie bleiben hier angemeldet; alle Ihre anderen Anmeldungen enden.",
    other: "{{name}} wird binnen einer Sekunde überall abgemeldet.",
    save: "Passwort setzen",
    done: "Das Passwort ist gesetzt",
  },
});

const blank = { current: "", password: "", repeat: "" };

/** A new password. One's own wants the present one; somebody else's is set by administrators. */
export function PasswordForm({ name }: { name: string }) {
  const t = useText();
  const { person, writable } = useSession();
  const queries = useQueryClient();
  const own = person.name === name;
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: blank,
    validate: { repeat: (repeat, { password }) => (repeat === password ? null : t("differs")) },
  });
  const send = async ({ current, password }: typeof blank) => {
    setBusy(true);
    setFault(undefined);
    try {
      const body = { password, ...(own && { current }) };
      await ask("PUT", `/v1/people/${encodeURIComponent(name)}/password`, { body });
      form.reset();
      tellDone(t("done"));
      await queries.invalidateQueries({ queryKey: ["people", name] });
    } catch (error) {
      const errors = error instanceof ApiProblem ? error.errors : [];
      for (const { path, message } of errors) form.setFieldError(fieldOf(path), message);
      if (error instanceof ApiProblem && error.code === "login-refused")
        form.setFieldError("current", t("wrong"));
      else if (errors.length === 0) setFault(messageOf(error));
      toFirstFault();
    } finally {
      setBusy(false);
    }
  };
  return (
    <form noValidate onSubmit={form.onSubmit((values) => void send(values))}>
      <Stack gap="lg" maw={420}>
        {/* For who keeps passwords: whose it is. */}
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        {own && (
          <PasswordInput
            label={t("current")}
            autoComplete="current-password"
            {...form.getInputProps("current")}
          />
        )}
        <NewPassword
          label={t("password")}
          description={t("passwordHelp")}
          names={[name, ...(own ? [person.display] : [])]}
          least={12}
          {...form.getInputProps("password")}
        />
        <PasswordInput label={t("repeat")} autoComplete="new-password" {...form.getInputProps("repeat")} />
        <Text size="sm" c="dimmed">
          {own ? t("own") : t("other", { name })}
        </Text>
        <Refused fault={fault} />
        <Group>
          <Button type="submit" loading={busy} disabled={!writable || form.getValues().password === ""}>
            {t("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** One's own. */
export default function Password() {
  const t = useText();
  const { person } = useSession();
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead", { name: person.name })} />
      <Section>
        <PasswordForm name={person.name} />
      </Section>
    </>
  );
}
