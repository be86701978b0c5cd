import { Alert, Button, CopyButton, Group, Stack } from "@mantine/core";
import { IconAlertTriangle, IconCopy } from "@tabler/icons-react";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./security.module.css";

const useText = defineStrings("recovery", {
  en: {
    title: "Keep these recovery codes",
    what: "Each logs you in once when your authenticator is not at hand. They are shown this once: keep them where your password is not.",
    copy: "Copy",
    copied: "Copied",
    kept: "I have kept them",
    list: "Recovery codes",
  },
  de: {
    title: "Bewahren Sie diese Ersatzcodes auf",
    what: "Jeder meldet Sie einmal an, wenn Ihr Authenticator nicht zur Hand ist. Sie werden nur dieses eine Mal gezeigt: Bewahren Sie sie dort auf, wo Ihr Passwort nicht ist.",
    copy: "Kopieren",
    copied: "Kopiert",
    kept: "Ich habe sie aufbewahrt",
    list: "Ersatzcodes",
  },
});

/** New recovery codes, shown once. */
export function RecoveryCodes({ codes, done }: { codes: readonly string[]; done: () => void }) {
  const t = useText();
  return (
    <Stack gap="md">
      <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} title={t("title")}>
        {t("what")}
      </Alert>
      <ul className={classes.codes} aria-label={t("list")}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Group>
        <Button onClick={done}>{t("kept")}</Button>
        <CopyButton value={codes.join("\n")}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={<IconCopy size={16} stroke={1.8} aria-hidden />}
              onClick={copy}
            >
              {t(copied ? "copied" : "copy")}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}
