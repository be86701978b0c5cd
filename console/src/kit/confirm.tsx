import { Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconPhoneCheck, IconPhoneOff } from "@tabler/icons-react";
import { createContext, type ReactNode, useCallback, useContext, useRef, useState } from "react";
import { defineStrings } from "../shell/i18n.ts";

const useText = defineStrings("confirm", {
  en: {
    cancel: "Cancel",
    callers: "What callers notice",
    nothing: "Nothing",
    type: "Type “{{word}}” to confirm",
  },
  de: {
    cancel: "Abbrechen",
    callers: "Was Anrufende merken",
    nothing: "Nichts",
    type: "Tippen Sie „{{word}}“, um zu bestätigen",
  },
});

/** A question before something that can not be taken back, or that callers may notice. */
export interface Question {
  title: string;
  /** What will be done. */
  what?: ReactNode;
  /** What callers would notice; "": nothing. */
  callers?: ReactNode;
  /** The word on the button: what it does, such as "Delete user". */
  action: string;
  /** Has to be typed first, for what is worst. */
  typed?: string;
  /** Red; default: yes. */
  danger?: boolean;
}

const Context = createContext<(question: Question) => Promise<boolean>>(() => Promise.resolve(false));

/** Asks before something destructive: `if (await confirm({ … })) …`. */
export const useConfirm = () => useContext(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const t = useText();
  const [question, setQuestion] = useState<Question>();
  const [opened, setOpened] = useState(false);
  const [typed, setTyped] = useState("");
  const answered = useRef<(yes: boolean) => void>(undefined);

  const confirm = useCallback((asked: Question) => {
    answered.current?.(false);
    setTyped("");
    setQuestion(asked);
    setOpened(true);
    return new Promise<boolean>((resolve) => {
      answered.current = resolve;
    });
  }, []);
  const answer = (yes: boolean) => {
    setOpened(false);
    answered.current?.(yes);
    answered.current = undefined;
  };
  const danger = question?.danger ?? true;
  return (
    <Context value={confirm}>
      {children}
      <Modal opened={opened} onClose={() => answer(false)} title={question?.title}>
        <Stack gap="md">
          {question?.what !== undefined && <Text component="div">{question.what}</Text>}
          {question?.callers !== undefined && (
            <Alert
              color={question.callers === "" ? "gray" : "yellow"}
              variant="light"
              icon={question.callers === "" ? <IconPhoneCheck size={18} /> : <IconPhoneOff size={18} />}
              title={t("callers")}
            >
              {question.callers === "" ? t("nothing") : question.callers}
            </Alert>
          )}
          {question?.typed !== undefined && (
            <TextInput
              label={t("type", { word: question.typed })}
              value={typed}
              onChange={({ currentTarget }) => setTyped(currentTarget.value)}
              autoComplete="off"
            />
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => answer(false)} data-autofocus>
              {t("cancel")}
            </Button>
            <Button
              {...(danger && { color: "red.8" })}
              disabled={question?.typed !== undefined && typed !== question.typed}
              onClick={() => answer(true)}
            >
              {question?.action}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Context>
  );
}
