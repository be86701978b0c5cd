import { Button, Stack, Text } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { messageOf } from "../api/problem.ts";
import { defineStrings } from "./i18n.ts";
import { useWays } from "./passkey-button.tsx";
import { leaveFor, onDone, openFor } from "./provider.ts";

const useText = defineStrings("provider-buttons", {
  en: {
    logIn: "Log in with {{label}}",
    prove: "Prove it with {{label}}",
    window: "Go on in the other window. This page waits for it.",
  },
  de: {
    logIn: "Mit {{label}} anmelden",
    prove: "Mit {{label}} nachweisen",
    window: "Weiter geht es im anderen Fenster. Diese Seite wartet darauf.",
  },
});

/** One button for each identity provider; nothing where there are none. */
export function ProviderButtons({
  proof = false,
  done,
}: {
  /** Who is logged in proves it again. */
  proof?: boolean;
  /** After it was done in another window; missing: this page may be left. */
  done?: () => void;
}) {
  const t = useText();
  const { data } = useWays();
  const [busy, setBusy] = useState<string>();
  const [waits, setWaits] = useState(false);
  const [fault, setFault] = useState<string>();
  const told = useRef(done);
  told.current = done;
  useEffect(() => onDone(() => told.current?.()), []);
  if (!data || data.providers.length === 0) return null;
  const use = async (provider: string) => {
    // It comes back to one place only, and this browser has to be there.
    if (data.provider_origin !== location.origin) {
      location.assign(`${data.provider_origin}/console/`);
      return;
    }
    setBusy(provider);
    setFault(undefined);
    try {
      if (done) await openFor(provider, `/v1/session/${proof ? "proof/provider" : "provider/begin"}`);
      else await leaveFor(provider);
      setWaits(done !== undefined);
    } catch (error) {
      setFault(messageOf(error));
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <Stack gap="xs">
      {data.providers.map(({ name, label }) => (
        <Button
          key={name}
          variant="default"
          size="md"
          fullWidth
          loading={busy === name}
          leftSection={<IconLogin2 size={18} stroke={1.8} aria-hidden />}
          onClick={() => void use(name)}
        >
          {t(proof ? "prove" : "logIn", { label })}
        </Button>
      ))}
      {waits && (
        <Text size="sm" c="dimmed" role="status">
          {t("window")}
        </Text>
      )}
      {fault !== undefined && (
        <Text size="sm" c="red" role="alert">
          {fault}
        </Text>
      )}
    </Stack>
  );
}
