import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPhone } from "@tabler/icons-react";
import { useState } from "react";
import { PageHeader, Section } from "../../kit/page.tsx";
import { pastCalls } from "../../phone/state.ts";
import { startPhone, stopPhone, usePhone } from "../../phone/store.ts";
import type { MicrophoneFault } from "../../phone/view.ts";
import { Call } from "./call.tsx";
import { Devices } from "./devices.tsx";
import { Keypad } from "./keypad.tsx";
import { useText } from "./strings.ts";

const microphoneFaults = {
  none: "microphoneNone",
  refused: "microphoneRefused",
  taken: "microphoneTaken",
  insecure: "microphoneInsecure",
  gone: "microphoneGone",
} as const satisfies Record<MicrophoneFault, string>;

export default function PhonePage() {
  const t = useText();
  const { phone, view } = usePhone();
  const [number, setNumber] = useState("");
  const [fault, setFault] = useState<string>();
  const tell = (error: unknown) => setFault(error instanceof Error ? error.message : String(error));
  const dial = (to: string) => {
    if (phone && to.trim() !== "") phone.dial(to.trim()).catch(tell);
    setNumber("");
  };
  const start = (take: boolean) => {
    setFault(undefined);
    startPhone(take).catch(tell);
  };
  const past = pastCalls();
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      {fault !== undefined && <Alert color="red" mb="md" title={fault} />}
      {view.microphone !== undefined && (
        <Alert color="yellow" mb="md" title={t(microphoneFaults[view.microphone])} />
      )}
      {view.registration === "elsewhere" ? (
        <Section title={t("elsewhere")}>
          <Stack align="start">
            <Text c="dimmed">{t("elsewhereTeach")}</Text>
            <Button onClick={() => start(true)}>{t("take")}</Button>
          </Stack>
        </Section>
      ) : !phone ? (
        <Section title={t("off")}>
          <Stack align="start">
            <Text c="dimmed">{t("teach")}</Text>
            <Button onClick={() => start(false)}>{t("start")}</Button>
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
