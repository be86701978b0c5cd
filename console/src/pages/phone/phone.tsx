import {
  ActionIcon,
  Alert,
  Button,
  Group,
  NativeSelect,
  Progress,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import {
  IconMicrophone,
  IconMicrophoneOff,
  IconPhone,
  IconPhoneOff,
  IconPlayerPause,
  IconPlayerPlay,
} from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { ApiProblem } from "../../api/problem.ts";
import { PageHeader, Section } from "../../kit/page.tsx";
import type { CallView, Phone } from "../../phone/phone.ts";
import { pastCalls, startPhone, stopPhone, usePhone } from "../../phone/store.ts";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("phone", {
  en: {
    title: "Telephone",
    lead: "This browser as your telephone. A call goes on when a server fails; audio is back within a second.",
    start: "Use this browser as a telephone",
    stop: "Switch it off",
    teach:
      "It rings here as long as a page of the console is open. Your browser asks whether it may use the microphone.",
    off: "Off",
    connecting: "Connecting …",
    registered: "Ready",
    refused: "Refused",
    number: "Number or name",
    call: "Call",
    calls: "Calls",
    keypad: "Keypad",
    past: "Last calls in this browser",
    none: "No call yet.",
    answer: "Answer",
    hangUp: "Hang up",
    decline: "Decline",
    hold: "Hold",
    resume: "Resume",
    mute: "Mute",
    unmute: "Unmute",
    transfer: "Transfer",
    transferTo: "Transfer to",
    join: "Connect with {{who}}",
    ringsHere: "rings here",
    calling: "is being called",
    ringsThere: "rings there",
    talking: "connected",
    held: "on hold",
    ended: "ended",
    rescuing: "audio comes back …",
    microphone: "Microphone",
    speaker: "Loudspeaker",
    choice: "The browser's choice",
    here: "You",
    there: "The other side",
    devices: "Devices",
    again: "Call {{number}} again",
  },
  de: {
    title: "Telefon",
    lead: "Dieser Browser als Ihr Telefon. Ein Gespräch geht weiter, wenn ein Server ausfällt; der Ton ist binnen einer Sekunde wieder da.",
    start: "Diesen Browser als Telefon benutzen",
    stop: "Ausschalten",
    teach:
      "Es klingelt hier, solange eine Seite der Konsole offen ist. Der Browser fragt, ob er das Mikrofon benutzen darf.",
    off: "Aus",
    connecting: "Verbindet sich …",
    registered: "Bereit",
    refused: "Abgelehnt",
    number: "Nummer oder Name",
    call: "Anrufen",
    calls: "Gespräche",
    keypad: "Tastenfeld",
    past: "Letzte Gespräche in diesem Browser",
    none: "Noch kein Gespräch.",
    answer: "Annehmen",
    hangUp: "Auflegen",
    decline: "Ablehnen",
    hold: "Halten",
    resume: "Zurückholen",
    mute: "Stumm",
    unmute: "Ton an",
    transfer: "Weiterverbinden",
    transferTo: "Weiterverbinden mit",
    join: "Mit {{who}} verbinden",
    ringsHere: "klingelt hier",
    calling: "wird angerufen",
    ringsThere: "klingelt dort",
    talking: "verbunden",
    held: "gehalten",
    ended: "beendet",
    rescuing: "der Ton kommt zurück …",
    microphone: "Mikrofon",
    speaker: "Lautsprecher",
    choice: "Wahl des Browsers",
    here: "Sie",
    there: "Gegenseite",
    devices: "Geräte",
    again: "{{number}} wieder anrufen",
  },
});

const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

function Keypad({ press }: { press: (key: string) => void }) {
  const t = useText();
  return (
    <SimpleGrid cols={3} spacing="xs" maw={240} role="group" aria-label={t("keypad")}>
      {keys.map((key) => (
        <Button key={key} variant="default" onClick={() => press(key)}>
          {key}
        </Button>
      ))}
    </SimpleGrid>
  );
}

/** How loud both sides are now. */
function Levels({ phone, id }: { phone: Phone; id: string }) {
  const t = useText();
  const [levels, show] = useState({ here: 0, there: 0 });
  useEffect(() => {
    const timer = setInterval(() => {
      phone.levels(id).then(show, () => undefined); // the call has just ended
    }, 150);
    return () => clearInterval(timer);
  }, [phone, id]);
  return (
    <Stack gap={4}>
      {(["here", "there"] as const).map((side) => (
        <Group key={side} gap="sm" wrap="nowrap">
          <Text size="sm" c="dimmed" w={110}>
            {t(side)}
          </Text>
          <Progress
            value={Math.min(100, levels[side] * 200)}
            flex={1}
            aria-label={t(side)}
            transitionDuration={100}
          />
        </Group>
      ))}
    </Stack>
  );
}

function Call({ phone, call, others }: { phone: Phone; call: CallView; others: CallView[] }) {
  const t = useText();
  const [target, setTarget] = useState("");
  const { id, phase } = call;
  const states = {
    "rings-here": t("ringsHere"),
    calling: t("calling"),
    "rings-there": t("ringsThere"),
    talking: call.held || call.heldThere ? t("held") : t("talking"),
    ended: t("ended"),
  };
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <div>
          <Text fw={600}>{call.name || call.number}</Text>
          <Text size="sm" c="dimmed" aria-live="polite">
            {call.name ? `${call.number} · ` : ""}
            {call.rescuing ? t("rescuing") : states[phase]}
          </Text>
        </div>
        <Group gap="xs">
          {phase === "rings-here" && (
            <Button leftSection={<IconPhone size={18} />} onClick={() => phone.answer(id)}>
              {t("answer")}
            </Button>
          )}
          {phase === "talking" && (
            <>
              <ActionIcon
                size="lg"
                variant="default"
                aria-label={call.muted ? t("unmute") : t("mute")}
                aria-pressed={call.muted}
                onClick={() => phone.mute(id, !call.muted)}
              >
                {call.muted ? <IconMicrophoneOff size={18} /> : <IconMicrophone size={18} />}
              </ActionIcon>
              <ActionIcon
                size="lg"
                variant="default"
                aria-label={call.held ? t("resume") : t("hold")}
                onClick={() => phone.hold(id, !call.held)}
              >
                {call.held ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />}
              </ActionIcon>
            </>
          )}
          <Button variant="default" leftSection={<IconPhoneOff size={18} />} onClick={() => phone.hangUp(id)}>
            {phase === "rings-here" ? t("decline") : t("hangUp")}
          </Button>
        </Group>
      </Group>
      {phase === "talking" && (
        <>
          <Levels phone={phone} id={id} />
          <Keypad press={(key) => phone.tone(id, key)} />
          <Group align="end" gap="xs">
            <TextInput
              label={t("transferTo")}
              value={target}
              onChange={(event) => setTarget(event.currentTarget.value)}
            />
            <Button
              variant="default"
              disabled={target.trim() === ""}
              onClick={() => phone.transfer(id, target.trim())}
            >
              {t("transfer")}
            </Button>
            {others.map((other) => (
              <Button key={other.id} variant="default" onClick={() => phone.join(id, other.id)}>
                {t("join", { who: other.name || other.number })}
              </Button>
            ))}
          </Group>
        </>
      )}
    </Stack>
  );
}

function Devices({ phone }: { phone: Phone }) {
  const t = useText();
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  useEffect(() => {
    const look = () => void navigator.mediaDevices.enumerateDevices().then(setDevices);
    look();
    navigator.mediaDevices.addEventListener("devicechange", look);
    return () => navigator.mediaDevices.removeEventListener("devicechange", look);
  }, []);
  const choices = (kind: MediaDeviceKind) => [
    { value: "", label: t("choice") },
    ...devices
      .filter((device) => device.kind === kind && device.deviceId !== "" && device.deviceId !== "default")
      .map(({ deviceId, label }) => ({ value: deviceId, label: label || deviceId.slice(0, 8) })),
  ];
  return (
    <Group grow>
      <NativeSelect
        label={t("microphone")}
        data={choices("audioinput")}
        onChange={({ currentTarget: { value } }) => {
          phone.microphone = value === "" ? undefined : value;
        }}
      />
      <NativeSelect
        label={t("speaker")}
        data={choices("audiooutput")}
        onChange={({ currentTarget: { value } }) => void phone.speakThrough(value)}
      />
    </Group>
  );
}

export default function PhonePage() {
  const t = useText();
  const { phone, view } = usePhone();
  const [number, setNumber] = useState("");
  const [fault, setFault] = useState<string>();
  const dial = (to: string) => {
    if (phone && to.trim() !== "") phone.dial(to.trim());
    setNumber("");
  };
  const start = () => {
    setFault(undefined);
    startPhone().catch((error: unknown) =>
      setFault(error instanceof ApiProblem || error instanceof Error ? error.message : String(error)),
    );
  };
  const past = pastCalls();
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      {fault !== undefined && <Alert color="red" mb="md" title={fault} />}
      {!phone ? (
        <Section title={t("off")}>
          <Stack align="start">
            <Text c="dimmed">{t("teach")}</Text>
            <Button onClick={start}>{t("start")}</Button>
          </Stack>
        </Section>
      ) : (
        <Stack>
          <Section title={t(view.registration)}>
            <Stack>
              {view.why !== undefined && view.registration !== "registered" && (
                <Text c="dimmed">{view.why}</Text>
              )}
              <form
                onSubmit={(event) => {
                  event.preventDefault();
                  dial(number);
                }}
              >
                <Group align="end" gap="xs">
                  <TextInput
                    label={t("number")}
                    value={number}
                    autoComplete="off"
                    onChange={(event) => setNumber(event.currentTarget.value)}
                  />
                  <Button type="submit" leftSection={<IconPhone size={18} />} disabled={number.trim() === ""}>
                    {t("call")}
                  </Button>
                </Group>
              </form>
              <Keypad press={(key) => setNumber(number + key)} />
              <Button variant="default" onClick={stopPhone} w="fit-content">
                {t("stop")}
              </Button>
            </Stack>
          </Section>
          {view.calls.length > 0 && (
            <Section title={t("calls")}>
              <Stack gap="xl">
                {view.calls.map((call) => (
                  <Call
                    key={call.id}
                    phone={phone}
                    call={call}
                    others={view.calls.filter(({ id, phase }) => id !== call.id && phase === "talking")}
                  />
                ))}
              </Stack>
            </Section>
          )}
          <Section title={t("devices")}>
            <Devices phone={phone} />
          </Section>
          <Section title={t("past")}>
            {past.length === 0 ? (
              <Text c="dimmed">{t("none")}</Text>
            ) : (
              <Stack gap="xs" align="start">
                {past.map((call) => (
                  <Button
                    key={`${call.at} ${call.number}`}
                    variant="subtle"
                    aria-label={t("again", { number: call.number })}
                    onClick={() => dial(call.number)}
                  >
                    {call.incoming ? "↙" : "↗"} {call.name || call.number} ·{" "}
                    {new Date(call.at).toLocaleTimeString(document.documentElement.lang)}
                  </Button>
                ))}
              </Stack>
            )}
          </Section>
        </Stack>
      )}
    </>
  );
}
