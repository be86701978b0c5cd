import { Button, Text, Title } from "@mantine/core";
import { useSession, useSessionState } from "../api/session.tsx";
import { TotpSetup } from "../pages/security/totp.tsx";
import { defineStrings } from "./i18n.ts";
import { Card } from "./login.tsx";

const useText = defineStrings("enrol", {
  en: {
    title: "One more step",
    lead: "Your role needs a second factor here, {{name}}: beside your password, a code that an app on your telephone shows. Set it up now; then you can go on.",
    logOut: "Log out",
  },
  de: {
    title: "Noch ein Schritt",
    lead: "Ihre Rolle braucht hier einen zweiten Faktor, {{name}}: neben dem Passwort einen Code, den eine App auf Ihrem Telefon zeigt. Richten Sie ihn jetzt ein; dann geht es weiter.",
    logOut: "Abmelden",
  },
});

/** In place of all pages, for whose role needs a second factor and has none. */
export default function Enrol() {
  const t = useText();
  const { person } = useSession();
  const { refresh, logOut } = useSessionState();
  return (
    <Card>
      <div>
        <Title order={1}>{t("title")}</Title>
        <Text c="dimmed" mt={4}>
          {t("lead", { name: person.display || person.name })}
        </Text>
      </div>
      <TotpSetup done={() => void refresh()} />
      <Button variant="subtle" onClick={() => void logOut()}>
        {t("logOut")}
      </Button>
    </Card>
  );
}
