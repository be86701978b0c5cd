import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { patient } from "../src/base/patience.ts";
import { startPhone } from "../src/callers/phone.ts";
import { outcomeOf, placeCall } from "../src/callers/place-call.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones, type Telephones } from "../src/callers/softphone/client.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { type Ground, labGround } from "../src/drills/ground.ts";
import { ownNumber } from "../src/drills/own-number.ts";
import type { Lab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { accessibilityFaults, complaintsOf, openPerson, openTalker } from "./support/console-browser.ts";
import { sharedLab } from "./support/shared-lab.ts";

/**
 * The console as administrators use it, in real Chromium, on a real cluster: what is ordered there is done, and what the page
 * says is so, also while the cluster changes under it. Each page by itself: test/console.lab.ts.
 */

const tell = (text: string) => void process.stderr.write(`${text}\n`);
const soon = { timeout: patient(10_000), interval: 100 };
const password = "a sentence that nobody guesses";
const [deskNumber, spokenNumber] = [ownNumber("9978"), ownNumber("9979")];
const form = "2105";

const cleaning = new AsyncDisposableStack();
let lab: Lab;
let ground: Ground;
let origin: string;
let telephones: Telephones;
let browser: Browser;
/** Ada's browser, and her page. */
let adas: BrowserContext;
let ada: Page;
let ben: Page;
/** Where a call to `spokenNumber` is answered with audio. */
let spokenAt: string;

beforeAll(async () => {
  await promisify(execFile)("sh", [join(import.meta.dirname, "../scripts/console")]);
  lab = await sharedLab(tell);
  ground = labGround(lab);
  const state = lab.state();
  origin = `https://${state.service}`;
  const outside = state.hosts[outsideHost];
  const [caller, called] = (outside?.addresses ?? []).slice(-4).map((address) => address.split("/")[0]);
  if (!outside || !caller || !called) throw new Error("the lab has no place for telephones");
  spokenAt = `${called}:5098`;
  telephones = cleaning.use(
    await startTelephones(inNamespace(outside.namespace, caller), {
      service: { address: state.service, port: 5060 },
      caller: { address: caller, port: 5099, transport: "udp" },
      callee: { address: called, port: 5098, transport: "udp" },
      number: spokenNumber,
    }),
  );
  cleaning.use(
    await startPhone({ place: ground.called, directory: ground.directory, name: "ordersphone", port: 5094 }),
  );
  ({ browser } = cleaning.use(await openTalker(outside.namespace)));
  adas = await openPerson(browser);
  ada = await adas.newPage();
  await ground.api("PUT", `/v1/users/${form}`, { password });
});
afterAll(() => cleaning.disposeAsync());

/** A page below /console/, by a new request. */
async function visit(page: Page, path: string): Promise<void> {
  await page.goto(`${origin}/console/${path}`, { timeout: soon.timeout });
  await page.locator("main h1").first().waitFor({ state: "attached", timeout: soon.timeout });
}

/** The same within the page that is open: nothing is loaded anew. */
const turnTo = (page: Page, name: string) =>
  page.getByRole("navigation").getByRole("link", { name, exact: true }).first().click(soon);

const says = (where: Locator | Page, text: string | RegExp) =>
  where.getByText(text).first().waitFor({ timeout: soon.timeout });

/** Presses a button, and the one that confirms it. @returns what was asked */
async function order(page: Page, button: string | RegExp, action: string): Promise<string> {
  await page.getByRole("button", { name: button }).first().click(soon);
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: action, exact: true });
  await confirm.waitFor({ timeout: soon.timeout });
  const asked = (await dialog.textContent()) ?? "";
  await confirm.click(soon);
  await dialog.waitFor({ state: "hidden", timeout: soon.timeout });
  return asked;
}

/** Of a page that is not loaded anew: it stays. */
const mark = (page: Page) => page.evaluate("void (globalThis.marked = true)");
const isMarked = (page: Page) => page.evaluate<boolean>("globalThis.marked === true");

const call = async (to: string): Promise<string> =>
  outcomeOf(
    await placeCall({
      place: ground.caller,
      directory: ground.directory,
      service: ground.service,
      ...{ from: "0445550107", to, seconds: 0.1, patienceMs: 4000 },
    }),
  );

test("the first administrator is made by the link, lets another one in, who logs in", async () => {
  const { link } = z.object({ link: z.string() }).parse(await ground.api("GET", "/v1/session/first"));
  await ada.goto(link, { timeout: soon.timeout });
  await ada.getByLabel("Name", { exact: true }).fill("ada", soon);
  await ada.getByLabel("Password", { exact: true }).fill(password);
  await ada.getByLabel("Once more", { exact: true }).fill(password);
  await ada.keyboard.press("Enter");
  await ada.getByRole("banner").waitFor({ timeout: soon.timeout });
  await ground.api("PUT", "/v1/people/ben", { name: "ben", password, role: "operator" });
  ben = await (await openPerson(browser)).newPage();
  await ben.goto(`${origin}/console/routing`, { timeout: soon.timeout });
  await ben.getByLabel("Name", { exact: true }).fill("ben", soon);
  await ben.getByLabel("Password", { exact: true }).fill(password);
  await ben.keyboard.press("Enter");
  await ben.getByRole("heading", { name: "Routing", level: 1 }).waitFor({ timeout: soon.timeout });
});

/** A new rule for one number, put into a new draft. */
async function draftRule(draft: string, rule: string, number: string, target: string): Promise<void> {
  await visit(ada, "routing");
  await ada.getByRole("button", { name: "New draft" }).click(soon);
  await ada.getByRole("dialog").getByLabel(/^Name/).fill(draft, soon);
  await ada.getByRole("dialog").getByRole("button", { name: "Make draft" }).click(soon);
  await ada.getByRole("link", { name: "New rule" }).first().click(soon);
  await ada.getByRole("textbox", { name: /^Name/ }).fill(rule, soon);
  await ada.getByText("This number", { exact: true }).click(soon);
  await ada.getByRole("textbox", { name: "This number" }).fill(number);
  await ada.getByRole("combobox", { name: "Target 1", exact: true }).fill(`sip:${number}@${target}`);
  await ada.getByRole("button", { name: `Put into draft ${draft}` }).click(soon);
  await says(ada, `Rule ${rule} is in draft ${draft}`);
}

test("a rule is drafted, looked through, tried, published and rolled back, and calls follow", async () => {
  expect(await call(deskNumber)).toBe("rejected");
  await draftRule("orders-desk", "orders-desk", deskNumber, `${ground.called.address}:5094`);
  expect(await call(deskNumber)).toBe("rejected");
  await ada.getByRole("link", { name: "Try", exact: true }).click(soon);
  await ada.getByLabel(/^Dialled number/).fill(deskNumber, soon);
  await ada.getByRole("button", { name: "Try", exact: true }).click(soon);
  await says(ada.getByRole("status"), `sip:${deskNumber}@${ground.called.address}:5094`);
  await ada.getByRole("link", { name: "Draft", exact: true }).click(soon);
  await says(ada, "Nothing is wrong with it.");
  expect(await order(ada, "Publish", "Publish")).toContain("Calls in progress go on");
  await says(ada, /^Published as version/);
  await expect.poll(() => call(deskNumber), soon).toBe("answered");
  expect(await order(ada, "Roll back to here", "Roll back")).toContain("One thing becomes as it was");
  await says(ada, /^It is as after version/);
  await says(ada, "rule orders-desk removed");
  await expect.poll(() => call(deskNumber), soon).toBe("rejected");
});

describe("two people and one draft", () => {
  test("who saves second is told, loses nothing, and keeps both", async () => {
    await draftRule("orders-spoken", "orders-spoken", spokenNumber, spokenAt);
    await ben.getByRole("combobox", { name: "Looking at" }).click(soon);
    await ben.getByRole("option", { name: "Draft orders-spoken" }).click(soon);
    for (const page of [ada, ben])
      await page.getByRole("link", { name: "orders-spoken", exact: true }).click(soon);
    await ben.getByLabel("Description").fill("written by ben", soon);
    await ben.getByRole("switch", { name: "Record these calls" }).click(soon);
    await ada.getByLabel("Priority").fill("50", soon);
    const put = "Put into draft orders-spoken";
    await ada.getByRole("button", { name: put }).click(soon);
    await says(ada, "Rule orders-spoken is in draft orders-spoken");
    await ben.getByRole("button", { name: put }).click(soon);
    const conflict = ben.getByRole("alert").filter({ hasText: "Somebody else changed this rule meanwhile" });
    await says(conflict, /Nothing that you typed is lost/);
    expect(await ben.getByLabel("Description").inputValue()).toBe("written by ben");
    await conflict.getByRole("button", { name: "Keep both" }).click(soon);
    await expect.poll(() => ben.getByLabel("Priority").inputValue(), soon).toBe("50");
    expect(await ben.getByLabel("Description").inputValue()).toBe("written by ben");
    await ben.getByRole("button", { name: put }).click(soon);
    await says(ben, "Rule orders-spoken is in draft orders-spoken");
  });

  test("what both did is published; who still types learns it, and keeps what was typed", async () => {
    await ben.getByLabel("Description").fill("typed while ada published", soon);
    await ada.getByRole("link", { name: "Draft", exact: true }).click(soon);
    for (const text of ["written by ben", "50", "true"])
      await ada.getByRole("cell", { name: text, exact: true }).first().waitFor({ timeout: soon.timeout });
    await order(ada, "Publish", "Publish");
    await says(ada, /^Published as version/);
    await ben.getByRole("button", { name: "Put into draft orders-spoken" }).click(soon);
    await says(ben, "Draft orders-spoken is not there any more");
    expect(await ben.getByLabel("Description").inputValue()).toBe("typed while ada published");
    await ben.getByRole("button", { name: "Look at what decides now" }).click(soon);
    const save = ben.getByRole("button", { name: "Save: decides at once" });
    await expect.poll(() => save.isEnabled(), soon).toBe(true);
    expect(await ben.getByLabel("Description").inputValue()).toBe("typed while ada published");
    await save.click(soon);
    await says(ben, "Rule orders-spoken is saved");
    const rule = await ground.api("GET", "/v1/routes/orders-spoken");
    expect(rule).toMatchObject({ description: "typed while ada published", priority: 50 });
  });
});

/** How much is drawn in the upper and the lower half of the player's picture, in shares of its points. */
const drawn = (page: Page) =>
  page.evaluate<number[]>(`(() => {
    const canvas = document.querySelector("main canvas");
    const { width, height } = canvas;
    const half = Math.floor(height / 2);
    return [0, height - half].map((top) => {
      const { data } = canvas.getContext("2d").getImageData(0, top, width, half);
      let points = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] > 0) points++;
      return points / (width * half);
    });
  })()`);

test("a call is seen while it lasts, and its recording is found and played", async () => {
  await expect
    .poll(async () => {
      const answers = await ground.everyApi("GET", `/v1/rules/simulate?number=${spokenNumber}`);
      return JSON.stringify(answers).split('"orders-spoken"').length - 1;
    }, soon)
    .toBeGreaterThanOrEqual(2);
  const ids = await telephones.calls({ count: 1 });
  expect(ids).toHaveLength(1);
  const complaints = complaintsOf(ada);
  await turnTo(ada, "Calls now");
  const row = ada.getByRole("row").filter({ hasText: spokenNumber });
  await says(row, "In conversation");
  await says(row, "orders-spoken");
  expect(await accessibilityFaults(ada)).toEqual([]);
  await turnTo(ada, "Overview");
  await says(ada, /^Calls get through: /);
  expect(await accessibilityFaults(ada)).toEqual([]);
  await turnTo(ada, "Calls now");
  expect(await telephones.bye(ids, "caller")).toEqual([200]);
  await row.waitFor({ state: "detached", timeout: soon.timeout });
  await telephones.close(ids);

  await turnTo(ada, "Records");
  await ada
    .getByRole("link", { name: new RegExp(spokenNumber) })
    .first()
    .click(soon);
  const play = ada.getByRole("button", { name: "Play" });
  await play.waitFor({ timeout: patient(20_000) });
  await expect.poll(async () => Math.min(...(await drawn(ada))), soon).toBeGreaterThan(0.05);
  await play.click(soon);
  const sound = () =>
    ada.evaluate<number>(`(() => {
      const { currentTime, error } = document.querySelector("audio");
      if (error) throw new Error(error.message);
      return currentTime;
    })()`);
  await expect.poll(sound, soon).toBeGreaterThan(0.5);
  expect(complaints).toEqual([]);
});

const holder = async (): Promise<string> => activeNodes((await lab.status()).hosts)[0] ?? "";
const other = (node: string): string => (node === "a" ? "b" : "a");

test("a node goes out of service and comes back; a drill meanwhile is refused, and the page says why", async () => {
  const [active, standby] = [await holder(), other(await holder())];
  await turnTo(ada, "Maintenance");
  const asked = await order(ada, `${standby}: Out of service`, "Out of service");
  expect(asked).toContain(`${active} is alone now`);
  const back = ada.getByRole("button", { name: `${standby}: Back into service` });
  await back.waitFor({ timeout: soon.timeout });
  await turnTo(ada, "Drills");
  await order(ada, "Start", "Start");
  await says(ada, "It was not begun");
  await says(ada, new RegExp(`${standby}.*(drained|out of service)`));
  await turnTo(ada, "Maintenance");
  expect(await order(ada, `${standby}: Back into service`, "Back into service")).toContain(
    "the service address stays where it is",
  );
  await ada.getByRole("button", { name: `${standby}: Out of service` }).waitFor({ timeout: soon.timeout });
  await waitForGreen(lab, 60_000, (why) => tell(`waiting: ${why.join("; ")}`), new AbortController().signal);
});

test("a drill is run, and its result is in the history", async () => {
  await turnTo(ada, "Drills");
  const running = ada.getByRole("heading", { name: "Running: switchover" });
  const refused = ada.getByText("It was not begun");
  // Nobody drills on a node that took over a moment ago: the page says so, and who asked asks again.
  for (let attempt = 0; ; attempt++) {
    await order(ada, "Start", "Start");
    await running.or(refused).first().waitFor({ timeout: soon.timeout });
    if (await running.isVisible()) break;
    const why = (await ada.locator("main [role=alert]").textContent()) ?? "";
    tell(`the drill is refused: ${why}`);
    if (attempt >= 12) throw new Error(why);
    await delay(5000);
  }
  const result = ada.getByRole("row").filter({ hasText: "ada, console at" }).first();
  await result.waitFor({ timeout: patient(60_000) });
  expect(await result.textContent()).toMatch(/switchover.*passed/);
  await running.waitFor({ state: "detached", timeout: patient(20_000) });
});

/** Somebody has typed into a form, in another tab of the same browser. */
async function typedForm(): Promise<{ page: Page; typed: () => Promise<string> }> {
  const page = await adas.newPage();
  await visit(page, `users/${form}`);
  await page.getByLabel("Description").fill("typed, and not saved yet", soon);
  await mark(page);
  return { page, typed: () => page.getByLabel("Description").inputValue() };
}

test("the service address is handed over: the page follows, and what was typed elsewhere stays", async () => {
  await waitForGreen(lab, 60_000, (why) => tell(`waiting: ${why.join("; ")}`), new AbortController().signal);
  const [from, to] = [await holder(), other(await holder())];
  const { page, typed } = await typedForm();
  await turnTo(ada, "Maintenance");
  await mark(ada);
  const asked = await order(ada, "Hand over", "Hand over");
  expect(asked).toContain(
    `nothing: conversations go on, ${to} takes the address before ${from} lets go of it`,
  );
  await says(ada, `${to} has it`);
  await turnTo(ada, "Overview");
  await says(ada, `Told by ${to}`);
  expect([await isMarked(ada), await isMarked(page), await typed()]).toEqual([
    true,
    true,
    "typed, and not saved yet",
  ]);
  await page.close();
});

test("a power cut of the holder: the overview says so and gets green again by itself, and what was typed is saved", async () => {
  await waitForGreen(lab, 60_000, (why) => tell(`waiting: ${why.join("; ")}`), new AbortController().signal);
  const [dead, survivor] = [await holder(), other(await holder())];
  const { page, typed } = await typedForm();
  await turnTo(ada, "Overview");
  await mark(ada);
  await lab.kill(dead);
  const card = ada.getByRole("article", { name: `Node ${dead}` });
  try {
    await says(card, "Not heard");
    await says(ada, new RegExp(`^Calls get through: ${survivor} answers them`));
    await says(ada, `Told by ${survivor}`);
  } finally {
    await lab.heal();
  }
  await card.getByText("Ready to go on").waitFor({ timeout: patient(60_000) });
  await ada.getByText("A node may fail now: the other one goes on").waitFor({ timeout: patient(60_000) });
  expect([await isMarked(ada), await isMarked(page), await typed()]).toEqual([
    true,
    true,
    "typed, and not saved yet",
  ]);
  await page.getByRole("button", { name: "Save", exact: true }).click(soon);
  await says(page, "Saved");
  expect(await ground.api("GET", `/v1/users/${form}`)).toMatchObject({
    description: "typed, and not saved yet",
  });
  await page.close();
});
