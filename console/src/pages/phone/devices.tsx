import { Group, NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Phone } from "../../phone/phone.ts";
import { useText } from "./strings.ts";

/** Which microphone and loudspeaker; calls that talk change with them. */
export function Devices({ phone }: { phone: Phone }) {
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
        value={phone.microphone ?? ""}
        onChange={({ currentTarget: { value } }) => void phone.speakInto(value === "" ? undefined : value)}
      />
      <NativeSelect
        label={t("speaker")}
        data={choices("audiooutput")}
        value={phone.speaker}
        onChange={({ currentTarget: { value } }) => void phone.speakThrough(value)}
      />
    </Group>
  );
}
