import { Button, Group, Stack, Text } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useSession } from "../../api/session.tsx";
import { Section } from "../../kit/page.tsx";
import { Refused, toFirstFault } from "../../kit/refused.tsx";
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

/**
 * Sends what a step asks for: until it is over the button waits, and what was wrong before is forgotten.
 * @param send what it throws is given to `refused`, which marks fields and returns what belongs to none
 */
export function useSending(
  form: { clearErrors: () => void },
  send: () => Promise<void>,
  refused: (error: unknown) => string | undefined,
): { submit: () => void; busy: boolean; fault: string | undefined } {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const submit = async () => {
    setBusy(true);
    setFault(undefined);
    form.clearErrors();
    try {
      await send();
    } catch (error) {
      setFault(refused(error));
    } finally {
      setBusy(false);
      toFirstFault();
    }
  };
  return { submit: () => void submit(), busy, fault };
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
          <Refused fault={fault} title={t("fault")} />
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
