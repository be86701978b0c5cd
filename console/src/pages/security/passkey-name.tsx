import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { ask } from "../../api/client.ts";
import { messageOf } from "../../api/problem.ts";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("passkey-name", {
  en: { title: "Rename the passkey", name: "Name", save: "Rename", cancel: "Cancel" },
  de: { title: "Den Passkey umbenennen", name: "Name", save: "Umbenennen", cancel: "Abbrechen" },
});

/** Another name for a passkey. */
export function PasskeyName({
  passkey,
  renamed,
  close,
}: {
  passkey: { id: string; name: string };
  renamed: () => Promise<unknown>;
  close: () => void;
}) {
  const t = useText();
  const [name, setName] = useState(passkey.name);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  const save = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      await ask("PUT", `/v1/session/factors/passkeys/${passkey.id}`, { body: { name } });
      await renamed();
      close();
    } catch (error) {
      setFault(messageOf(error));
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={close} title={t("title")}>
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="md">
          <TextInput
            label={t("name")}
            maxLength={64}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            error={fault}
            data-autofocus
          />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={busy} disabled={name.trim() === ""}>
              {t("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
