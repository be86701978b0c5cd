import { Button, Group, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, ask } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { browserName } from "./browser-name.ts";
import classes from "./security.module.css";

const useText = defineStrings("logins", {
  en: {
    title: "Where you are logged in",
    lead: "One that you do not know: end it, and change your password.",
    here: "here",
    end: "End",
    endOf: "End the login of {{browser}} at {{source}}",
    others: "End all others",
    ended: "Ended",
    from: "from",
    since: "since",
    seen: "last used",
    unknown: "unknown browser",
    password: "by password",
    code: "by one-time code",
    recovery: "by recovery code",
    passkey: "by passkey",
    provider: "by identity provider",
    first: "by the first link",
  },
  de: {
    title: "Wo Sie angemeldet sind",
    lead: "Eine, die Sie nicht kennen: Beenden Sie sie, und ändern Sie Ihr Passwort.",
    here: "hier",
    end: "Beenden",
    endOf: "Die Anmeldung von {{browser}} bei {{source}} beenden",
    others: "Alle anderen beenden",
    ended: "Beendet",
    from: "von",
    since: "seit",
    seen: "zuletzt benutzt",
    unknown: "unbekannter Browser",
    password: "mit Passwort",
    code: "mit Einmalcode",
    recovery: "mit Ersatzcode",
    passkey: "mit Passkey",
    provider: "über einen Anbieter",
    first: "über den ersten Link",
  },
});

const ways = ["password", "code", "recovery", "passkey", "provider", "first"] as const;

/** One's own logins, and ending them. */
export function LoginsSection() {
  const t = useText();
  const { writable } = useSession();
  const queries = useQueryClient();
  const query = useQuery({ queryKey: ["logins"], queryFn: () => answer(api.GET("/v1/session/logins")) });
  const end = async (path: string) => {
    try {
      await ask("DELETE", path);
      tellDone(t("ended"));
    } catch (error) {
      tellFault(error);
    }
    await queries.invalidateQueries({ queryKey: ["logins"] });
  };
  return (
    <Section
      title={t("title")}
      lead={t("lead")}
      actions={
        (query.data?.logins.length ?? 0) > 1 && (
          <Button variant="default" disabled={!writable} onClick={() => void end("/v1/session/logins")}>
            {t("others")}
          </Button>
        )
      }
      flush
    >
      <Asked query={query}>
        {({ logins }) => (
          <ul className={classes.list} aria-label={t("title")}>
            {logins.map(({ id, this: here, how, source, browser, created_at, seen_at }) => {
              const called = browserName(browser) ?? t("unknown");
              const way = ways.find((one) => one === how);
              return (
                <li key={id}>
                  <Group justify="space-between" wrap="nowrap" gap="sm">
                    <div>
                      <Text fw={500}>{called}</Text>
                      <Text size="sm" c="dimmed">
                        {t("from")} {source}, {way && t(way)}, {t("since")}{" "}
                        <Moment at={created_at} as="both" />
                        {" · "}
                        {t("seen")} <Moment at={seen_at} as="ago" />
                      </Text>
                    </div>
                    {here ? (
                      <LightBadge state="good">{t("here")}</LightBadge>
                    ) : (
                      <Button
                        variant="default"
                        size="xs"
                        disabled={!writable}
                        aria-label={t("endOf", { browser: called, source })}
                        onClick={() => void end(`/v1/session/logins/${id}`)}
                      >
                        {t("end")}
                      </Button>
                    )}
                  </Group>
                </li>
              );
            })}
          </ul>
        )}
      </Asked>
    </Section>
  );
}
