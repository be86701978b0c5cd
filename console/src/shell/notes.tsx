import { Box, Group, Loader, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useConnection } from "../api/live.ts";
import { useSession } from "../api/session.tsx";
import { defineStrings } from "./i18n.ts";
import classes from "./shell.module.css";

const useText = defineStrings("notes", {
  en: {
    reconnecting: "Reconnecting …",
    readOnly:
      "Read-only for the moment: the database has no majority. Calls go on; what you change now would be refused.",
  },
  de: {
    reconnecting: "Verbindung wird gesucht …",
    readOnly:
      "Im Moment nur lesen: Die Datenbank hat keine Mehrheit. Gespräche gehen weiter; Änderungen würden abgelehnt.",
  },
});

/** While no app answers. What is shown stays. */
export function ConnectionNote() {
  const t = useText();
  const state = useConnection();
  return (
    <div role="status" aria-live="polite">
      {state === "reconnecting" && (
        <Group gap={8} wrap="nowrap" className={classes.reconnecting}>
          <Loader size={14} color="currentColor" aria-hidden />
          <Text span size="sm" visibleFrom="xs">
            {t("reconnecting")}
          </Text>
        </Group>
      )}
    </div>
  );
}

/** While nothing can be changed. */
export function ReadOnlyNote() {
  const t = useText();
  const { writable } = useSession();
  if (writable) return null;
  return (
    <Box className={classes.readOnly} role="status">
      <IconLock size={16} stroke={1.8} aria-hidden />
      {t("readOnly")}
    </Box>
  );
}
