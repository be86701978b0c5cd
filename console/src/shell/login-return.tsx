import { Alert, Button, Stack, Text, Title } from "@mantine/core";
import { IconAlertCircle } from "@tabler/icons-react";
import { type FormEvent, useEffect, useState } from "react";
import { ask } from "../api/client.ts";
import { ApiProblem, messageOf } from "../api/problem.ts";
import { CodeField, useCodeText } from "./code-field.tsx";
import { PagePending } from "./faults.tsx";
import { defineStrings } from "./i18n.ts";
import { Card } from "./login.tsx";
import { tellDone, wayBack } from "./provider.ts";

const useText = defineStrings("login-return", {
  en: {
    waiting: "Logging in",
    refused: "Not logged in",
    stranger:
      "Your provider knows you; here nobody is linked with you yet. Ask an administrator, and say what stands here:",
    again: "Back to the login",
    codeTitle: "One more step",
    codeLead: "Your provider knows you. You have a second factor here, and that is asked for too.",
    submit: "Log in",
    done: "Done",
    doneWhat: "You can close this window: the other one goes on.",
  },
  de: {
    waiting: "Anmeldung läuft",
    refused: "Nicht angemeldet",
    stranger:
      "Ihr Anbieter kennt Sie; hier ist noch niemand mit Ihnen verknüpft. Wenden Sie sich an die Administration und sagen Sie, was hier steht:",
    again: "Zurück zur Anmeldung",
    codeTitle: "Noch ein Schritt",
    codeLead: "Ihr Anbieter kennt Sie. Sie haben hier einen zweiten Faktor, und nach dem wird auch gefragt.",
    submit: "Anmelden",
    done: "Fertig",
    doneWhat: "Sie können dieses Fenster schließen: Im anderen geht es weiter.",
  },
});

interface Done {
  window: boolean;
}

/** What came with the address is good once, and is sent once, however often this page is drawn. */
let sent: Promise<Done> | undefined;

function sendOnce(): Promise<Done> {
  sent ??= (async () => {
    const query = location.search;
    // It stays neither in the address nor in the history.
    history.replaceState(history.state, "", location.pathname);
    return (await ask<Done>("POST", "/v1/session/provider", { body: { query } })).data;
  })();
  return sent;
}

/** /console/login/return: where an identity provider sends browsers back to. */
export default function LoginReturn() {
  const t = useText();
  const codeText = useCodeText();
  const [state, setState] = useState<"busy" | "code" | "refused" | "done">("busy");
  const [fault, setFault] = useState<unknown>();
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);

  const end = (done: Done) => {
    if (!done.window) {
      location.replace(wayBack());
      return;
    }
    tellDone();
    setState("done");
    window.close();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    sendOnce().then(end, (error: unknown) => {
      const isCode = error instanceof ApiProblem && error.code === "code-needed";
      setState(isCode ? "code" : "refused");
      if (!isCode) setFault(error);
    });
  }, []);
  const sendCode = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    try {
      const { data } = await ask<Done>("POST", "/v1/session/provider/code", { body: { code: code.trim() } });
      end(data);
    } catch (error) {
      setFault(error);
      setCode("");
      // Another code helps nothing any more.
      if (error instanceof ApiProblem && error.code === "provider-refused") setState("refused");
    } finally {
      setBusy(false);
    }
  };

  const has = (wanted: string) => fault instanceof ApiProblem && fault.code === wanted;
  const told = has("code-refused") ? codeText("wrong") : fault === undefined ? undefined : messageOf(fault);
  const alert = told !== undefined && (
    <Alert color="red" variant="light" icon={<IconAlertCircle size={18} />} role="alert">
      {has("provider-stranger") && <Text mb="xs">{t("stranger")}</Text>}
      <Text style={{ overflowWrap: "anywhere" }}>
        {has("provider-stranger") && fault instanceof ApiProblem ? fault.message : told}
      </Text>
    </Alert>
  );
  const titles = { busy: "waiting", code: "codeTitle", refused: "refused", done: "done" } as const;
  const leads = { busy: undefined, code: "codeLead", refused: undefined, done: "doneWhat" } as const;
  const lead = leads[state];
  return (
    <Card>
      <div>
        <Title order={1}>{t(titles[state])}</Title>
        {lead && (
          <Text c="dimmed" mt={4}>
            {t(lead)}
          </Text>
        )}
      </div>
      {state === "busy" && <PagePending />}
      {state === "refused" && (
        <Stack gap="md">
          {alert}
          <Button size="md" fullWidth onClick={() => location.replace(wayBack())}>
            {t("again")}
          </Button>
        </Stack>
      )}
      {state === "code" && (
        <form onSubmit={(event) => void sendCode(event)}>
          <Stack gap="md">
            {alert}
            <CodeField value={code} onChange={({ currentTarget }) => setCode(currentTarget.value)} />
            <Button type="submit" size="md" fullWidth loading={busy}>
              {t("submit")}
            </Button>
          </Stack>
        </form>
      )}
    </Card>
  );
}
