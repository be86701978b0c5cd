import { Box, Center, Group, Modal, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import type { ApiProblem } from "../api/problem.ts";
import { useSessionState } from "../api/session.tsx";
import { CredentialsForm } from "./credentials-form.tsx";
import { PagePending } from "./faults.tsx";
import { defineStrings } from "./i18n.ts";
import { PasskeyButton, useWays } from "./passkey-button.tsx";
import { ProviderButtons } from "./provider-buttons.tsx";
import { LanguageSwitch, Mark, ThemeSwitch } from "./switches.tsx";

const useText = defineStrings("login", {
  en: {
    title: "Log in",
    lead: "The console of your telephone service",
    submit: "Log in",
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
    submit: "Anmelden",
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

/** @param stays the page below has to stay as it is */
function LoginForm({ name, stays = false }: { name?: string; stays?: boolean }) {
  const t = useText();
  const { logIn, refresh } = useSessionState();
  return (
    <Stack gap="md">
      <CredentialsForm {...(name !== undefined && { name })} action={t("submit")} submit={logIn} />
      <PasskeyButton path="/v1/session/passkey" done={refresh} />
      <ProviderButtons {...(stays && { done: () => void refresh() })} />
    </Stack>
  );
}

/** Nobody is logged in. Where one wanted to go stays in the address. */
export function LoginPage() {
  const t = useText();
  const ways = useWays();
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
      <LoginForm stays {...(session && { name: session.person.name })} />
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
