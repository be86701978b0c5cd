import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { patient } from "../src/base/patience.ts";
import { event } from "./support/app-calls.ts";
import { accessibilityFaults, complaintsOf, openBrowser, openPerson } from "./support/console-browser.ts";
import { RealApp } from "./support/real-app.ts";

/**
 * Every page of the console as the app serves it, in a real browser: both themes and the width of a phone, by axe, under its
 * own Content-Security-Policy. DIALTONE_SHOTS=FOLDER keeps a picture of each.
 */

const root = join(import.meta.dirname, "..");
const paths = [
  ...readFileSync(join(root, "console/src/pages.ts"), "utf8").matchAll(/^ {4}path: "([^"$]*)",$/gm),
].map((match) => match[1] ?? "");
const shots = process.env.DIALTONE_SHOTS;

/** A page of one record, of a call that was told: busy at one telephone, answered at another. */
const callId = "shown-in-the-console";
const recordId = hash("sha256", `${callId}\0ft`, "hex").slice(0, 32);
paths.push(`records/${recordId}`);
// The first steps: an app without hosts has no telephones to ask for.
paths.push("begin/numbers", "begin/people", "begin/carrier");

let app: RealApp;
let browser: Browser;
let address: string;

beforeAll(async () => {
  [app, browser] = await Promise.all([
    RealApp.open(),
    openBrowser(),
    promisify(execFile)("sh", [join(root, "scripts/console")]),
  ]);
  const { self, cluster } = app.context;
  address = `https://${self.address}:${cluster.api.port}`;
  if (shots !== undefined) await mkdir(shots, { recursive: true });
  await app.ask("POST", "/v1/calls/events", [
    event("start", callId, 0),
    event("attempt", callId, 4000, { target: "sip:1001@198.51.100.11", code: 486, reason: "Busy Here" }),
    event("answer", callId, 9000, { target: "sip:1001@198.51.100.12", reason: "OK" }),
    event("end", callId, 70_000),
  ]);
  await app.until("the record", async () => (await app.ask("GET", `/v1/records/${recordId}`)).status === 200);
});
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

/** No agent runs here: what one might tell. Each question that fails is a complaint of the browser. */
const alerts = [
  { key: "silent b", severity: "critical", title: "b is silent", text: "Has it power?", told: true },
  { key: "disk a", severity: "warning", title: "The disk of a is full", text: "Make room.", told: false },
].map((alert) => ({ ...alert, since: new Date().toISOString() }));

const person = { name: "ada", password: "a sentence that nobody guesses" };

/** The first administrator is made by the link, as a person does; who comes later logs in. */
async function logIn(context: BrowserContext): Promise<void> {
  const page = await context.newPage();
  const link: string | null = (await app.ask("GET", "/v1/session/first")).body.link;
  // It names the service address, and HAProxy's port: neither is here.
  const { pathname, search } = new URL(link ?? `${address}/console/`);
  await page.goto(`${address}${pathname}${search}`, { timeout: patient(10_000) });
  await page.getByLabel("Name", { exact: true }).fill(person.name, { timeout: patient(10_000) });
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  if (link !== null) await page.getByLabel("Once more", { exact: true }).fill(person.password);
  await page.keyboard.press("Enter");
  await page
    .locator("main h1")
    .first()
    .waitFor({ state: "attached", timeout: patient(10_000) });
  await page.getByRole("banner").waitFor({ timeout: patient(10_000) });
  await page.close();
}

/** Opens a page and waits until it shows what it is of. */
async function visit(page: Page, path: string): Promise<void> {
  await page.goto(`${address}/console/${path}`, { timeout: patient(10_000) });
  await page
    .locator("main h1")
    .first()
    .waitFor({ state: "attached", timeout: patient(10_000) });
  const loading = page.locator("main [role=status][aria-label=Loading]");
  await expect.poll(() => loading.count(), { timeout: patient(10_000) }).toBe(0);
}

test("the list of pages was found", () => {
  expect(paths).toContain("");
  expect(paths).toContain("calls");
});

describe("each page, in light and dark and on a telephone's screen", () => {
  let context: BrowserContext;
  /** One for all: a new one has to compile the console again. */
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    context = await openPerson(browser);
    await context.route("**/v1/alerts", (route) => route.fulfill({ json: { alerts } }));
    await logIn(context);
    page = await context.newPage();
    complaints = complaintsOf(page);
  });
  afterAll(() => context.close());
  // What a page says while it is left is not the next one's.
  afterEach(async () => {
    await page.goto("about:blank");
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1360, height: 900 });
    complaints.length = 0;
  });

  test.each(paths)("/console/%s", async (path) => {
    const picture = async (look: string) => {
      if (shots === undefined) return;
      await page.screenshot({ path: join(shots, `${path.replaceAll("/", "-") || "overview"}-${look}.png`) });
    };
    const tooWide = () => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
    await visit(page, path);
    await picture("light");
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await tooWide()).toBeLessThanOrEqual(0);
    // The same page in the dark, as its system changes: what a theme can spoil. Colours take a moment to change.
    await page.emulateMedia({ colorScheme: "dark" });
    await picture("dark");
    await expect
      .poll(() => accessibilityFaults(page, ["color-contrast"]), { timeout: patient(5000) })
      .toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await picture("phone");
    await expect.poll(tooWide, { timeout: patient(2000) }).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
  });
});

test("who comes again logs in by password", async () => {
  const context = await openPerson(browser);
  await logIn(context);
  await context.close();
});
