import { Switch, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, ask } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { tellFault } from "../../kit/tell.ts";
import { defineStrings } from "../../shell/i18n.ts";
import type { Code } from "./types.ts";
import classes from "./users.module.css";

const useText = defineStrings("codes", {
  en: {
    title: "Star codes",
    lead: "What people dial to set something for their calls, to take or park one, or to log in at another telephone.",
    on: "{{code}} may be dialled",
    forward: "Forwarding",
    dnd: "Do not disturb",
    hide: "Hide the own number",
    desk: "At another telephone",
    calls: "Taking and parking calls",
    "forward-always": "always",
    "forward-busy": "when busy",
    "forward-no-answer": "without answer",
    "forward-unreachable": "when unreachable",
    set: "set",
    clear: "clear",
    ask: "ask",
    "desk-login": "log in here",
    "desk-logoff": "log off here",
    "desk-ask": "who is logged in here?",
    "word-number": "NUMBER",
    "word-seconds": "SECONDS",
    "word-pin": "PIN",
    "hide-once": "hide the number in this call",
    pickup: "take the call that rings at somebody",
    "pickup-group": "take a call of the own pickup groups",
    park: "park the caller (by a transfer to it)",
    "park-take": "take a parked call",
  },
  de: {
    title: "Sterncodes",
    lead: "Was man wählt, um etwas für seine Anrufe einzustellen, einen zu übernehmen oder zu parken, oder sich an einem anderen Telefon anzumelden.",
    on: "{{code}} darf gewählt werden",
    forward: "Weiterleitung",
    dnd: "Nicht stören",
    hide: "Eigene Nummer verbergen",
    desk: "An einem anderen Telefon",
    calls: "Anrufe übernehmen und parken",
    "forward-always": "immer",
    "forward-busy": "wenn besetzt",
    "forward-no-answer": "wenn niemand abnimmt",
    "forward-unreachable": "wenn nicht erreichbar",
    set: "ein",
    clear: "aus",
    ask: "fragen",
    "desk-login": "hier anmelden",
    "desk-logoff": "hier abmelden",
    "desk-ask": "wer ist hier angemeldet?",
    "word-number": "NUMMER",
    "word-seconds": "SEKUNDEN",
    "word-pin": "PIN",
    "hide-once": "Nummer in diesem Anruf verbergen",
    pickup: "den Anruf übernehmen, der bei jemandem klingelt",
    "pickup-group": "einen Anruf der eigenen Pickup-Gruppen übernehmen",
    park: "den Anrufer parken (durch Weiterverbinden dorthin)",
    "park-take": "einen geparkten Anruf übernehmen",
  },
});

const sections = [
  ["forward", /^forward-/],
  ["dnd", /^dnd-/],
  ["hide", /^hide-/],
  ["desk", /^desk-/],
  ["calls", /^(pickup|park)/],
] as const;

export default function Codes() {
  const t = useText();
  const { may, writable } = useSession();
  const queries = useQueryClient();
  const [busy, setBusy] = useState<string>();
  const query = useQuery({
    queryKey: ["codes"],
    queryFn: () => answer(api.GET("/v1/codes", { params: { query: { limit: 1000 } } })),
  });
  const put = async (code: Code) => {
    setBusy(code.name);
    await ask("PUT", `/v1/codes/${encodeURIComponent(code.name)}`, { body: code }).catch((error: unknown) =>
      tellFault(error),
    );
    await queries.invalidateQueries({ queryKey: ["codes"] });
    setBusy(undefined);
  };
  /** `forward-busy-set`: when busy: set. */
  const nameOf = (name: string): string => {
    const found = /^(forward-[a-z-]+|dnd|hide-caller)-(set|clear|ask)$/.exec(name);
    if (!found) return t(name as "pickup");
    const verb = t((found[2] ?? "") as "set");
    return found[1]?.startsWith("forward-") ? `${t(found[1] as "forward-busy")}: ${verb}` : verb;
  };
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Asked query={query}>
        {({ codes }) =>
          sections.map(([section, which]) => (
            <Section key={section} title={t(section)} flush>
              <ul className={classes.plain} style={{ paddingTop: 10 }}>
                {codes
                  .filter(({ name }) => which.test(name))
                  .map((code) => (
                    <li key={code.name} className={classes.plainRow}>
                      <Text className={classes.grow} c={code.enabled ? "" : "dimmed"}>
                        {nameOf(code.name)}
                      </Text>
                      <span className={classes.dial}>
                        {code.dial.replaceAll(/\{([a-z]+)\}/g, (_, word: string) =>
                          t(`word-${word as "number"}`),
                        )}
                      </span>
                      <Switch
                        checked={code.enabled}
                        aria-label={t("on", { code: code.dial })}
                        disabled={!may("operator") || !writable || busy === code.name}
                        onChange={({ currentTarget }) =>
                          void put({ ...code, enabled: currentTarget.checked })
                        }
                      />
                    </li>
                  ))}
              </ul>
            </Section>
          ))
        }
      </Asked>
    </>
  );
}
