import { Stack, Switch, Tabs, Text } from "@mantine/core";
import { IconDeviceLandlinePhone } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, answered, api, ask, edit, ifMatch } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked, Empty } from "../../kit/empty.tsx";
import { EntityForm } from "../../kit/form.tsx";
import { Facts, PageHeader, Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { defineStrings } from "../../shell/i18n.ts";
import { Forwarding } from "../users/forwarding.tsx";
import { Reachable } from "../users/own-features.tsx";
import { Contacts } from "./contacts.tsx";
import { DialBar, useDial } from "./dial.tsx";
import classes from "./me.module.css";
import { OwnCalls } from "./own-calls.tsx";
import type { Me } from "./types.ts";

const useText = defineStrings("me", {
  en: {
    title: "My telephone",
    none: "No telephone is yours yet",
    noneWhat:
      "An administrator says in the settings, under People, which telephone user you are. Then your calls, your forwarding and the people here stand on this page.",
    calls: "Calls",
    forwarding: "Forwarding",
    reachable: "Who reaches me",
    contacts: "Contacts",
    dnd: "Do not disturb",
    dndOn: "Callers hear busy.",
    dndOff: "Your telephones ring.",
    forwarded: "All calls go to {{to}}.",
    done: "It holds from now on",
    set: "Set for you",
    groups: "Ring groups",
    pickup: "Pickup groups",
    never: "May not be called",
    only: "May be called only",
    out: "Calls at a time",
  },
  de: {
    title: "Mein Telefon",
    none: "Noch gehört Ihnen kein Telefon",
    noneWhat:
      "In den Einstellungen, unter Personen, sagt ein Administrator, welcher Telefonbenutzer Sie sind. Dann stehen hier Ihre Anrufe, Ihre Weiterleitung und die Leute im Haus.",
    calls: "Anrufe",
    forwarding: "Weiterleitung",
    reachable: "Wer mich erreicht",
    contacts: "Kontakte",
    dnd: "Nicht stören",
    dndOn: "Wer anruft, hört besetzt.",
    dndOff: "Ihre Telefone klingeln.",
    forwarded: "Alle Anrufe gehen an {{to}}.",
    done: "Es gilt ab jetzt",
    set: "Für Sie eingestellt",
    groups: "Rufgruppen",
    pickup: "Pickup-Gruppen",
    never: "Darf nicht angerufen werden",
    only: "Darf nur angerufen werden",
    out: "Anrufe gleichzeitig",
  },
});

const features = "/v1/me/features";

export default function MyPage() {
  const t = useText();
  const { person } = useSession();
  if (person.user === undefined)
    return (
      <>
        <PageHeader title={t("title")} />
        <Section>
          <Empty icon={IconDeviceLandlinePhone} title={t("none")}>
            {t("noneWhat")}
          </Empty>
        </Section>
      </>
    );
  return <Mine />;
}

function Mine() {
  const t = useText();
  const queries = useQueryClient();
  const dial = useDial();
  const query = useQuery({ queryKey: ["me"], queryFn: () => answer(api.GET("/v1/me")) });
  const load = () => answered(api.GET(features));
  const own = useQuery({ queryKey: ["me", "features"], queryFn: load });
  const again = () => queries.invalidateQueries({ queryKey: ["me"] });
  return (
    <Asked query={query}>
      {(me) => {
        const form = (fields: Parameters<typeof EntityForm>[0]["fields"]) => (
          <Asked query={own}>
            {({ data, etag }) => (
              <EntityForm
                path={features}
                method="put"
                fields={fields}
                initial={data}
                etag={etag}
                reload={load}
                save={(body, against) => ask("PUT", features, { body, headers: ifMatch(against) })}
                saved={() => void again()}
              />
            )}
          </Asked>
        );
        return (
          <>
            <PageHeader title={me.display || me.name} lead={[me.name, ...me.numbers].join(" · ")} />
            <div className={classes.quick}>
              <div>
                <Section>
                  <DialBar dial={dial} />
                </Section>
              </div>
              <div>
                <Section>
                  <Quick me={me} again={again} />
                </Section>
              </div>
            </div>
            <Tabs defaultValue="calls" keepMounted={false} mt="lg">
              <Tabs.List mb="md">
                <Tabs.Tab value="calls">{t("calls")}</Tabs.Tab>
                <Tabs.Tab value="contacts">{t("contacts")}</Tabs.Tab>
                <Tabs.Tab value="forwarding">{t("forwarding")}</Tabs.Tab>
                <Tabs.Tab value="reachable">{t("reachable")}</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="calls">
                <OwnCalls call={dial.begin} />
              </Tabs.Panel>
              <Tabs.Panel value="contacts">
                <Contacts call={dial.begin} self={me.name} />
              </Tabs.Panel>
              <Tabs.Panel value="forwarding">
                <Section>
                  {form({
                    forward: {
                      label: t("forwarding"),
                      render: (of) => <Forwarding form={of} path="forward" disabled={false} />,
                    },
                  })}
                </Section>
              </Tabs.Panel>
              <Tabs.Panel value="reachable">
                <Section>
                  {form({
                    dnd: {
                      label: t("reachable"),
                      render: (of) => <Reachable form={of} base="" disabled={false} />,
                    },
                  })}
                </Section>
                <SetForYou me={me} />
              </Tabs.Panel>
            </Tabs>
          </>
        );
      }}
    </Asked>
  );
}

/** What people switch most. */
function Quick({ me, again }: { me: Me; again: () => Promise<void> }) {
  const t = useText();
  const { writable } = useSession();
  const [busy, setBusy] = useState(false);
  const { dnd, forward } = me.features;
  const always = forward.find(({ when }) => when === "always");
  const put = async (on: boolean) => {
    setBusy(true);
    try {
      await edit<Me["features"]>(features, (now) => ({ ...now, dnd: on }));
      tellDone(t("done"));
    } catch (error) {
      tellFault(error);
    }
    await again();
    setBusy(false);
  };
  const now = always ? t("forwarded", { to: always.to.join(", ") }) : dnd ? t("dndOn") : t("dndOff");
  return (
    <Stack gap={6} h="100%" justify="center">
      <Switch
        size="md"
        label={t("dnd")}
        description={now}
        checked={dnd}
        disabled={busy || !writable}
        onChange={({ currentTarget }) => void put(currentTarget.checked)}
      />
    </Stack>
  );
}

/** What operators have set. */
function SetForYou({ me: { groups, set_for_you } }: { me: Me }) {
  const t = useText();
  const { pickup, may_call, max_calls } = set_for_you;
  const items = [
    [t("groups"), groups.join(", ")],
    [t("pickup"), pickup.join(", ")],
    [t("never"), may_call.never.join(", ")],
    [t("only"), may_call.only?.join(", ")],
    [t("out"), max_calls.out],
  ] as const;
  if (items.every(([, value]) => value === undefined || value === "")) return null;
  return (
    <Section title={t("set")}>
      <Facts
        items={items
          .map(([name, value]) => [name, <Text key={name}>{value}</Text>] as const)
          .filter((_, at) => items[at]?.[1] !== undefined && items[at]?.[1] !== "")}
      />
    </Section>
  );
}
