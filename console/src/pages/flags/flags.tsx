import { ActionIcon, Button, Modal, Switch, Text } from "@mantine/core";
import { IconMoonStars, IconPlus, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, ask, edit } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked, Empty } from "../../kit/empty.tsx";
import { EntityForm } from "../../kit/form.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "../users/users.module.css";

const useText = defineStrings("flags", {
  en: {
    title: "Switches",
    lead: "What a person switches and rules look at, such as night service. On every node within a second.",
    add: "New switch",
    empty: "No switches yet",
    emptyWhat:
      "A switch, such as night, is on or off. A rule that looks at it leads calls elsewhere while it is on: to the answering service, to a mobile, to nobody.",
    name: "Name",
    nameHelp: "As rules name it, such as night.",
    description: "Description",
    descriptionHelp: "What it does, for whoever switches it.",
    on: "On",
    make: "Make switch",
    switched: "{{name}} is on",
    switchedOff: "{{name}} is off",
    label: "{{name}} is on",
    remove: "Delete {{name}}",
    removeTitle: "Delete switch {{name}}?",
    removeCallers: "Rules that look at it take it for off.",
    removeDo: "Delete",
  },
  de: {
    title: "Schalter",
    lead: "Was jemand umlegt und Regeln ansehen, etwa den Nachtdienst. Binnen einer Sekunde an jedem Knoten.",
    add: "Neuer Schalter",
    empty: "Noch keine Schalter",
    emptyWhat:
      "Ein Schalter, etwa nacht, ist an oder aus. Eine Regel, die ihn ansieht, führt Anrufe anderswohin, solange er an ist: zum Auftragsdienst, auf ein Mobiltelefon, zu niemandem.",
    name: "Name",
    nameHelp: "Wie Regeln ihn nennen, etwa nacht.",
    description: "Beschreibung",
    descriptionHelp: "Was er bewirkt, für den, der ihn umlegt.",
    on: "An",
    make: "Schalter anlegen",
    switched: "{{name}} ist an",
    switchedOff: "{{name}} ist aus",
    label: "{{name}} ist an",
    remove: "{{name}} löschen",
    removeTitle: "Schalter {{name}} löschen?",
    removeCallers: "Regeln, die ihn ansehen, nehmen ihn für aus.",
    removeDo: "Löschen",
  },
});

export default function Flags() {
  const t = useText();
  const { may, writable } = useSession();
  const queries = useQueryClient();
  const confirm = useConfirm();
  const [making, setMaking] = useState(false);
  const [busy, setBusy] = useState<string>();
  const query = useQuery({
    queryKey: ["flags"],
    queryFn: () => answer(api.GET("/v1/flags", { params: { query: { limit: 1000 } } })),
    refetchInterval: 10_000,
  });
  const again = () => queries.invalidateQueries({ queryKey: ["flags"] });
  const put = async (flag: { name: string; description: string; on: boolean }) => {
    setBusy(flag.name);
    try {
      await edit<typeof flag>(`/v1/flags/${encodeURIComponent(flag.name)}`, (now) => ({
        ...now,
        on: flag.on,
      }));
      tellDone(t(flag.on ? "switched" : "switchedOff", { name: flag.name }));
    } catch (error) {
      tellFault(error);
    }
    await again();
    setBusy(undefined);
  };
  const remove = async (name: string) => {
    const question = {
      title: t("removeTitle", { name }),
      callers: t("removeCallers"),
      action: t("removeDo"),
    };
    if (!(await confirm(question))) return;
    await ask("DELETE", `/v1/flags/${encodeURIComponent(name)}`).catch((error: unknown) => tellFault(error));
    await again();
  };
  const change = may("operator");
  const add = change && (
    <Button leftSection={<IconPlus size={16} stroke={1.8} aria-hidden />} onClick={() => setMaking(true)}>
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <Asked query={query}>
          {({ flags }) =>
            flags.length === 0 ? (
              <Empty icon={IconMoonStars} title={t("empty")} action={add}>
                {t("emptyWhat")}
              </Empty>
            ) : (
              <ul className={classes.plain}>
                {flags.map((flag) => (
                  <li key={flag.name} className={classes.plainRow}>
                    <Switch
                      size="md"
                      checked={flag.on}
                      aria-label={t("label", { name: flag.name })}
                      disabled={!change || !writable || busy === flag.name}
                      onChange={({ currentTarget }) => void put({ ...flag, on: currentTarget.checked })}
                    />
                    <div className={classes.grow}>
                      <Text fw={550}>{flag.name}</Text>
                      {flag.description !== "" && (
                        <Text size="sm" c="dimmed">
                          {flag.description}
                        </Text>
                      )}
                    </div>
                    {change && (
                      <ActionIcon
                        size="lg"
                        aria-label={t("remove", { name: flag.name })}
                        onClick={() => void remove(flag.name)}
                      >
                        <IconTrash size={17} stroke={1.7} />
                      </ActionIcon>
                    )}
                  </li>
                ))}
              </ul>
            )
          }
        </Asked>
      </Section>
      <Modal opened={making} onClose={() => setMaking(false)} title={t("add")}>
        <EntityForm
          path="/v1/flags"
          method="post"
          fields={{
            name: { label: t("name"), help: t("nameHelp") },
            description: { label: t("description"), help: t("descriptionHelp") },
            on: { label: t("on") },
          }}
          submit={t("make")}
          save={(body) => ask("POST", "/v1/flags", { body })}
          saved={() => {
            setMaking(false);
            void again();
          }}
        />
      </Modal>
    </>
  );
}
