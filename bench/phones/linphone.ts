import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Phone, PhoneSetup } from "./phone.ts";
import { Program } from "./program.ts";

/**
 * linphonec (liblinphone 5.1) of Debian 12 with files in the place of a sound card.
 * @param sound a WAV file of its tone, long enough for a call
 */
export function startLinphone(setup: PhoneSetup, sound: string): Phone {
  const { directory, place, service, user, password, port, tone } = setup;
  mkdirSync(join(directory, ".local/share/linphone"), { recursive: true });
  const config = [
    "[sip]",
    ...[`sip_port=${port}`, "sip_tcp_port=0", `bind_address=${place.address}`, "guess_hostname=0"],
    ...["register_only_when_network_is_up=0", "use_ipv6=0", "reg_expires=60"],
    ...["[rtp]", `audio_rtp_port=${port + 1000}-${port + 1040}`],
    ...["[sound]", "echocancellation=0"],
    ...["[misc]", "auto_net_state_mon=0"],
    ...["[video]", "capture=0", "display=0", ""],
  ];
  writeFileSync(join(directory, "linphonerc"), config.join("\n"));
  const program = new Program(
    `linphonec ${user}`,
    place,
    ["linphonec", ...(setup.rings ? [] : ["-a"]), "-c", join(directory, "linphonerc")],
    {
      cwd: directory,
      log: join(directory, "log"),
    },
  );
  program.say("soundcard use files");
  program.say(`play ${sound}`);
  const codecs = (how: "enable" | "disable") => {
    for (let codec = 0; codec < 20; codec++) program.say(`codec ${how} ${codec}`);
  };
  // Some are off by default.
  codecs("enable");
  program.say(`register sip:${user}@${service} sip:${service} ${password}`);
  let calls = 0;
  const record = () => join(directory, `heard-${calls}.wav`);
  const at = (other: string) => `sip:${other}@${service}`;
  const resume = async () => {
    program.forget();
    program.say("resume");
    await program.until(/resum|Media streams established/i);
  };
  return {
    kind: "linphonec 5.1.65",
    ...{ user, tone },
    registered: async () => {
      for (let tries = 0; tries < 20 && !program.heard(/registered, identity/); tries++) {
        program.say("status register");
        await program.until(/registered, identity/, 500).catch(() => undefined);
      }
      await program.until(/registered, identity/, 100);
    },
    call: async (other) => {
      program.say(`call ${at(other)}`);
      await program.until(/Media streams established/);
    },
    answered: () => program.until(/Media streams established/),
    hold: async () => {
      program.say("pause");
      await program.until(/paused/i);
    },
    resume,
    dial: async (digits) => program.say(digits),
    received: async (digits) => {
      for (const digit of digits)
        await program.until(new RegExp(`Receiving tone ${digit}|dtmf.*${digit}`, "i"));
    },
    transfer: async (other) => program.say(`transfer ${at(other)}`),
    consult: async (other) => {
      program.say("pause");
      await program.until(/is now paused/);
      program.say(`call ${at(other)}`);
      await program.until(/is now paused[\s\S]*Media streams established/);
    },
    join: async () => {
      const [first, second] = program.all(/assigned id (\d+)/);
      program.say(`transfer ${first} --to-call ${second}`);
    },
    // It has no command for a re-INVITE; the one that ends a hold offers what is switched on then.
    change: async (codec) => {
      program.say("codec list");
      await program.until(new RegExp(`\\d+: ${codec} `));
      codecs("disable");
      program.say(`codec enable ${program.all(new RegExp(`(\\d+): ${codec} `)).at(-1)}`);
      program.say("pause");
      await program.until(/is now paused/);
      await resume();
      codecs("enable");
    },
    hangUp: async () => program.say("terminate"),
    over: () => program.until(/ended|terminated|No active call/),
    begin: () => {
      program.forget();
      calls++;
      program.say(`record ${record()}`);
    },
    recording: record,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
