import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconFingerprint, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ask } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { makePasskey, passkeysWork } from "../../shell/passkey.ts";
import { usePasskeyFault } from "../../shell/passkey-fault.ts";
import { PasskeyName } from "./passkey-name.tsx";
import { RecoveryCodes } from "./recovery.tsx";
import classes from "./security.module.css";
import type { Factors } from "./totp.tsx";

const useText = defineStrings("passkeys", {
  en: {
    title: "Passkeys",
    lead: "Log in by your finger, your face or the PIN of a device, without a password. A passkey can not be given to a false page.",
    elsewhere: "Passkeys are for the name {{host}}: open the console there to make or use one.",
    nowhere:
      "Passkeys need a host name, and this service has none for browsers: an administrator sets web.names in cluster.yaml.",
    unable: "This browser has no passkeys.",
    name: "What the device is called",
    add: "New passkey",
    made: "The passkey is there",
    rename: "Rename {{name}}",
    remove: "Remove {{name}}",
    removeTitle: "Remove the passkey {{name}}?",
    removeWhat: "It logs in no more. All your other logins end.",
    removeLast:
      "It is your only second factor: from then on your password alone logs you in, and recovery codes are good no more. All your other logins end.",
    action: "Remove",
    since: "Since",
    used: "last used",
    unused: "not used yet",
  },
  de: {
    title: "Passkeys",
    lead: "Anmelden mit Finger, Gesicht oder der PIN eines Geräts, ohne Passwort. Ein Passkey lässt sich keiner falschen Seite geben.",
    elsewhere:
      "Passkeys gelten für den Namen {{host}}: Öffnen Sie die Konsole dort, um einen anzulegen oder zu benutzen.",
    nowhere:
      "Passkeys brauchen einen Hostnamen, und dieser Dienst hat für Browser keinen: Eine Administration setzt web.names in cluster.yaml.",
    unable: "Dieser Browser kennt keine Passkeys.",
    name: "Wie das Gerät heißt",
    add: "Neuer Passkey",
    made: "Der Passkey ist da",
    rename: "{{name}} umbenennen",
    remove: "{{name}} entfernen",
    removeTitle: "Den Passkey {{name}} entfernen?",
    removeWhat: "Er meldet nicht mehr an. Alle Ihre anderen Anmeldungen enden.",
    removeLast:
      "Er ist Ihr einziger zweiter Faktor: Danach meldet Ihr Passwort allein an, und Ersatzcodes gelten nicht mehr. Alle Ihre anderen Anmeldungen enden.",
    action: "Entfernen",
    since: "Seit",
    used: "zuletzt benutzt",
    unused: "noch nicht benutzt",
  },
});

/** One's own passkeys. */
export function PasskeySection({ factors }: { factors: Factors }) {
  const t = useText();
  const { writable } = useSession();
  const confirm = useConfirm();
  const told = usePasskeyFault();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [renaming, rename] = useState<{ id: string; name: string }>();
  const [codes, setCodes] = useState<string[]>();
  const refresh = () => queries.invalidateQueries({ queryKey: ["factors"] });
  const guarded = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
      await refresh();
    } catch (error) {
      tellFault(error, told(error));
    } finally {
      setBusy(false);
    }
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    void guarded(async () => {
      const made = await makePasskey(name);
      setName("");
      tellDone(t("made"));
      if (made) setCodes(made);
    });
  };
  const remove = (id: string, label: string) =>
    guarded(async () => {
      const title = t("removeTitle", { name: label });
      if (await confirm({ title, what: t(last ? "removeLast" : "removeWhat"), action: t("action") }))
        await ask("DELETE", `/v1/session/factors/passkeys/${id}`);
    });
  const last = factors.totp === null && factors.passkeys.length === 1;
  const host = factors.passkey_host;
  const works = passkeysWork(host);
  return (
    <Section title={t("title")} lead={t("lead")}>
      {renaming && <PasskeyName passkey={renaming} renamed={refresh} close={() => rename(undefined)} />}
      {codes ? (
        <RecoveryCodes codes={codes} done={() => setCodes(undefined)} />
      ) : (
        <Stack gap="md">
          {factors.passkeys.length > 0 && (
            <ul className={`${classes.list} ${classes.inset}`} aria-label={t("title")}>
              {factors.passkeys.map(({ id, name: label, since, used_at }) => (
                <li key={id}>
                  <Group justify="space-between" wrap="nowrap" gap="sm">
                    <div>
                      <Text fw={500}>{label}</Text>
                      <Text size="sm" c="dimmed">
                        {t("since")} <Moment at={since} as="date" />
                        {" · "}
                        {used_at === null ? (
                          t("unused")
                        ) : (
                          <>
                            {t("used")} <Moment at={used_at} as="ago" />
                          </>
                        )}
                      </Text>
                    </div>
                    <Group gap="xs" wrap="nowrap">
                      <Button
                        variant="default"
                        size="xs"
                        aria-label={t("rename", { name: label })}
                        disabled={!writable || busy}
                        onClick={() => rename({ id, name: label })}
                      >
                        <IconPencil size={16} stroke={1.8} aria-hidden />
                      </Button>
                      <Button
                        variant="default"
                        size="xs"
                        aria-label={t("remove", { name: label })}
                        disabled={!writable || busy}
                        onClick={() => void remove(id, label)}
                      >
                        <IconTrash size={16} stroke={1.8} aria-hidden />
                      </Button>
                    </Group>
                  </Group>
                </li>
              ))}
            </ul>
          )}
          {works ? (
            <form onSubmit={add}>
              <Group align="flex-end">
                <TextInput
                  label={t("name")}
                  required
                  withAsterisk={false}
                  maxLength={64}
                  value={name}
                  onChange={({ currentTarget }) => setName(currentTarget.value)}
                />
                <Button
                  type="submit"
                  variant="default"
                  loading={busy}
                  disabled={!writable}
                  leftSection={<IconFingerprint size={16} stroke={1.8} aria-hidden />}
                >
                  {t("add")}
                </Button>
              </Group>
            </form>
          ) : (
            <Text c="dimmed">
              {host === null
                ? t("nowhere")
                : host === location.hostname
                  ? t("unable")
                  : t("elsewhere", { host })}
            </Text>
          )}
        </Stack>
      )}
    </Section>
  );
}
