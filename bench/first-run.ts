import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Locator, Page } from "playwright-core";
import { startPhone } from "../src/callers/phone.ts";
import { placeCall } from "../src/callers/place-call.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones } from "../src/callers/softphone/client.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { labGround } from "../src/drills/ground.ts";
import { openLab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import { fakeMicrophone, openTalker } from "../test/support/console-browser.ts";
import { report, rounded } from "./common.ts";

/**
 * As somebody who has it for the first time: an empty cluster, its link in a browser, the first steps one after the other,
 * until a telephone in the browser, one beside it (UDP) and a carrier call each other; in the middle of the browser's call the
 * node that carries it loses its power. Tells when each step was done, and for how long the browser heard nothing (`getStats`
 * every 20 ms). Everything is typed, as fast as a quick typist. Makes a lab of its own and takes it away again.
 *
 *   node bench/first-run.ts [--shots FOLDER: pictures of each step] [--key-ms 80] [--keep: leave the lab] [--language en|de]
 */
const { values } = parseArgs({
  options: {
    shots: { type: "string" },
    "key-ms": { type: "string", default: "80" },
    lab: { type: "string", default: "firstrun" },
    language: { type: "string", default: "en" },
    keep: { type: "boolean", default: false },
  },
});
const keyMs = Number(values["key-ms"]);
const lab = openLab(values.lab);
const work = mkdtempSync(join(tmpdir(), "dialtone-first-run-"));
const tell = (text: string): void => void process.stderr.write(`${text}\n`);
const rows: Record<string, string | number>[] = [];
const began = performance.now();
let stepBegan = began;

await using cleaning = new AsyncDisposableStack();
cleaning.defer(() => rmSync(work, { recursive: true, force: true }));
if (values.shots !== undefined) mkdirSync(values.shots, { recursive: true });

/** A step is done: how long it took, and when. */
async function done(step: string, page?: Page, more: Record<string, string | number> = {}): Promise<void> {
  const now = performance.now();
  const row = {
    step,
    "took s": rounded((now - stepBegan) / 1000, 1),
    "at s": rounded((now - began) / 1000, 1),
  };
  rows.push({ ...row, ...more });
  tell(JSON.stringify({ ...row, ...more }));
  if (page && values.shots !== undefined) {
    const name = `${String(rows.length).padStart(2, "0")}-${step.replaceAll(/\W+/g, "-").toLowerCase()}`;
    await page.screenshot({ path: join(values.shots, `${name}.png`), fullPage: true });
  }
  stepBegan = performance.now();
}

const type = (field: Locator, text: string) => field.pressSequentially(text, { delay: keyMs });

/** Types into the field of that label what stands there not yet. */
async function fill(page: Page, label: string, text: string): Promise<void> {
  const field = page.getByLabel(new RegExp(`^${label}( \\*)?$`)); // what has to be given has a star
  await field.fill("");
  await type(field, text);
}

const words = {
  en: {
    name: "Name",
    password: "Password",
    again: "Once more",
    begin: "Begin",
    next: "Save and go on",
    goOn: "Go on",
    area: "Area code",
    first: "First number",
    last: "Last number",
    address: "Address of the carrier",
    phone: "Use this browser as my telephone",
    ready: "Ready",
    call: (who: string) => `Call ${who}`,
    connected: "connected",
    hangUp: "Hang up",
    answer: "Answer",
    number: "Number outside",
    there: "telephone is there",
  },
  de: {
    name: "Name",
    password: "Passwort",
    again: "Noch einmal",
    begin: "Anfangen",
    next: "Speichern und weiter",
    goOn: "Weiter",
    area: "Vorwahl",
    first: "Erste Nummer",
    last: "Letzte Nummer",
    address: "Adresse des Carriers",
    phone: "Diesen Browser als mein Telefon benutzen",
    ready: "Bereit",
    call: (who: string) => `${who} anrufen`,
    connected: "verbunden",
    hangUp: "Auflegen",
    answer: "Annehmen",
    number: "Nummer draußen",
    there: "Telefon ist da",
  },
}[values.language === "de" ? "de" : "en"];

await lab.up({ isolated: true, detach: true, fresh: true });
if (!values.keep) cleaning.defer(async () => void (await lab.down({ wipe: true })));
const state = lab.state();
const ground = labGround(lab);
const outside = state.hosts[outsideHost];
const [carrierAddress, place, phoneAddress] = (outside?.addresses ?? [])
  .slice(-3)
  .map((one) => one.split("/")[0]);
if (!outside || !carrierAddress || !place || !phoneAddress)
  throw new Error("the lab has no place for telephones");

async function firstLink(): Promise<string> {
  for (const until = performance.now() + 60_000; ; await delay(100)) {
    try {
      const { link } = (await ground.api("GET", "/v1/session/first")) as { link: string | null };
      if (link !== null) return link;
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}
const link = await firstLink();
await done("an empty cluster is up and tells its link");

/** Chromium beside the telephones, outside of the cluster. What it hears is counted from outside of its pages. */
const { browser } = cleaning.use(await openTalker(outside.namespace, [fakeMicrophone]));
const context = await browser.newContext({
  ignoreHTTPSErrors: true,
  permissions: ["microphone"],
  locale: values.language === "de" ? "de-DE" : "en-GB",
  timezoneId: "Europe/Berlin",
  viewport: { width: 1280, height: 900 },
});
await context.addInitScript(`{
  const Real = RTCPeerConnection;
  const all = [];
  globalThis.RTCPeerConnection = class extends Real { constructor(...args) { super(...args); all.push(this); } };
  let last = 0, packets = 0;
  globalThis.heard = { gapMs: 0, packets: 0 };
  setInterval(async () => {
    let sum = 0;
    for (const one of all) if (one.connectionState !== "closed")
      for (const stat of (await one.getStats()).values())
        if (stat.type === "inbound-rtp" && stat.kind === "audio") sum += stat.packetsReceived;
    const now = performance.now();
    if (sum !== packets) { packets = sum; last = now; heard.packets = sum; }
    else if (last > 0) heard.gapMs = Math.max(heard.gapMs, now - last);
  }, 20);
  globalThis.markHeard = () => { heard.gapMs = 0; last = performance.now(); };
}`);
const page = await context.newPage();
page.setDefaultTimeout(15_000);
// Where it got stuck, for who looks at it afterwards.
cleaning.defer(() =>
  page.screenshot({ path: join(values.shots ?? "/tmp", "last.png") }).then(() => undefined),
);
page.on("pageerror", (error) => tell(`page: ${error.message}`));
page.on("console", (message) => {
  if (message.type() === "error") tell(`console: ${message.text().slice(0, 300)}`);
});
const button = (name: string) => page.getByRole("button", { name, exact: true });
const at = (step: string) => page.waitForURL(`**/console/begin/${step}`);

await page.goto(link);
await fill(page, words.name, "ada");
await fill(page, words.password, "a sentence that nobody guesses");
await fill(page, words.again, "a sentence that nobody guesses");
await button(words.begin).click();
await at("site");
await done("the first administrator is made");

await page.getByLabel(words.area).first().waitFor();
await done("the place is proposed", page);
await fill(page, words.area, "711");
await button(words.next).click();
await at("numbers");
await done("the place", page);

await fill(page, words.first, "+49 711 9010");
await fill(page, words.last, "+49 711 9019");
await done("the numbers are typed", page);
await button(words.next).click();
await at("people");
await done("the numbers");

const names = page.getByLabel(words.name, { exact: true });
await type(names.nth(1), "Bert");
await done("the people are typed", page);
await button(words.next).click();
const passwords = page.locator("[data-password]");
await passwords.nth(1).waitFor();
const secrets = await passwords.allInnerTexts();
const users = await passwords.evaluateAll((all) => all.map((one) => one.getAttribute("data-password") ?? ""));
const [mine = "", other = ""] = users;
await done("the people, with settings for their telephones", page);

const telephones = await startTelephones(inNamespace(outside.namespace, place), {
  service: { address: state.service, port: 5060 },
  caller: { address: carrierAddress, port: 5095, transport: "udp" },
  callee: { address: phoneAddress, port: 5094, transport: "udp" },
  // What the carrier calls in with: the browser's own number.
  number: `+4971190${mine}`,
});
cleaning.use(telephones);
const code = await telephones.register({ user: other, password: secrets[1] ?? "" });
if (code !== 200) throw new Error(`the telephone beside the browser got ${code}`);
await done("a telephone is registered with what was shown");
await button(words.goOn).first().click();
await at("carrier");

cleaning.use(
  await startPhone({
    place: inNamespace(outside.namespace, carrierAddress),
    directory: work,
    name: "carrier",
    port: 5070,
  }),
);
await fill(page, words.address, `${carrierAddress}:5070`);
await done("the carrier is typed", page);
await button(words.next).click();
await button(words.goOn).click();
await at("call");
await done("the carrier", page);

await button(words.phone).click();
await page.getByText(words.ready, { exact: true }).waitFor();
await page.getByText(words.there).first().waitFor();
await done("the browser is a telephone", page);

const talks = () => page.getByText(words.connected, { exact: true }).waitFor();
const hangUp = async () => {
  await button(words.hangUp).click();
  await page.getByText(words.connected, { exact: true }).waitFor({ state: "detached" });
};
await button(words.call("Bert")).click();
await talks();
await done("the browser talks to the telephone", page);

await waitForGreen(lab, 90_000, (why) => tell(`waiting: ${why.join("; ")}`), new AbortController().signal);
await delay(2000); // each side's place is learned, and the relay has told the other node the keys
await done("the cluster is green");
const holder = (await lab.status()).hosts.find(({ agent }) => agent?.holds)?.name;
if (holder === undefined) throw new Error("nobody holds the service address");
await page.evaluate("markHeard()");
const before = (await page.evaluate("heard.packets")) as number;
await lab.kill(holder);
await delay(3000);
await page.screenshot({ path: join(values.shots ?? work, "during-the-power-cut.png") });
await delay(4000);
const heard = (await page.evaluate("heard")) as { gapMs: number; packets: number };
await talks();
await done(`power cut of ${holder} in the middle of the call`, page, {
  "gap ms": Math.round(heard.gapMs),
  "packets after": heard.packets - before,
});
await hangUp();
await lab.heal();

await fill(page, words.number, "0301234567");
await button(words.call("0301234567")).click();
await talks();
await delay(1000);
await done("the browser talks to the carrier", page);
await hangUp();

const calling = telephones.calls({ count: 1 });
await button(words.answer).click();
const ids = await calling;
if (ids.length !== 1) throw new Error("the carrier's call was not answered");
await talks();
await done("the carrier calls the browser", page);
await hangUp();

const fromPhone = placeCall({
  place: inNamespace(outside.namespace, place),
  directory: work,
  service: `${state.service}:5060`,
  from: other,
  password: secrets[1] ?? "",
  to: mine,
  seconds: 2,
  patienceMs: 20_000,
});
await button(words.answer).click();
await talks();
const call = await fromPhone;
if (call.answered === undefined) throw new Error("the telephone's call was not answered");
await done("the telephone calls the browser", page);

await page.goto(new URL("/console/", link).href);
await page.getByRole("heading", { level: 2 }).first().waitFor();
await page.waitForTimeout(1000);
await done("the overview afterwards", page);
await report("first-run", rows);
