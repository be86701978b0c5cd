import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ApiProblem, messageOf } from "../api/problem.ts";
import type { Login } from "../api/session.tsx";
import { Refused } from "../kit/refused.tsx";
import { CodeField, useCodeText } from "./code-field.tsx";
import { defineStrings } from "./i18n.ts";

const useText = defineStrings("credentials", {
  en: {
    name: "Name",
    password: "Password",
    wrong: "Name or password is not right.",
    locked: "Too many attempts. Wait a moment, then try again.",
  },
  de: {
    name: "Name",
    password: "Passwort",
    wrong: "Name oder Passwort stimmt nicht.",
    locked: "Zu viele Versuche. Warten Sie einen Moment und versuchen Sie es dann noch einmal.",
  },
});

/** Name and password, then a code where the app asks for one. `fixed`: whose it is can not be changed. */
export function CredentialsForm({
  name,
  fixed = false,
  action,
  submit,
}: {
  name?: string;
  fixed?: boolean;
  action: string;
  /** @throws ApiProblem */
  submit: (login: Login) => Promise<void>;
}) {
  const t = useText();
  const codeText = useCodeText();
  const [codeAsked, askCode] = useState(false);
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { name: name ?? "", password: "", code: "" } });

  const told = (error: unknown): string | undefined => {
    if (!(error instanceof ApiProblem)) return messageOf(error);
    if (error.code === "code-needed") return undefined;
    if (error.code === "code-refused") return codeText("wrong");
    if (error.status === 401) return t("wrong");
    return error.status === 429 ? t("locked") : messageOf(error);
  };
  const send = form.onSubmit(async ({ code, ...login }) => {
    setBusy(true);
    setFault(undefined);
    try {
      await submit({ ...login, ...(code.trim() !== "" && { code: code.trim() }) });
    } catch (error) {
      if (error instanceof ApiProblem && error.code.startsWith("code-")) {
        askCode(true);
        form.setFieldValue("code", "");
      }
      setFault(told(error));
    } finally {
      setBusy(false);
    }
  });

  return (
    <form onSubmit={send}>
      <Stack gap="md">
        <Refused fault={fault} />
        {fixed ? (
          // For who keeps passwords: whose it is.
          <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        ) : (
          <TextInput
            label={t("name")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            size="md"
            data-autofocus={name === undefined || undefined}
            {...form.getInputProps("name")}
          />
        )}
        <PasswordInput
          label={t("password")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          data-autofocus={name !== undefined || undefined}
          {...form.getInputProps("password")}
        />
        {codeAsked && <CodeField {...form.getInputProps("code")} />}
        <Button type="submit" size="md" fullWidth loading={busy}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}
