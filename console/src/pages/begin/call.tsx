import { Alert, Anchor, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answer, api } from "../../api/client.ts";
import { messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { Light } from "../../kit/light.tsx";
import { startPhone, usePhone } from "../../phone/store.ts";
import { defineStrings } from "../../shell/i18n.ts";
import { Call } from "../phone/call.tsx";
import { useText as usePhoneText } from "../phone/strings.ts";
import { userPath } from "../users/users.tsx";
import classes from "./begin.module.css";
import { StepFrame, type Ways } from "./frame.tsx";
import { type Made, useMadeMore } from "./progress.ts";

const useText = defineStrings("begin-call", {
  en: {
    title: "Call somebody",
    lead: "This browser is a telephone too. Call one of your people, or let one call you.",
    noTelephone: "Which telephone is yours?",
    noTelephoneWhat:
      "The browser calls as the telephone that is yours: say so in the step before, or let an administrator do it.",
    people: "To the people",
    start: "Use this browser as my telephone",
    startWhat: "Your browser asks whether it may use the microphone. Say yes.",
    you: "Your telephone {{name}}",
    registeredThere: "telephone is there",
    unregistered: "no telephone yet",
    call: "Call",
    callWho: "Call {{name}}",
    nobody: "There is nobody to call yet: make one more in the step before.",
    number: "Number outside",
    done: "You have a telephone service",
    doneWhat:
      "Now pull a plug while you talk: the audio is back within a second. What is next: opening hours, groups, rules, drills.",
    overview: "Overview",
    phone: "Telephone",
    groups: "Groups",
    routing: "Rules",
    drills: "Drills",
  },
  de: {
    title: "Jemanden anrufen",
    lead: "Auch dieser Browser ist ein Telefon. Rufen Sie jemanden von Ihren Leuten an, oder lassen Sie sich anrufen.",
    noTelephone: "Welches Telefon ist Ihres?",
    noTelephoneWhat:
      "Der Browser ruft als das Telefon an, das Ihnen gehört: Sagen Sie das im Schritt davor, oder lassen Sie es jemanden mit der Administration tun.",
    people: "Zu den Leuten",
    start: "Diesen Browser als mein Telefon benutzen",
    startWhat: "Der Browser fragt, ob er das Mikrofon benutzen darf. Sagen Sie ja.",
    you: "Ihr Telefon {{name}}",
    registeredThere: "Telefon ist da",
    unregistered: "noch kein Telefon",
    call: "Anrufen",
    callWho: "{{name}} anrufen",
    nobody: "Noch ist niemand zum Anrufen da: Legen Sie im Schritt davor noch jemanden an.",
    number: "Nummer draußen",
    done: "Sie haben einen Telefondienst",
    doneWhat:
      "Ziehen Sie jetzt im Gespräch einen Stecker: Der Ton ist binnen einer Sekunde wieder da. Was als Nächstes kommt: Öffnungszeiten, Gruppen, Regeln, Übungen.",
    overview: "Überblick",
    phone: "Telefon",
    groups: "Gruppen",
    routing: "Regeln",
    drills: "Übungen",
  },
});

/** Who has a telephone that is registered, asked for often: somebody is typing a password into one. */
function useRegistered(): ReadonlySet<string> {
  const { data } = useQuery({
    queryKey: ["registrations", "begin"],
    queryFn: () =>
      answer(api.GET("/v1/registrations", { params: { query: { registered: "true", limit: 200 } } })),
    refetchInterval: 2000,
  });
  return new Set((data?.users ?? []).map(({ user }) => user));
}

function Done() {
  const t = useText();
  return (
    <Alert variant="light" icon={<IconCircleCheck size={18} />} title={t("done")}>
      <Text size="sm">{t("doneWhat")}</Text>
      <Group gap="md" mt="xs">
        {(
          [
            ["/", "overview"],
            ["/phone", "phone"],
            ["/groups", "groups"],
            ["/routing", "routing"],
            ["/drills", "drills"],
          ] as const
        ).map(([to, name]) => (
          <Anchor key={to} component={Link} to={to} size="sm">
            {t(name)}
          </Anchor>
        ))}
      </Group>
    </Alert>
  );
}

export default function CallStep({ made, ways }: { made: Made; ways: Ways }) {
  const t = useText();
  const p = usePhoneText();
  const { person } = useSession();
  const madeMore = useMadeMore();
  const { phone, view } = usePhone();
  const registered = useRegistered();
  const [fault, setFault] = useState<string>();
  const [number, setNumber] = useState("");
  const [talked, setTalked] = useState(made.called);
  const talks = view.calls.some(({ phase }) => phase === "talking");
  useEffect(() => {
    if (talks) setTalked(true);
    else if (talked) void madeMore();
  }, [talks, talked, madeMore]);
  const start = () => {
    setFault(undefined);
    // Also when another tab has it: who reads this wants to call from here.
    startPhone(true).catch((error: unknown) => setFault(messageOf(error)));
  };
  const dial = (to: string) => phone?.dial(to).catch((error: unknown) => setFault(messageOf(error)));
  const ready = phone !== undefined && view.registration === "registered";
  const others = made.users.filter(({ name }) => name !== person.user);
  return (
    <StepFrame title={t("title")} lead={t("lead")} ways={ways} fault={fault}>
      {person.user === undefined ? (
        <Alert color="yellow" variant="light" title={t("noTelephone")}>
          <Text size="sm">{t("noTelephoneWhat")}</Text>
          <Anchor component={Link} to="/begin/people" size="sm">
            {t("people")}
          </Anchor>
        </Alert>
      ) : (
        <Group justify="space-between" className={classes.telephone}>
          <div>
            <Text fw={600}>{t("you", { name: person.user })}</Text>
            <Light state={ready ? "good" : view.registration === "refused" ? "bad" : "idle"}>
              {ready ? p("registered") : (view.why ?? p(view.registration))}
            </Light>
          </div>
          {phone === undefined && (
            <Stack gap={4} align="flex-end">
              <Button onClick={start}>{t("start")}</Button>
              <Text size="sm" c="dimmed">
                {t("startWhat")}
              </Text>
            </Stack>
          )}
        </Group>
      )}
      {phone !== undefined &&
        view.calls.map((call) => (
          <div key={call.id} className={classes.telephone}>
            <Call phone={phone} call={call} others={[]} />
          </div>
        ))}
      {others.length === 0 ? (
        <Text c="dimmed">{t("nobody")}</Text>
      ) : (
        <ul className={classes.made}>
          {others.slice(0, 10).map(({ name, display }) => (
            <li key={name}>
              <Anchor component={Link} to={userPath(name)}>
                {name}
              </Anchor>
              <span className={classes.grow}>{display}</span>
              <Light state={registered.has(name) ? "good" : "idle"}>
                {t(registered.has(name) ? "registeredThere" : "unregistered")}
              </Light>
              <Button
                size="xs"
                variant="default"
                aria-label={t("callWho", { name: display || name })}
                disabled={!ready}
                onClick={() => void dial(name)}
              >
                {t("call")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {made.carriers.length > 0 && (
        <Group align="end" gap="xs">
          <TextInput
            label={t("number")}
            value={number}
            inputMode="tel"
            autoComplete="off"
            onChange={({ currentTarget: { value } }) => setNumber(value)}
          />
          <Button
            variant="default"
            aria-label={t("callWho", { name: number || t("number") })}
            disabled={!ready || number.trim() === ""}
            onClick={() => void dial(number.trim())}
          >
            {t("call")}
          </Button>
        </Group>
      )}
      {talked && <Done />}
    </StepFrame>
  );
}
