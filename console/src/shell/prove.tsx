import { Modal, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { ask, credentials } from "../api/client.ts";
import { useSessionState } from "../api/session.tsx";
import { CredentialsForm } from "./credentials-form.tsx";
import { defineStrings } from "./i18n.ts";
import { PasskeyButton } from "./passkey-button.tsx";
import { ProviderButtons } from "./provider-buttons.tsx";

const useText = defineStrings("prove", {
  en: {
    title: "Is it you?",
    what: "This changes who can log in. Your last proof is older than ten minutes.",
    action: "Go on",
  },
  de: {
    title: "Sind Sie es?",
    what: "Das ändert, wer sich anmelden kann. Ihr letzter Nachweis ist älter als zehn Minuten.",
    action: "Weiter",
  },
});

/** Over the page: who is logged in proves it again, and what was asked for goes on. */
export function Prove() {
  const t = useText();
  const { session } = useSessionState();
  const [opened, setOpened] = useState(false);
  const waiting = useRef<((proven: boolean) => void)[]>([]);

  useEffect(() => {
    credentials.prove = () => {
      setOpened(true);
      return new Promise((resolve) => waiting.current.push(resolve));
    };
  }, []);
  const end = (proven: boolean) => {
    setOpened(false);
    for (const resolve of waiting.current.splice(0)) resolve(proven);
  };
  return (
    <Modal opened={opened} onClose={() => end(false)} title={t("title")} zIndex={300}>
      <Text c="dimmed" mb="md">
        {t("what")}
      </Text>
      {session && (
        <Stack gap="md">
          <CredentialsForm
            name={session.person.name}
            fixed
            action={t("action")}
            submit={async ({ name: _, ...body }) => {
              await ask("POST", "/v1/session/proof", { body });
              end(true);
            }}
          />
          <PasskeyButton
            path="/v1/session/proof/passkey"
            done={() => {
              end(true);
              return Promise.resolve();
            }}
          />
          <ProviderButtons proof done={() => end(true)} />
        </Stack>
      )}
    </Modal>
  );
}
