import { Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ask } from "../api/client.ts";
import { ApiProblem, messageOf } from "../api/problem.ts";
import { useSessionState } from "../api/session.tsx";
import { fieldOf } from "../kit/field-errors.ts";
import { NewPassword } from "../kit/new-password.tsx";
import { Refused } from "../kit/refused.tsx";
import { defineStrings } from "./i18n.ts";
import { Card } from "./login.tsx";

const useText = defineStrings("first", {
  en: {
    title: "Welcome",
    lead: "You are the first here. Choose the name and password of the first administrator; more people can be let in later.",
    noToken:
      "This page needs the whole link that was printed when the service started: “…/console/first?token=…”.",
    name: "Name",
    nameWhat: "Small letters, digits and dashes: ada",
    password: "Password",
    passwordWhat: "At least 12 characters; a sentence is good",
    repeat: "Once more",
    differ: "The two are not the same",
    short: "At least 12 characters",
    submit: "Begin",
  },
  de: {
    title: "Willkommen",
    lead: "Sie sind als Erste hier. Wählen Sie Name und Passwort für die erste Administration; weitere Personen lassen Sie später herein.",
    noToken:
      "Diese Seite braucht den ganzen Link, der beim Start des Dienstes ausgegeben wurde: „…/console/first?token=…“.",
    name: "Name",
    nameWhat: "Kleine Buchstaben, Ziffern und Bindestriche: ada",
    password: "Passwort",
    passwordWhat: "Mindestens 12 Zeichen; ein Satz ist gut",
    repeat: "Noch einmal",
    differ: "Die beiden sind nicht gleich",
    short: "Mindestens 12 Zeichen",
    submit: "Anfangen",
  },
});

const minLength = 12;

/** /console/first?token=…: makes the first administrator. */
export default function First() {
  const t = useText();
  const { refresh } = useSessionState();
  const navigate = useNavigate();
  const token = new URLSearchParams(location.search).get("token");
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { name: "", password: "", repeat: "" },
    validate: {
      password: (value) => (value.length < minLength ? t("short") : null),
      repeat: (value, { password }) => (value === password ? null : t("differ")),
    },
  });
  const submit = form.onSubmit(async ({ name, password }) => {
    setBusy(true);
    setFault(undefined);
    try {
      await ask("POST", "/v1/session/first", { body: { token, name, password } });
      await refresh();
      await navigate({ to: "/begin" });
    } catch (error) {
      const fields = error instanceof ApiProblem ? error.errors : [];
      for (const { path, message } of fields) form.setFieldError(fieldOf(path), message);
      if (fields.length === 0) setFault(messageOf(error));
    } finally {
      setBusy(false);
    }
  });
  return (
    <Card>
      <div>
        <Title order={1}>{t("title")}</Title>
        <Text c="dimmed" mt={4}>
          {token === null ? t("noToken") : t("lead")}
        </Text>
      </div>
      {token !== null && (
        <form onSubmit={submit}>
          <Stack gap="md">
            <Refused fault={fault} />
            <TextInput
              label={t("name")}
              description={t("nameWhat")}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              size="md"
              {...form.getInputProps("name")}
            />
            <NewPassword
              label={t("password")}
              description={t("passwordWhat")}
              names={[form.values.name]}
              least={minLength}
              required
              withAsterisk={false}
              size="md"
              {...form.getInputProps("password")}
            />
            <PasswordInput
              label={t("repeat")}
              autoComplete="new-password"
              required
              withAsterisk={false}
              size="md"
              {...form.getInputProps("repeat")}
            />
            <Button type="submit" size="md" fullWidth loading={busy}>
              {t("submit")}
            </Button>
          </Stack>
        </form>
      )}
    </Card>
  );
}
