import {
  Alert,
  Box,
  Button,
  Center,
  Group,
  Modal,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ask } from "../api/client.ts";
import { ApiProblem, messageOf } from "../api/problem.ts";
import { useSessionState } from "../api/session.tsx";
import { PagePending } from "./faults.tsx";
import { defineStrings } from "./i18n.ts";
import { LanguageSwitch, Mark, ThemeSwitch } from "./switches.tsx";

const useText = defineStrings("login", {
  en: {
    title: "Log in",
    lead: "The console of your telephone service",
    name: "Name",
    password: "Password",
    code: "One-time code",
    codeWhat: "Six digits from your authenticator app, or a recovery code",
    submit: "Log in",
    wrong: "Name or password is not right.",
    wrongCode: "That code is not right, or it was used already.",
    locked: "Too many attempts. Wait a moment, then try again.",
    again: "Please log in again",
    againWhat: "Your session ended. What is on this page stays as it is.",
    first: "Nobody can log in yet",
    firstWhat:
      "Open the link that was printed when the service started: it makes the first administrator. On a host it is printed again by: bin/dialtone people first",
    noAnswer: "The service does not answer",
    noAnswerWhat:
      "This page tries again by itself. If it takes longer than a few seconds: is this machine still in the network?",
  },
  de: {
    title: "Anmelden",
    lead: "Die Konsole Ihres Telefondienstes",
    name: "Name",
    password: "Passwort",
    code: "Einmalcode",
    codeWhat: "Sechs Ziffern aus Ihrer Authenticator-App, oder ein Ersatzcode",
    submit: "Anmelden",
    wrong: "Name oder Passwort stimmt nicht.",
    wrongCode: "Dieser Code stimmt nicht, oder er wurde schon benutzt.",
    locked: "Zu viele Versuche. Warten Sie einen Moment und versuchen Sie es dann noch einmal.",
    again: "Bitte noch einmal anmelden",
    againWhat: "Ihre Sitzung ist zu Ende. Was auf dieser Seite steht, bleibt.",
    first: "Noch kann sich niemand anmelden",
    firstWhat:
      "Öffnen Sie den Link, der beim Start des Dienstes ausgegeben wurde: Er legt die erste Administration an. Auf einem Host gibt ihn noch einmal aus: bin/dialtone people first",
    noAnswer: "Der Dienst antwortet nicht",
    noAnswerWhat:
      "Diese Seite versucht es von selbst wieder. Dauert es länger als ein paar Sekunden: Ist dieser Rechner noch im Netz?",
  },
});

/** The page without the layout: one card in the middle. */
export function Card({ children }: { children: ReactNode }) {
  return (
    <Box component="main" mih="100dvh" p="md">
      <Group justify="flex-end" gap={4}>
        <LanguageSwitch />
        <ThemeSwitch />
      </Group>
      <Center mih="calc(100dvh - 140px)">
        <Stack w="100%" maw={372} gap="lg">
          <Mark size={36} />
          {children}
        </Stack>
      </Center>
    </Box>
  );
}

/** Does the app ask for the second factor? */
const wantsCode = (error: unknown): boolean =>
  error instanceof ApiProblem &&
  (/code|totp|second/.test(error.code) || error.errors.some(({ path }) => path === "/code"));

function LoginForm({ name }: { name?: string }) {
  const t = useText();
  const { logIn } = useSessionState();
  const [codeAsked, askCode] = useState(false);
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { name: name ?? "", password: "", code: "" } });

  const submit = form.onSubmit(async ({ code, ...login }) => {
    setBusy(true);
    setFault(undefined);
    try {
      await logIn({ ...login, ...(code.trim() !== "" && { code: code.trim() }) });
    } catch (error) {
      if (wantsCode(error)) {
        if (codeAsked) setFault(t("wrongCode"));
        askCode(true);
      } else if (error instanceof ApiProblem && error.status === 401) setFault(t("wrong"));
      else if (error instanceof ApiProblem && error.status === 429) setFault(t("locked"));
      else setFault(messageOf(error));
    } finally {
      setBusy(false);
    }
  });

  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {fault !== undefined && (
          <Alert color="red" variant="light" icon={<IconAlertCircle size={18} />} role="alert">
            {fault}
          </Alert>
        )}
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
        <PasswordInput
          label={t("password")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          data-autofocus={name !== undefined || undefined}
          {...form.getInputProps("password")}
        />
        {codeAsked && (
          <TextInput
            label={t("code")}
            description={t("codeWhat")}
            autoComplete="one-time-code"
            inputMode="numeric"
            autoFocus
            size="md"
            {...form.getInputProps("code")}
          />
        )}
        <Button type="submit" size="md" fullWidth loading={busy}>
          {t("submit")}
        </Button>
      </Stack>
    </form>
  );
}

/** Nobody is logged in. Where one wanted to go stays in the address. */
export function LoginPage() {
  const t = useText();
  const ways = useQuery({
    queryKey: ["ways"],
    queryFn: async () => (await ask<{ first: boolean }>("GET", "/v1/session/ways")).data,
    retry: false,
  });
  const first = ways.data?.first === true;
  return (
    <Card>
      <div>
        <Title order={1}>{t(first ? "first" : "title")}</Title>
        <Text c="dimmed" mt={4}>
          {t(first ? "firstWhat" : "lead")}
        </Text>
      </div>
      {!first && <LoginForm />}
    </Card>
  );
}

/** Over the page that is open, which keeps all that was typed. */
export function LoginAgain({ opened }: { opened: boolean }) {
  const t = useText();
  const { session } = useSessionState();
  return (
    <Modal
      opened={opened}
      onClose={() => {}}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={t("again")}
    >
      <Text c="dimmed" mb="md">
        {t("againWhat")}
      </Text>
      <LoginForm {...(session && { name: session.person.name })} />
    </Modal>
  );
}

/** It is not known whether somebody is logged in. */
export function NoAnswerPage({ fault }: { fault: ApiProblem }) {
  const t = useText();
  return (
    <Card>
      <div>
        <Title order={1}>{t("noAnswer")}</Title>
        <Text c="dimmed" mt={4}>
          {fault.status === 0 ? t("noAnswerWhat") : fault.message}
        </Text>
      </div>
      <PagePending />
    </Card>
  );
}
