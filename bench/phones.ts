import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { inNamespace } from "../src/callers/sipp.ts";
import { drillNamed } from "../src/drills/catalogue.ts";
import { inject, rolesOf } from "../src/drills/inject.ts";
import { outsideHost } from "../src/lab/names.ts";
import { report } from "./common.ts";
import { openStage } from "./load/stage.ts";
import { startBaresip } from "./phones/baresip.ts";
import { startLinphone } from "./phones/linphone.ts";
import type { Phone } from "./phones/phone.ts";
import {
  attendedTransfer,
  blindTransfer,
  changeCodec,
  digits,
  holdAndResume,
  outlive,
  park,
  pickUp,
  talk,
} from "./phones/tries.ts";

/**
 * Telephone programs of Debian on a lab: what works of what people do with telephones, judged by the tones that each end
 * heard, and what they notice of faults. Installs them (scripts/phones.txt) where they are missing.
 *
 *   node bench/phones.ts [--lab NAME] [--faults switchover,host-death,kamailio-hang-active] [--only pickup]
 *
 * --only: what is called so, without faults.
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    only: { type: "string", default: "" },
    faults: { type: "string", default: "switchover,host-death,kamailio-hang-active" },
  },
});

const wanted = readFileSync(join(import.meta.dirname, "../scripts/phones.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const installed = await execa("dpkg-query", ["-W", ...wanted], { reject: false });
const missing = wanted.filter((name) => !new RegExp(`^${name}(:\\w+)?\\t\\S`, "m").test(installed.stdout));
if (missing.length > 0)
  await execa("apt-get", ["install", "-y", "--no-install-recommends", ...missing], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
  });

await using stage = await openStage(values.lab, "phones");
const { lab, ground, directory, signal, tell } = stage;
const outside = lab.state().hosts[outsideHost];
const addresses = (outside?.addresses ?? []).map((address) => address.split("/")[0] ?? "");
const service = lab.state().service;
await using endings = new AsyncDisposableStack();
let count = 0;
const all: Phone[] = [];

/** A telephone of a user of its own. */
async function phone(kind: "baresip" | "linphone", codecs = ["PCMU"], rings = false): Promise<Phone> {
  const n = count++;
  const user = `771${n}`;
  const password = `pw-of-${user}`;
  await ground.api("PUT", `/v1/users/${user}`, { password, features: { pickup: ["office"] } });
  const folder = join(directory, user);
  mkdirSync(folder);
  const place = inNamespace(outside?.namespace ?? "", addresses[3 + (n % 4)] ?? "");
  const setup = { place, service, user, password, port: 5100 + n * 50, directory: folder, codecs, rings };
  // In no multiple of each other.
  const made =
    kind === "baresip"
      ? startBaresip({ ...setup, tone: 450 + 150 * n })
      : startLinphone({ ...setup, tone: 1900 + 70 * n }, await sound(1900 + 70 * n));
  endings.use(made);
  all.push(made);
  await made.registered();
  return made;
}
/** A file with a tone. */
async function sound(hertz: number): Promise<string> {
  const file = join(directory, `${hertz}.wav`);
  const tone = `sine=frequency=${hertz}:sample_rate=8000:duration=120`;
  await execa("ffmpeg", [
    ...["-loglevel", "error", "-y", "-f", "lavfi", "-i", tone],
    ...["-ac", "1", "-c:a", "pcm_s16le", file],
  ]);
  return file;
}

const rows: { phone: string; feature: string; works: string }[] = [];
async function attempt(kind: string, feature: string, work: () => Promise<void>): Promise<void> {
  signal.throwIfAborted();
  if (!feature.includes(values.only)) return;
  const works = await work().then(
    () => "yes",
    (error: unknown) => `no: ${String(error instanceof Error ? error.message : error).split("\n")[0]}`,
  );
  rows.push({ phone: kind, feature, works });
  tell(`${kind}: ${feature}: ${works}`);
  // Calls that are left of a failure would be in the way of what comes next.
  if (works !== "yes") for (const each of all) await each.hangUp();
}

const [b1, b2, b3] = [await phone("baresip"), await phone("baresip"), await phone("baresip")];
const [l1, l2, l3] = [await phone("linphone"), await phone("linphone"), await phone("linphone")];
for (const each of [b1, l1]) rows.push({ phone: each.kind, feature: "registers", works: "yes" });
await attempt(b1.kind, "calls baresip, audio both ways", () => talk(b1, b2));
await attempt(b1.kind, "calls linphonec, audio both ways", () => talk(b1, l1));
await attempt(l1.kind, "calls baresip, audio both ways", () => talk(l1, b1));
await attempt(l1.kind, "calls linphonec, audio both ways", () => talk(l1, l2));
await attempt(b1.kind, "hold and resume", () => holdAndResume(b1, l1));
await attempt(l1.kind, "hold and resume", () => holdAndResume(l1, b1));
await attempt(b1.kind, "digits to baresip", () => digits(b1, b2));
await attempt(b1.kind, "digits to linphonec", () => digits(b1, l1));
await attempt(l1.kind, "digits to baresip", () => digits(l1, b1));
await attempt(b1.kind, "sends its caller on to another (REFER)", () => blindTransfer(b1, b2, b3));
await attempt(l1.kind, "sends its caller on to another (REFER)", () => blindTransfer(l1, b2, b3));
const connects = "connects its caller with a third (REFER with Replaces)";
await attempt(b1.kind, connects, () => attendedTransfer(b1, l1, l2));
await attempt(l1.kind, connects, () => attendedTransfer(l1, l2, l3));
await attempt(l1.kind, `${connects}, which is baresip`, () => attendedTransfer(l1, l2, b1));
await attempt(b1.kind, "is connected with a third by linphonec", () => attendedTransfer(l1, b1, l2));
await attempt(b1.kind, "changes the codec in a call", () => changeCodec(b1, l1, "PCMA"));
await attempt(l1.kind, "changes the codec in a call, with linphonec", () => changeCodec(l1, l2, "PCMA"));
const [ringing, manual] = [await phone("baresip", ["PCMU"], true), await phone("linphone", ["PCMU"], true)];
await attempt(b1.kind, "pickup: takes a call of baresip", () => pickUp(b2, ringing, b1));
await attempt(b1.kind, "pickup: takes a call of linphonec", () => pickUp(l2, ringing, b1));
await attempt(l1.kind, "pickup: takes a call of baresip", () => pickUp(b2, ringing, l1));
await attempt(l1.kind, "pickup: takes a call of linphonec", () => pickUp(l2, manual, l1));
await attempt(b1.kind, "park (pickup): parks baresip, linphonec takes it", () => park(b1, b2, l1));
await attempt(b1.kind, "park (pickup): parks linphonec, baresip takes it", () => park(b1, l2, b3));
await attempt(l1.kind, "park (pickup): parks baresip, linphonec takes it", () => park(l1, b2, l3));
await attempt(l1.kind, "park (pickup): parks linphonec, baresip takes it", () => park(l1, l2, b1));
const both = await phone("baresip", ["PCMU", "PCMA"]);
await attempt(l1.kind, "changes the codec in a call, with baresip", () => changeCodec(l1, both, "PCMA"));
const codecs = ["PCMA", "G722/16000/1", "opus"];
const every = await phone("baresip", ["PCMU", ...codecs]);
for (const codec of values.only === "" ? codecs : []) {
  const only = await phone("baresip", [codec]);
  for (const each of [every, l1])
    await attempt(each.kind, `${codec.split("/")[0]} alone, called and calling`, async () => {
      await talk(only, each);
      await talk(each, only);
    });
}
for (const name of values.only === "" ? values.faults.split(",") : []) {
  const fault = drillNamed(name);
  const wrong = await outlive(
    [
      [b1, b2],
      [l1, l2],
    ],
    async () => void (await inject(lab, fault.steps, rolesOf((await lab.status()).hosts), signal)),
    8000,
  );
  for (const each of [b1, l1])
    await attempt(each.kind, `goes on after ${name}, hangs up, calls again`, async () => {
      const words = wrong.get(each);
      if (words !== undefined) throw new Error(words);
    });
  await lab.heal();
  await stage.green();
}

/** sipsak only asks and registers. */
const sipsak =
  (...more: string[]) =>
  async () =>
    void (await execa("ip", ["netns", "exec", outside?.namespace ?? "", "sipsak", ...more], {
      timeout: 10_000,
    }));
await attempt("sipsak 0.9.8.1", "OPTIONS", sipsak("-s", `sip:${service}`));
await ground.api("PUT", "/v1/users/7790", { password: "pw-of-7790" });
await attempt(
  "sipsak 0.9.8.1",
  "registers",
  // It asks for 15 s by default, which is too short (423).
  sipsak("-U", "-x", "60", "-s", `sip:7790@${service}`, "-u", "7790", "-a", "pw-of-7790"),
);
if (values.only === "") await report("phones", rows);
