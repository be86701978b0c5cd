import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { TOTP } from "otpauth";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { patient } from "../src/base/patience.ts";
import { accessibilityFaults, complaintsOf, openBrowser, openPerson } from "./support/console-browser.ts";
import { RealApp } from "./support/real-app.ts";

/**
 * Logging in with more than a password, in a real browser, at a name, as passkeys want. DIALTONE_SHOTS=FOLDER keeps pictures.
 */

const root = join(import.meta.dirname, "..");
const name = "console.test";
const shots = process.env.DIALTONE_SHOTS;
const password = "a sentence that nobody guesses";

let app: RealApp;
let browser: Browser;
let address: string;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  [app] = await Promise.all([
    RealApp.open(`\nweb: { names: [${name}] }\naccess: { second_factor: [operator] }\n`),
    promisify(execFile)("sh", [join(root, "scripts/console")]),
  ]);
  const { self, cluster } = app.context;
  browser = await openBrowser([`--host-resolver-rules=MAP ${name} ${self.address}`]);
  address = `https://${name}:${cluster.api.port}`;
  if (shots !== undefined) await mkdir(shots, { recursive: true });
  for (const [who, role] of [
    ["ada", "administrator"],
    ["bob", "operator"],
  ])
    await app.ask("POST", "/v1/people", { name: who, role, password });
  context = await openPerson(browser);
  page = await context.newPage();
  page.setDefaultTimeout(patient(10_000));
});
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

/** As it is now, in both themes and at the width of a telephone: by axe, and within its width. */
async function look(what: string): Promise<void> {
  const picture = async (how: string) => {
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${what}-${how}.png`) });
  };
  await picture("light");
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect
    .poll(() => accessibilityFaults(page, ["color-contrast"]), { timeout: patient(5000) })
    .toEqual([]);
  await picture("dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await picture("phone");
  const tooWide = () => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  await expect.poll(tooWide, { timeout: patient(2000) }).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width: 1360, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

async function logIn(who: string): Promise<void> {
  await page.goto(`${address}/console/`);
  await page.getByLabel("Name", { exact: true }).fill(who);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Log in", exact: true }).click();
}

async function logOut(): Promise<void> {
  await page.getByRole("button", { name: /^You: / }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await page.getByLabel("Password", { exact: true }).waitFor();
}

const codeOf = (secret: string, steps: number): string =>
  new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });

/** Reads the secret, as who can not scan, and confirms it. @returns the secret */
async function setUp(): Promise<string> {
  await page.getByRole("button", { name: "Set up" }).click();
  const shown = await page
    .getByText(/^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/)
    .first()
    .textContent();
  const secret = (shown ?? "").replaceAll(" ", "");
  await page.getByLabel("The code that it shows now").fill("000000");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("That is not a code of this secret").waitFor();
  await look("code-set-up");
  await page.getByLabel("The code that it shows now").fill(codeOf(secret, -1));
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("list", { name: "Recovery codes" }).waitFor();
  return secret;
}

describe("one-time codes", () => {
  let secret = "";

  test("whose role needs a second factor is led to set one up, and then on", async () => {
    const complaints = complaintsOf(page);
    await logIn("bob");
    await page.getByRole("heading", { name: "One more step" }).waitFor();
    await look("enrol");
    secret = await setUp();
    await look("recovery-codes");
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByRole("banner").waitFor();
    await page.goto(`${address}/console/security`);
    await page.getByText("Recovery codes left: 10").waitFor();
    await look("security");
    // What the browser tells of answers that are no success; the code was wrong on purpose.
    expect(complaints.filter((one) => !one.includes("status of 4"))).toEqual([]);
  });

  test("the login asks for a code after the password", async () => {
    await logOut();
    await logIn("bob");
    await page.getByLabel("One-time code").fill("000000");
    await page.keyboard.press("Enter");
    await page.getByText("That code is not right").waitFor();
    await look("login-code");
    await page.getByLabel("One-time code").fill(codeOf(secret, 0));
    await page.keyboard.press("Enter");
    await page.getByRole("banner").waitFor();
    await logOut();
  });

  test("an administrator whose login is old proves again who it is, and takes away a factor", async () => {
    await logIn("ada");
    await page.getByRole("banner").waitFor();
    await app.database.query("UPDATE access_revision SET revision = revision + 1");
    await app.database.query(
      "UPDATE sessions SET created_at = created_at - INTERVAL 1 HOUR, revision = (SELECT revision FROM access_revision)",
    );
    await app.until("it is known", async () => {
      const told = await page.evaluate<number>(
        "fetch('/v1/session').then((a) => a.json()).then(({ csrf }) => fetch('/v1/people/nobody', { method: 'DELETE', headers: { 'x-dialtone-csrf': csrf } })).then((a) => a.status)",
      );
      return told === 403;
    });
    await page.goto(`${address}/console/people/bob`);
    await page.getByRole("button", { name: "Take away the second factor" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take away the second factor" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await proof.getByLabel("Password", { exact: true }).fill(password);
    await look("proof");
    await proof.getByRole("button", { name: "Go on" }).click();
    await page.getByText("bob has no second factor any more").waitFor();
    await logOut();
  });
});

describe("passkeys", () => {
  test("one is made, logs in without a password, proves who it is, and is listed; it ends with its removal", async () => {
    const device = await context.newCDPSession(page);
    await device.send("WebAuthn.enable");
    await device.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await logIn("ada");
    await page.getByRole("banner").waitFor();
    await page.goto(`${address}/console/security`);
    await page.getByLabel("What the device is called").fill("Laptop");
    await page.getByRole("button", { name: "New passkey" }).click();
    await page.getByRole("list", { name: "Recovery codes" }).waitFor();
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByRole("button", { name: "Remove Laptop" }).waitFor();
    await look("passkeys");
    await logOut();
    await look("login-passkey");

    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("banner").waitFor();
    await page.goto(`${address}/console/security`);
    await page.getByText("by passkey").waitFor();
    // The same answer again, as somebody would send it who saw it.
    const [request] = await Promise.all([
      page.waitForRequest((one) => one.url().endsWith("/v1/session/passkey")),
      logOut().then(() => page.getByRole("button", { name: "Use a passkey" }).click()),
    ]);
    await page.getByRole("banner").waitFor();
    const again = await context.request.post(`${address}/v1/session/passkey`, {
      data: request.postDataJSON(),
      headers: { origin: address, "sec-fetch-site": "same-origin" },
    });
    expect(again.status()).toBe(401);
    expect(await again.json()).toMatchObject({ code: "login-refused" });
    // A password alone is not enough any more.
    const byPassword = await context.request.post(`${address}/v1/session`, {
      data: { name: "ada", password },
      headers: { origin: address, "sec-fetch-site": "same-origin" },
    });
    expect(await byPassword.json()).toMatchObject({ code: "code-needed" });

    await page.goto(`${address}/console/security`);
    await page.getByRole("button", { name: "Remove Laptop" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("button", { name: "Remove Laptop" }).waitFor({ state: "detached" });
    await logOut();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("it is not known here any more").waitFor();
  });
});
