import { MantineThemeProvider } from "@mantine/core";
import type { ReactNode } from "react";
import { defineStrings } from "../shell/i18n.ts";

const useText = defineStrings("close-names", {
  en: { close: "Close" },
  de: { close: "Schließen" },
});

/** Mantine's buttons that close a message or a dialog have no name; below here they have, in the language that is shown. */
export function CloseNames({ children }: { children: ReactNode }) {
  const t = useText();
  const named = { defaultProps: { closeButtonProps: { "aria-label": t("close") } } };
  return (
    <MantineThemeProvider theme={{ components: { Notification: named, Modal: named, Drawer: named } }}>
      {children}
    </MantineThemeProvider>
  );
}
