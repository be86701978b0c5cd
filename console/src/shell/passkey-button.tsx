import { Button, Text } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { ask } from "../api/client.ts";
import { defineStrings } from "./i18n.ts";
import { passkeysWork, signAt } from "./passkey.ts";
import { usePasskeyFault } from "./passkey-fault.ts";

const useText = defineStrings("passkey-button", {
  en: { use: "Use a passkey" },
  de: { use: "Passkey benutzen" },
});

export interface Ways {
  first: boolean;
  passkey_host: string | null;
  providers: { name: string; label: string }[];
  /** Where a browser has to be to log in by one of them. */
  provider_origin: string;
}

export const useWays = () =>
  useQuery({
    queryKey: ["ways"],
    queryFn: async () => (await ask<Ways>("GET", "/v1/session/ways")).data,
    retry: false,
  });

/** In place of name and password; nothing where passkeys do not work. */
export function PasskeyButton({
  path,
  done,
}: {
  path: "/v1/session/passkey" | "/v1/session/proof/passkey";
  done: () => Promise<void>;
}) {
  const t = useText();
  const told = usePasskeyFault();
  const ways = useWays();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  if (!passkeysWork(ways.data?.passkey_host)) return null;
  const use = async () => {
    setBusy(true);
    setFault(undefined);
    try {
      await signAt(path);
      await done();
    } catch (error) {
      setFault(told(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div>
      <Button
        variant="default"
        size="md"
        fullWidth
        loading={busy}
        leftSection={<IconFingerprint size={18} stroke={1.8} aria-hidden />}
        onClick={() => void use()}
      >
        {t("use")}
      </Button>
      {fault !== undefined && (
        <Text size="sm" c="red" mt="xs" role="alert">
          {fault}
        </Text>
      )}
    </div>
  );
}
