import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconBellCheck, IconSend } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked, Empty, Fault } from "../../kit/empty.tsx";
import { Light, LightBadge } from "../../kit/light.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./settings.module.css";

const useText = defineStrings("alerts", {
  en: {
    title: "Alerts",
    lead: "What is wrong now, and whether people were told of it, by e-mail or webhook. One host at a time tells, so that nobody is told twice.",
    now: "Wrong now",
    critical: "critical",
    warning: "warning",
    told: "people were told",
    waits: "not told",
    since: "since",
    empty: "Nothing is wrong",
    emptyWhat:
      "When a host falls silent, a disk fills up or a carrier fails, it stands here with what it means and what to do, and whoever is named below is told.",
    channels: "Who is told",
    channelsLead:
      "Addresses and webhooks are set in cluster.yaml, passwords and signing keys in cluster.secrets.yaml, the same on each host.",
    test: "Send a test message",
    testTitle: "Send a test message?",
    testWhat:
      "The node that answers this page sends one message by every channel that cluster.yaml names: everybody who is told of alerts gets it. It takes up to half a minute.",
    testDo: "Send",
    delivered: "delivered",
    noChannel: "cluster.yaml names nobody who is told",
    noChannelWhat: "Alerts stand on this page only. Add where they go, on each host.",
    such: "Such as:",
    result: "The test, from this node",
    others: "Other nodes have their own way to the mail server: ‘dialtone alerts test’ on a host tests its.",
  },
  de: {
    title: "Alarme",
    lead: "Was jetzt nicht stimmt, und ob jemand davon erfahren hat, per E-Mail oder Webhook. Immer nur ein Host meldet, damit niemand doppelt benachrichtigt wird.",
    now: "Was jetzt nicht stimmt",
    critical: "kritisch",
    warning: "Warnung",
    told: "ist gemeldet",
    waits: "nicht gemeldet",
    since: "seit",
    empty: "Alles stimmt",
    emptyWhat:
      "Verstummt ein Host, läuft eine Platte voll oder versagt ein Carrier, steht es hier mit dem, was es bedeutet und was zu tun ist, und wer unten genannt ist, erfährt es.",
    channels: "Wer es erfährt",
    channelsLead:
      "Adressen und Webhooks stehen in cluster.yaml, Passwörter und Schlüssel in cluster.secrets.yaml, auf jedem Host dieselben.",
    test: "Testnachricht senden",
    testTitle: "Eine Testnachricht senden?",
    testWhat:
      "Der Knoten, der diese Seite liefert, sendet eine Nachricht auf jedem Weg, den cluster.yaml nennt: Alle, die von Alarmen erfahren, bekommen sie. Das dauert bis zu einer halben Minute.",
    testDo: "Senden",
    delivered: "zugestellt",
    noChannel: "cluster.yaml nennt niemanden, der es erfährt",
    noChannelWhat: "Alarme stehen nur auf dieser Seite. Tragen Sie auf jedem Host ein, wohin sie gehen.",
    such: "Etwa so:",
    result: "Der Test, von diesem Knoten",
    others:
      "Andere Knoten haben einen eigenen Weg zum Mailserver: „dialtone alerts test“ auf einem Host prüft dessen Weg.",
  },
});

type Alert = paths["/v1/alerts"]["get"]["responses"][200]["content"]["application/json"]["alerts"][number];
type Channel =
  paths["/v1/alerts/test"]["post"]["responses"][200]["content"]["application/json"]["channels"][number];

const example = `alerts:
  email:
    to: [ops@example.org]
    from: dialtone@example.org
    server: mail.example.org
  webhooks:
    pager:
      url: https://pager.example.org/`;

export default function Alerts() {
  const t = useText();
  const query = useQuery({
    queryKey: ["alerts"],
    queryFn: () => answer(api.GET("/v1/alerts")),
    refetchInterval: 10_000,
  });
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Asked query={query}>
        {({ alerts }) =>
          alerts.length === 0 ? (
            <Section>
              <Empty icon={IconBellCheck} title={t("empty")}>
                {t("emptyWhat")}
              </Empty>
            </Section>
          ) : (
            <Section title={t("now")} flush>
              <ul className={classes.alerts}>
                {alerts.map((alert) => (
                  <AlertRow key={alert.key} alert={alert} />
                ))}
              </ul>
            </Section>
          )
        }
      </Asked>
      <Section title={t("channels")} lead={t("channelsLead")}>
        <Test />
      </Section>
    </>
  );
}

function AlertRow({ alert: { severity, title, text, since, told } }: { alert: Alert }) {
  const t = useText();
  return (
    <li>
      <Group gap="sm" justify="space-between">
        <Group gap="xs">
          <LightBadge state={severity === "critical" ? "bad" : "warn"}>{t(severity)}</LightBadge>
          <Text size="sm" c="dimmed">
            {t(told ? "told" : "waits")}
          </Text>
        </Group>
        <Text size="sm" c="dimmed">
          {t("since")} <Moment at={since} />
        </Text>
      </Group>
      <Text fw={550} mt={6}>
        {title}
      </Text>
      <Text size="sm" c="dimmed" mt={2} maw={760}>
        {text}
      </Text>
    </li>
  );
}

function Test() {
  const t = useText();
  const { may } = useSession();
  const confirm = useConfirm();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const [channels, setChannels] = useState<readonly Channel[]>();
  const send = async () => {
    const question = {
      title: t("testTitle"),
      what: t("testWhat"),
      callers: "",
      action: t("testDo"),
      danger: false,
    };
    if (!(await confirm(question))) return;
    setBusy(true);
    setFault(undefined);
    setChannels(undefined);
    try {
      setChannels((await answer(api.POST("/v1/alerts/test"))).channels);
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack gap="md" align="flex-start">
      <div role="status" className={classes.told}>
        {channels?.length === 0 && (
          <>
            <Text fw={550}>{t("noChannel")}</Text>
            <Text c="dimmed" size="sm">
              {t("noChannelWhat")}
            </Text>
          </>
        )}
        {channels !== undefined && channels.length > 0 && (
          <>
            <Text fw={550}>{t("result")}</Text>
            <ul className={classes.channels}>
              {channels.map(({ channel, problem }) => (
                <li key={channel}>
                  <Light state={problem === null ? "good" : "bad"}>
                    {channel}: {problem ?? t("delivered")}
                  </Light>
                </li>
              ))}
            </ul>
            <Text c="dimmed" size="sm">
              {t("others")}
            </Text>
          </>
        )}
        {(channels === undefined || channels.length === 0) && (
          <>
            <Text size="sm" c="dimmed" mb={6}>
              {t("such")}
            </Text>
            <Code block>{example}</Code>
          </>
        )}
      </div>
      {fault !== undefined && <Fault error={fault} ofDoing />}
      {may("operator") && (
        <Button
          variant="default"
          loading={busy}
          leftSection={<IconSend size={16} stroke={1.8} aria-hidden />}
          onClick={() => void send()}
        >
          {t("test")}
        </Button>
      )}
    </Stack>
  );
}
