import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconAlertCircle, IconArrowLeft } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useSession } from "../../api/session.tsx";
import { Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("begin-frame", {
  en: {
    save: "Save and go on",
    next: "Go on",
    skip: "Skip for now",
    back: "Back",
    fault: "Not saved. What you typed is still here.",
    readOnly: "Nothing can be saved at the moment: the database has no majority. What you typed stays here.",
  },
  de: {
    save: "Speichern und weiter",
    next: "Weiter",
    skip: "Vorerst überspringen",
    back: "Zurück",
    fault: "Nicht gespeichert. Was Sie eingetippt haben, steht noch hier.",
    readOnly:
      "Im Moment kann nichts gespeichert werden: Die Datenbank hat keine Mehrheit. Was Sie eingetippt haben, bleibt hier.",
  },
});

/** Ways out of a step. */
export interface Ways {
  next: () => void;
  back: (() => void) | undefined;
}

/** One step: what it asks, what is wrong with the answers, and the ways out. */
export function StepFrame({
  title,
  lead,
  ways: { next, back },
  submit,
  busy = false,
  fault,
  done = false,
  children,
}: {
  title: string;
  lead: ReactNode;
  ways: Ways;
  /** Missing: nothing to save here. */
  submit?: (() => void) | undefined;
  busy?: boolean;
  fault?: string | undefined;
  /** It is done: to go on is not to skip it. */
  done?: boolean;
  children: ReactNode;
}) {
  const t = useText();
  const { writable } = useSession();
  return (
    <Section title={title} lead={lead}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (submit) submit();
          else next();
        }}
      >
        <Stack gap="lg" maw={640}>
          {children}
          {fault !== undefined && (
            <Alert
              color="red"
              variant="light"
              icon={<IconAlertCircle size={18} />}
              title={t("fault")}
              role="alert"
            >
              <Text size="sm" style={{ whiteSpace: "pre-line" }}>
                {fault}
              </Text>
            </Alert>
          )}
          <Group gap="xs">
            <Button type="submit" loading={busy} disabled={submit !== undefined && !writable}>
              {t(submit ? "save" : "next")}
            </Button>
            {submit && (
              <Button variant="default" onClick={next} disabled={busy}>
                {t(done ? "next" : "skip")}
              </Button>
            )}
            {back && (
              <Button
                variant="subtle"
                color="gray"
                onClick={back}
                leftSection={<IconArrowLeft size={16} aria-hidden />}
              >
                {t("back")}
              </Button>
            )}
          </Group>
          {submit && !writable && <Text c="dimmed">{t("readOnly")}</Text>}
        </Stack>
      </form>
    </Section>
  );
}

/** To the first field that is wrong. */
export const toFirstFault = (): void =>
  void requestAnimationFrame(() => document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
