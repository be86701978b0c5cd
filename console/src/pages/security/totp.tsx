import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ask } from "../../api/client.ts";
import { ApiProblem, messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { Section } from "../../kit/page.tsx";
import { Refused } from "../../kit/refused.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { Qr } from "./qr.tsx";
import { RecoveryCodes } from "./recovery.tsx";
import classes from "./security.module.css";

const useText = defineStrings("totp", {
  en: {
    title: "One-time codes",
    lead: "Beside your password, a code that an app on your telephone shows: who learns your password can not log in with it.",
    on: "set up",
    off: "not set up",
    since: "Since",
    left: "Recovery codes left: {{count}}",
    setUp: "Set up",
    other: "Another authenticator",
    renew: "New recovery codes",
    remove: "Remove",
    removeTitle: "Remove the one-time codes?",
    removeWhat: "Your passkeys and recovery codes stay. All your other logins end.",
    removeLast:
      "From then on your password alone logs you in, and recovery codes are good no more. All your other logins end.",
    removed: "One-time codes are removed",
    scan: "Scan this with an authenticator app, such as Google Authenticator, Aegis, 1Password or Bitwarden.",
    qr: "QR code of the secret",
    typed: "Or type the secret there:",
    code: "The code that it shows now",
    wrong: "That is not a code of this secret. Is the clock of your telephone right?",
    confirm: "Confirm",
    cancel: "Cancel",
  },
  de: {
    title: "Einmalcodes",
    lead: "Neben dem Passwort ein Code, den eine App auf Ihrem Telefon zeigt: Wer Ihr Passwort erfährt, kann sich damit nicht anmelden.",
    on: "eingerichtet",
    off: "nicht eingerichtet",
    since: "Seit",
    left: "Übrige Ersatzcodes: {{count}}",
    setUp: "Einrichten",
    other: "Anderer Authenticator",
    renew: "Neue Ersatzcodes",
    remove: "Entfernen",
    removeTitle: "Die Einmalcodes entfernen?",
    removeWhat: "Ihre Passkeys und Ersatzcodes bleiben. Alle Ihre anderen Anmeldungen enden.",
    removeLast:
      "Danach meldet Ihr Passwort allein an, und Ersatzcodes gelten nicht mehr. Alle Ihre anderen Anmeldungen enden.",
    removed: "Die Einmalcodes sind entfernt",
    scan: "Lesen Sie das mit einer Authenticator-App ein, etwa Google Authenticator, Aegis, 1Password oder Bitwarden.",
    qr: "QR-Code des Geheimnisses",
    typed: "Oder tippen Sie das Geheimnis dort ein:",
    code: "Der Code, den sie jetzt zeigt",
    wrong: "Das ist kein Code dieses Geheimnisses. Geht die Uhr Ihres Telefons richtig?",
    confirm: "Bestätigen",
    cancel: "Abbrechen",
  },
});

interface NewSecret {
  secret: string;
  uri: string;
}

/** From nothing, or another authenticator, to one whose codes are asked for: secret, code, recovery codes. */
export function TotpSetup({ done, again = false }: { done: () => void; again?: boolean }) {
  const t = useText();
  const { writable } = useSession();
  const [begun, begin] = useState<NewSecret>();
  const [codes, setCodes] = useState<string[]>();
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState<string>();
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);

  const guarded = async (work: () => Promise<void>) => {
    setBusy(true);
    setFault(undefined);
    setWrong(undefined);
    try {
      await work();
    } catch (error) {
      if (error instanceof ApiProblem && error.errors.some(({ path }) => path === "/code"))
        setWrong(t("wrong"));
      else setFault(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  const start = () =>
    guarded(async () => begin((await ask<NewSecret>("POST", "/v1/session/factors/totp")).data));
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    void guarded(async () => {
      const body = { code };
      const { data } = await ask<{ recovery_codes: string[] }>("PUT", "/v1/session/factors/totp", { body });
      setCodes(data.recovery_codes);
    });
  };
  const problem = <Refused fault={fault} />;
  if (codes) return <RecoveryCodes codes={codes} done={done} />;
  if (!begun)
    return (
      <Stack gap="md" align="flex-start">
        {problem}
        <Button
          variant={again ? "default" : "filled"}
          loading={busy}
          disabled={!writable}
          onClick={() => void start()}
        >
          {t(again ? "other" : "setUp")}
        </Button>
      </Stack>
    );
  return (
    <form onSubmit={confirm} noValidate>
      <Stack gap="md" maw={420}>
        {problem}
        <Text>{t("scan")}</Text>
        <Qr text={begun.uri} label={t("qr")} />
        <div>
          <Text size="sm" c="dimmed">
            {t("typed")}
          </Text>
          <Text className={classes.secret}>{begun.secret.replace(/(.{4})(?=.)/g, "$1 ")}</Text>
        </div>
        <TextInput
          label={t("code")}
          inputMode="numeric"
          autoComplete="one-time-code"
          value={code}
          onChange={({ currentTarget }) => setCode(currentTarget.value)}
          error={wrong}
        />
        <Group>
          <Button type="submit" loading={busy} disabled={code.trim() === ""}>
            {t("confirm")}
          </Button>
          <Button variant="default" onClick={() => begin(undefined)}>
            {t("cancel")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export interface Factors {
  totp: { since: string } | null;
  recovery_codes: number;
  passkeys: { id: string; name: string; since: string; used_at: string | null }[];
  passkey_host: string | null;
  required: boolean;
}

export function TotpSection({ factors }: { factors: Factors }) {
  const t = useText();
  const { writable } = useSession();
  const confirm = useConfirm();
  const queries = useQueryClient();
  const [codes, setCodes] = useState<string[]>();
  const passkeys = factors.passkeys.length > 0;
  const refresh = () => queries.invalidateQueries({ queryKey: ["factors"] });
  const guarded = (work: () => Promise<void>) =>
    work().catch((error: unknown) => {
      tellFault(error);
    });
  const renew = async () => {
    const { data } = await ask<{ recovery_codes: string[] }>("POST", "/v1/session/factors/recovery");
    setCodes(data.recovery_codes);
  };
  const remove = async () => {
    const what = t(passkeys ? "removeWhat" : "removeLast");
    if (!(await confirm({ title: t("removeTitle"), what, action: t("remove") }))) return;
    await ask("DELETE", "/v1/session/factors/totp");
    tellDone(t("removed"));
    await refresh();
  };
  return (
    <Section
      title={t("title")}
      lead={t("lead")}
      actions={
        <LightBadge state={factors.totp ? "good" : "idle"}>{t(factors.totp ? "on" : "off")}</LightBadge>
      }
    >
      {codes ? (
        <RecoveryCodes
          codes={codes}
          done={() => {
            setCodes(undefined);
            void refresh();
          }}
        />
      ) : (
        <Stack gap="md">
          {(factors.totp || passkeys) && (
            <Text>
              {factors.totp && (
                <>
                  {t("since")} <Moment at={factors.totp.since} as="date" />
                  {" · "}
                </>
              )}
              {t("left", { count: factors.recovery_codes })}
            </Text>
          )}
          <Group align="flex-start">
            <TotpSetup
              key={factors.totp?.since ?? "none"}
              again={factors.totp !== null}
              done={() => void refresh()}
            />
            {(factors.totp || passkeys) && (
              <Button variant="default" disabled={!writable} onClick={() => void guarded(renew)}>
                {t("renew")}
              </Button>
            )}
            {factors.totp && (passkeys || !factors.required) && (
              <Button variant="default" disabled={!writable} onClick={() => void guarded(remove)}>
                {t("remove")}
              </Button>
            )}
          </Group>
        </Stack>
      )}
    </Section>
  );
}
