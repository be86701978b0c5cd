import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Phone, PhoneSetup } from "./phone.ts";
import { Program } from "./program.ts";

/** baresip (https://github.com/baresip/baresip) of Debian 12, without a sound card: it hums, and keeps what it hears. */
export function startBaresip(setup: PhoneSetup): Phone {
  const { directory, place, service, user, password, port, tone, codecs } = setup;
  const heard = join(directory, "heard");
  mkdirSync(heard, { recursive: true });
  const modules = ["g711", "g722", "opus", "ausine", "sndfile", "stdio"];
  const config = [
    `sip_listen ${place.address}:${port}`,
    "call_local_timeout 60",
    `audio_source ausine,${tone}`,
    ...["ausrc_srate 48000", "ausrc_channels 2", "ausrc_format s16"],
    ...[`rtp_ports ${port + 1000}-${port + 1040}`, "module_path /usr/lib/baresip/modules"],
    ...modules.map((name) => `module ${name}.so`),
    ...["module_tmp account.so", "module_app menu.so", `snd_path ${heard}`, ""],
  ];
  writeFileSync(join(directory, "config"), config.join("\n"));
  writeFileSync(join(directory, "contacts"), "");
  writeFileSync(
    join(directory, "accounts"),
    `<sip:${user}@${service}>;auth_pass=${password};audio_codecs=${codecs.join(",")};regint=60;answermode=${setup.rings ? "manual" : "auto"}\n`,
  );
  const program = new Program(`baresip ${user}`, place, ["baresip", "-f", directory], {
    cwd: directory,
    log: join(directory, "log"),
  });
  const at = (other: string) => `sip:${other}@${service}`;
  return {
    kind: "baresip 1.0.0",
    ...{ user, tone },
    registered: () => program.until(/200 OK .*binding/),
    call: async (other) => {
      program.say(`/dial ${at(other)}`);
      await program.until(/Call established/);
    },
    answered: () => program.until(/Call established/),
    hold: async () => program.say("/hold"),
    resume: async () => program.say("/resume"),
    dial: async (digits) => {
      for (const digit of digits) program.say(`/sndcode ${digit}`);
    },
    received: async (digits) => {
      for (const digit of digits) await program.until(new RegExp(`received event: '${digit}' \\(end=1\\)`));
    },
    transfer: async (other) => program.say(`/transfer ${at(other)}`),
    sends: (codec) => program.until(new RegExp(`Set audio encoder: ${codec}`)),
    hangUp: async () => program.say("/hangup"),
    over: () => program.until(/terminated \(duration/),
    begin: () => {
      program.forget();
      for (const file of readdirSync(heard)) rmSync(join(heard, file));
    },
    recording: () =>
      join(
        heard,
        readdirSync(heard)
          .filter((file) => file.endsWith("-dec.wav"))
          .sort()
          .at(-1) ?? "none",
      ),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
