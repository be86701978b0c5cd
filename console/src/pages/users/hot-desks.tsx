import { Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, ask, edit } from "../../api/client.ts";
import { ApiProblem, messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked } from "../../kit/empty.tsx";
import { Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import type { User } from "./types.ts";
import classes from "./users.module.css";

const useText = defineStrings("hot-desks", {
  en: {
    pin: "PIN",
    pinLead:
      "Dialled at another telephone (*11*{{name}}*PIN#): that telephone is this user's until it logs off.",
    set: "It has a PIN.",
    unset: "It has none, and can not log in at other telephones.",
    new: "New PIN",
    newHelp: "4 to 12 digits. Only a hash is kept.",
    save: "Set PIN",
    drop: "Take it away",
    done: "The PIN is set",
    gone: "The PIN is gone",
    here: "Logged in at",
    nowhere: "It is logged in at no other telephone.",
    off: "Log off",
    offTitle: "Log {{user}} off at {{desk}}?",
    offCallers: "Calls to {{user}} do not ring at {{desk}} any more.",
  },
  de: {
    pin: "PIN",
    pinLead:
      "An einem anderen Telefon gewählt (*11*{{name}}*PIN#): Dieses Telefon gehört dann diesem Benutzer, bis er sich abmeldet.",
    set: "Es gibt eine PIN.",
    unset: "Es gibt keine; er kann sich an anderen Telefonen nicht anmelden.",
    new: "Neue PIN",
    newHelp: "4 bis 12 Ziffern. Nur eine Prüfsumme wird aufbewahrt.",
    save: "PIN setzen",
    drop: "Entfernen",
    done: "Die PIN ist gesetzt",
    gone: "Die PIN ist entfernt",
    here: "Angemeldet an",
    nowhere: "Er ist an keinem anderen Telefon angemeldet.",
    off: "Abmelden",
    offTitle: "{{user}} an {{desk}} abmelden?",
    offCallers: "Anrufe an {{user}} klingeln an {{desk}} nicht mehr.",
  },
});

/** The PIN for other telephones, and where the user is logged in. */
export function HotDesks({ user }: { user: User }) {
  const t = useText();
  const { may, writable } = useSession();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const [pin, setPin] = useState("");
  const [fault, setFault] = useState<string>();
  const { name } = user;
  const desks = useQuery({
    queryKey: ["desks"],
    queryFn: () => answer(api.GET("/v1/desks", { params: { query: { limit: 1000 } } })),
  });
  const put = async (value: string | null) => {
    setFault(undefined);
    try {
      await edit<User>(`/v1/users/${encodeURIComponent(name)}`, (now) => ({ ...now, pin: value }));
      setPin("");
      tellDone(value === null ? t("gone") : t("done"));
      await queries.invalidateQueries({ queryKey: ["users"] });
    } catch (error) {
      const [wrong] = error instanceof ApiProblem ? error.errors : [];
      setFault(wrong?.message ?? messageOf(error));
    }
  };
  const logOff = async (desk: string) => {
    const question = {
      title: t("offTitle", { user: name, desk }),
      callers: t("offCallers", { user: name, desk }),
      action: t("off"),
    };
    if (!(await confirm(question))) return;
    await ask("DELETE", `/v1/desks/${encodeURIComponent(desk)}`).catch((error: unknown) => tellFault(error));
    await queries.invalidateQueries({ queryKey: ["desks"] });
  };
  const change = may("operator");
  return (
    <>
      <Section title={t("pin")} lead={t("pinLead", { name })}>
        <Stack gap="md" maw={560}>
          <Text>{user.pin === "set" ? t("set") : t("unset")}</Text>
          {change && (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                void put(pin);
              }}
            >
              <PasswordInput
                label={t("new")}
                description={t("newHelp")}
                value={pin}
                inputMode="numeric"
                autoComplete="off"
                maw={260}
                error={fault}
                onChange={({ currentTarget }) => setPin(currentTarget.value)}
              />
              <Group gap="xs" mt="md">
                <Button type="submit" disabled={!writable || pin === ""}>
                  {t("save")}
                </Button>
                {user.pin === "set" && (
                  <Button variant="default" disabled={!writable} onClick={() => void put(null)}>
                    {t("drop")}
                  </Button>
                )}
              </Group>
            </form>
          )}
        </Stack>
      </Section>
      <Section title={t("here")} flush>
        <Asked query={desks}>
          {({ desks: all }) => {
            const own = all.filter((desk) => desk.user === name);
            if (own.length === 0)
              return (
                <Text c="dimmed" px={20} py="md">
                  {t("nowhere")}
                </Text>
              );
            return (
              <ul className={classes.plain}>
                {own.map((desk) => (
                  <li key={desk.name} className={classes.plainRow}>
                    <span className={classes.grow}>{desk.name}</span>
                    <Text c="dimmed" size="sm">
                      <Moment at={desk.since} />
                    </Text>
                    {change && (
                      <Button variant="default" size="xs" onClick={() => void logOff(desk.name)}>
                        {t("off")}
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
            );
          }}
        </Asked>
      </Section>
    </>
  );
}
