import { Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { messageOf } from "../api/problem.ts";
import { defineStrings } from "./i18n.ts";

const useText = defineStrings("faults", {
  en: {
    broken: "This page broke",
    brokenWhat:
      "The fault is in the console, not in the service: calls go on. What you typed elsewhere is kept.",
    again: "Try again",
    missing: "There is no such page",
    missingWhat: "The address may be of an older console, or have a letter too many.",
    home: "To the overview",
    refused: "This page is not for you",
    refusedWhat: "It needs the role “{{role}}”. Whoever administers this service can give it to you.",
    loading: "Loading",
  },
  de: {
    broken: "Diese Seite ist abgestürzt",
    brokenWhat:
      "Der Fehler liegt in der Konsole, nicht im Dienst: Gespräche gehen weiter. Was Sie anderswo eingetippt haben, bleibt.",
    again: "Noch einmal",
    missing: "Diese Seite gibt es nicht",
    missingWhat: "Vielleicht ist die Adresse von einer älteren Konsole, oder ein Buchstabe ist zu viel.",
    home: "Zum Überblick",
    refused: "Diese Seite ist nicht für Sie",
    refusedWhat: "Sie braucht die Rolle „{{role}}“. Wer diesen Dienst verwaltet, kann sie Ihnen geben.",
    loading: "Wird geladen",
  },
});

function Message({ title, what, children }: { title: string; what: string; children?: React.ReactNode }) {
  return (
    <Center mih="50vh">
      <Stack maw={460} gap="sm" align="flex-start">
        <Title order={1}>{title}</Title>
        <Text c="dimmed">{what}</Text>
        {children}
      </Stack>
    </Center>
  );
}

/** A page threw. */
export function PageFault({ error, reset }: { error: unknown; reset: () => void }) {
  const t = useText();
  return (
    <Message title={t("broken")} what={t("brokenWhat")}>
      <Text ff="monospace" size="sm">
        {messageOf(error)}
      </Text>
      <Button onClick={reset}>{t("again")}</Button>
    </Message>
  );
}

export function PageMissing() {
  const t = useText();
  return (
    <Message title={t("missing")} what={t("missingWhat")}>
      <Button component={Link} to="/" variant="light">
        {t("home")}
      </Button>
    </Message>
  );
}

export function PageRefused({ role }: { role: string }) {
  const t = useText();
  return <Message title={t("refused")} what={t("refusedWhat", { role })} />;
}

export function PagePending() {
  const t = useText();
  return (
    <Center mih="50vh">
      <Loader type="dots" color="gray" aria-label={t("loading")} role="status" />
    </Center>
  );
}
