import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { TOTP } from "otpauth";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { patient } from "../src/base/patience.ts";
import { complaintsOf, openBrowser, openPerson } from "./support/console-browser.ts";
import { look } from "./support/look.ts";
import { addPasskeyDevice, sendTwice } from "./support/passkey-device.ts";
import { RealApp } from "./support/real-app.ts";

/**
 * Logging in with more than a password, in a real browser, at a name, as passkeys want. DIALTONE_SHOTS=FOLDER keeps pictures.
 */

const root = join(import.meta.dirname, "..");
const name = "console.test";
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

/** Makes all logins older than delicate changes want. */
async function makeOld(): Promise<void> {
  await app.changeElsewhere(
    "sessions",
    "created_at = created_at - INTERVAL 1 HOUR, proven_at = proven_at - INTERVAL 1 HOUR",
  );
  await app.until("it is known", async () => {
    const { csrf } = (await asked(page, "GET", "/v1/session")).body;
    const { body } = await asked(page, "DELETE", "/v1/people/nobody", undefined, csrf);
    return body.code === "proof-needed";
  });
}

/** What the app answers a page that asks by itself. */
function asked(from: Page, method: string, path: string, body?: unknown, csrf = "") {
  const headers = {
    "x-dialtone-csrf": csrf,
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return from.evaluate<{ status: number; body: { code?: string; csrf?: string } }>(
    `fetch(${JSON.stringify(path)}, ${JSON.stringify(init)}).then(async (a) => ({ status: a.status, body: JSON.parse((await a.text()) || "null") }))`,
  );
}

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
  await look(page, "code-set-up");
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
    await look(page, "enrol");
    secret = await setUp();
    await look(page, "recovery-codes");
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByRole("banner").waitFor();
    await page.goto(`${address}/console/security`);
    await page.getByText("Recovery codes left: 10").waitFor();
    await look(page, "security");
    // What the browser tells of answers that are no success; the code was wrong on purpose.
    expect(complaints.filter((one) => !one.includes("status of 4"))).toEqual([]);
  });

  test("the login asks for a code after the password", async () => {
    await logOut();
    await logIn("bob");
    await page.getByLabel("One-time code").fill("000000");
    await page.keyboard.press("Enter");
    await page.getByText("That code is not right").waitFor();
    await look(page, "login-code");
    await page.getByLabel("One-time code").fill(codeOf(secret, 0));
    await page.keyboard.press("Enter");
    await page.getByRole("banner").waitFor();
    await logOut();
  });

  test("an administrator whose login is old proves again who it is, and takes away a factor", async () => {
    await logIn("ada");
    await page.getByRole("banner").waitFor();
    await makeOld();
    await page.goto(`${address}/console/people/bob`);
    await page.getByRole("button", { name: "Take away the second factor" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take away the second factor" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await proof.getByLabel("Password", { exact: true }).fill(password);
    await look(page, "proof");
    await proof.getByRole("button", { name: "Go on" }).click();
    await page.getByText("bob has no second factor any more").waitFor();
    await logOut();
  });
});

describe("passkeys", () => {
  const usePasskey = (where: Pick<Page, "getByRole"> = page) =>
    where.getByRole("button", { name: "Use a passkey" }).click();
  const statusOf = async (of: Page) => (await asked(of, "GET", "/v1/session")).status;
  const security = () => page.goto(`${address}/console/security`);
  let codes: string[] = [];

  test("one is made and named, once per device", async () => {
    const complaints = complaintsOf(page);
    await addPasskeyDevice(page);
    await logIn("ada");
    await page.getByRole("banner").waitFor();
    await security();
    await page.getByLabel("What the device is called").fill("Laptop");
    await page.getByRole("button", { name: "New passkey" }).click();
    const list = page.getByRole("list", { name: "Recovery codes" });
    await list.waitFor();
    codes = await list.getByRole("listitem").allTextContents();
    expect(codes).toHaveLength(10);
    // With the note that it is there, whose button has a name.
    await page.getByRole("alert").getByRole("button", { name: "Close" }).first().waitFor();
    await look(page, "passkey-made");
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByRole("button", { name: "Rename Laptop" }).click();
    const dialog = page.getByRole("dialog", { name: "Rename the passkey" });
    await dialog.getByLabel("Name").fill("Office laptop");
    await look(page, "passkey-name");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove Office laptop" }).waitFor();
    await look(page, "passkeys");
    await page.getByLabel("What the device is called").fill("Again");
    await page.getByRole("button", { name: "New passkey" }).click();
    await page.getByText("This device has a passkey of yours already").waitFor();
    expect(complaints.filter((one) => !one.includes("status of 4"))).toEqual([]);
  });

  test("it logs in without a password; its answer is taken once", async () => {
    await logOut();
    await look(page, "login-passkey");
    await sendTwice(page);
    await usePasskey();
    await page.getByRole("banner").waitFor();
    const { sent, statuses } = await page.evaluate<{ sent: object; statuses: number[] }>("window.twice");
    expect(statuses).toEqual([200, 401]);
    await security();
    await page.getByText("by passkey").waitFor();
    await logOut();
    const again = await asked(page, "POST", "/v1/session/passkey", sent);
    expect(again).toMatchObject({ status: 401, body: { code: "login-refused" } });
    expect(await statusOf(page)).toBe(401);
  });

  test("the password alone is not enough any more; a recovery code stands in for the passkey", async () => {
    expect(await asked(page, "POST", "/v1/session", { name: "ada", password })).toMatchObject({
      status: 401,
      body: { code: "code-needed" },
    });
    await logIn("ada");
    await page.getByLabel("One-time code").fill(codes[0] ?? "");
    await page.keyboard.press("Enter");
    await page.getByRole("banner").waitFor();
    await security();
    await page.getByText("Recovery codes left: 9").waitFor();
    await page.getByText("by recovery code").waitFor();
  });

  test("of one's logins one is ended, then all others, at once everywhere", async () => {
    const others = await Promise.all(codes.slice(1, 4).map(() => openPerson(browser)));
    const pages: Page[] = [];
    for (const [at, other] of others.entries()) {
      const there = await other.newPage();
      await there.goto(`${address}/console/`);
      const login = { name: "ada", password, code: codes[at + 1] };
      expect(await asked(there, "POST", "/v1/session", login)).toMatchObject({ status: 200 });
      pages.push(there);
    }
    await security();
    const end = page.getByRole("button", { name: /^End the login of Chrome, Linux at / });
    await expect.poll(() => end.count(), { timeout: patient(5000) }).toBe(3);
    await look(page, "logins");
    await end.first().click();
    await expect.poll(() => end.count(), { timeout: patient(5000) }).toBe(2);
    const good = async () => (await Promise.all(pages.map(statusOf))).filter((one) => one === 200).length;
    expect(await good()).toBe(2);
    await page.getByRole("button", { name: "End all others" }).click();
    await expect.poll(() => end.count(), { timeout: patient(5000) }).toBe(0);
    expect(await good()).toBe(0);
    expect(await statusOf(page)).toBe(200);
    await Promise.all(others.map((other) => other.close()));
  });

  test("somebody whose login is old proves by the passkey who it is, and removes it: the password alone is enough again", async () => {
    await makeOld();
    await security();
    await page.getByRole("button", { name: "Remove Office laptop" }).click();
    const question = page.getByRole("dialog", { name: "Remove the passkey Office laptop?" });
    await question.getByText("your only second factor").waitFor();
    await question.getByRole("button", { name: "Remove", exact: true }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await proof.getByRole("button", { name: "Use a passkey" }).waitFor();
    await look(page, "proof-passkey");
    await usePasskey(proof);
    await page.getByRole("button", { name: "Remove Office laptop" }).waitFor({ state: "detached" });
    await logOut();
    await usePasskey();
    await page.getByText("This passkey is not known here any more").waitFor();
    expect(await statusOf(page)).toBe(401);
    await logIn("ada");
    await page.getByRole("banner").waitFor();
    expect(await statusOf(page)).toBe(200);
  });
});
