import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { PageHeader } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { LoginsSection } from "./logins.tsx";
import { PasskeySection } from "./passkeys.tsx";
import { TotpSection } from "./totp.tsx";

const useText = defineStrings("security", {
  en: { title: "Your login", lead: "How you prove here that you are {{name}}.", password: "Change password" },
  de: {
    title: "Ihre Anmeldung",
    lead: "Wie Sie hier beweisen, dass Sie {{name}} sind.",
    password: "Passwort ändern",
  },
});

/** One's own: second factors, passkeys, where one is logged in. */
export default function Security() {
  const t = useText();
  const { person } = useSession();
  const query = useQuery({ queryKey: ["factors"], queryFn: () => answer(api.GET("/v1/session/factors")) });
  return (
    <>
      <PageHeader
        title={t("title")}
        lead={t("lead", { name: person.name })}
        actions={
          <Button component={Link} to="/password" variant="default">
            {t("password")}
          </Button>
        }
      />
      <Asked query={query}>
        {(factors) => (
          <>
            <TotpSection factors={factors} />
            <PasskeySection factors={factors} />
          </>
        )}
      </Asked>
      <LoginsSection />
    </>
  );
}
