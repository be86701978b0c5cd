import { Alert, Button, Group, Stack } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { Copy } from "../../kit/copy.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./security.module.css";

const useText = defineStrings("recovery", {
  en: {
    title: "Keep these recovery codes",
    what: "Each logs you in once when your authenticator is not at hand. They are shown this once: keep them where your password is not.",
    copy: "Copy",
    kept: "I have kept them",
    list: "Recovery codes",
  },
  de: {
    title: "Bewahren Sie diese Ersatzcodes auf",
    what: "Jeder meldet Sie einmal an, wenn Ihr Authenticator nicht zur Hand ist. Sie werden nur dieses eine Mal gezeigt: Bewahren Sie sie dort auf, wo Ihr Passwort nicht ist.",
    copy: "Kopieren",
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
        <Copy value={codes.join("\n")} label={t("copy")} />
      </Group>
    </Stack>
  );
}
