import { ActionIcon, Alert, Button, Group, Progress, Stack, Text, TextInput } from "@mantine/core";
import {
  IconMicrophone,
  IconMicrophoneOff,
  IconPhone,
  IconPhoneOff,
  IconPlayerPause,
  IconPlayerPlay,
} from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Lasting } from "../../kit/time.tsx";
import type { Phone } from "../../phone/phone.ts";
import type { CallView, Ending } from "../../phone/view.ts";
import { Keypad } from "./keypad.tsx";
import { useText } from "./strings.ts";

const endings = {
  "hung-up": "endHungUp",
  busy: "endBusy",
  declined: "endDeclined",
  "not-found": "endNotFound",
  incomplete: "endIncomplete",
  "no-answer": "endNoAnswer",
  unavailable: "endUnavailable",
  "not-allowed": "endNotAllowed",
  "no-audio": "endNoAudio",
  "not-reached": "endNotReached",
  failed: "endFailed",
} as const satisfies Record<Ending, string>;

const everyMs = 150;
/** A microphone that gives nothing at all for so long is the wrong one, or switched off. */
const silentMs = 5000;

/** How loud both sides are now. */
function Levels({ phone, id, muted }: { phone: Phone; id: string; muted: boolean }) {
  const t = useText();
  const [levels, show] = useState({ here: 0, there: 0 });
  const [silent, setSilent] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      phone.levels(id).then(
        (found) => {
          show(found);
          setSilent((before) => (found.here > 0 ? 0 : before + everyMs));
        },
        () => undefined, // the call has just ended
      );
    }, everyMs);
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
      {silent >= silentMs && !muted && (
        <Text size="sm" role="status">
          {t("silentHere")}
        </Text>
      )}
    </Stack>
  );
}

/** What one does with a call that talks. */
function Talking({ phone, call, others }: { phone: Phone; call: CallView; others: CallView[] }) {
  const t = useText();
  const [target, setTarget] = useState("");
  const { id } = call;
  return (
    <>
      <Levels phone={phone} id={id} muted={call.muted || call.held || call.heldThere} />
      <Keypad press={(key) => phone.press(id, key)} />
      {call.keys !== "" && (
        <Text size="sm" className="num">
          {t("pressed")}: {call.keys}
        </Text>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (target.trim() !== "") phone.transfer(id, target.trim());
        }}
      >
        <Group align="end" gap="xs">
          <TextInput
            label={t("transferTo")}
            value={target}
            autoComplete="off"
            onChange={(event) => setTarget(event.currentTarget.value)}
          />
          <Button
            type="submit"
            variant="default"
            disabled={target.trim() === "" || call.transfer === "asked"}
          >
            {t("transfer")}
          </Button>
          {others.map((other) => (
            <Button
              key={other.id}
              variant="default"
              disabled={call.transfer === "asked"}
              onClick={() => phone.join(id, other.id)}
            >
              {t("join", { who: other.name || other.number })}
            </Button>
          ))}
        </Group>
      </form>
      {call.transfer === "refused" && <Alert color="yellow" title={t("transferRefused")} />}
    </>
  );
}

function useStateText(call: CallView): string {
  const t = useText();
  if (call.rescuing) return t("rescuing");
  if (call.transfer === "asked") return t("transferring");
  switch (call.phase) {
    case "rings-here":
      return t("ringsHere");
    case "calling":
      return t("calling");
    case "rings-there":
      return t("ringsThere");
    case "talking":
      return call.held || call.heldThere ? t("held") : t("talking");
    case "ended":
      return t(endings[call.ending ?? "failed"]);
  }
}

export function Call({ phone, call, others }: { phone: Phone; call: CallView; others: CallView[] }) {
  const t = useText();
  const state = useStateText(call);
  const { id, phase } = call;
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <div>
          <Text fw={600}>{call.name || call.number}</Text>
          <Group gap={6}>
            <Text size="sm" c="dimmed" role="status">
              {call.name ? `${call.number} · ` : ""}
              {state}
            </Text>
            {phase === "talking" && call.answeredAt !== undefined && (
              <Text size="sm" c="dimmed">
                <Lasting since={call.answeredAt} />
              </Text>
            )}
          </Group>
        </div>
        <Group gap="xs">
          {phase === "rings-here" && (
            <Button leftSection={<IconPhone size={18} />} onClick={() => void phone.answer(id)}>
              {t("answer")}
            </Button>
          )}
          {phase === "talking" && (
            <>
              <ActionIcon
                size="lg"
                variant="default"
                aria-label={call.muted ? t("unmute") : t("mute")}
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
          {phase !== "ended" && (
            <Button
              variant="default"
              leftSection={<IconPhoneOff size={18} />}
              onClick={() => phone.hangUp(id)}
            >
              {phase === "rings-here" ? t("decline") : t("hangUp")}
            </Button>
          )}
        </Group>
      </Group>
      {phase === "talking" && <Talking phone={phone} call={call} others={others} />}
    </Stack>
  );
}
