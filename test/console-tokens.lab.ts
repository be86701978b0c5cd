import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpClient } from "../src/http/client.ts";
import { accessibilityFaults, complaintsOf, openBrowser, openPerson } from "./support/console-browser.ts";
import { RealApp } from "./support/real-app.ts";

/** Tokens in the console: made, shown once, used by a program, ended. DIALTONE_SHOTS=FOLDER keeps pictures. */

const shots = process.env.DIALTONE_SHOTS;
let app: RealApp;
let browser: Browser;
let address: string;
let client: HttpClient;
beforeAll(async () => {
  [app, browser] = await Promise.all([RealApp.open(), openBrowser()]);
  const { self, cluster, secrets } = app.context;
  address = `https://${self.address}:${cluster.api.port}`;
  client = new HttpClient({ name: "the app", origin: address, tls: { ca: secrets.tls.ca } });
  if (shots !== undefined) await mkdir(shots, { recursive: true });
});
afterAll(async () => {
  await client?.[Symbol.asyncDispose]();
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

async function picture(page: Page, name: string): Promise<void> {
  expect(await accessibilityFaults(page)).toEqual([]);
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`) });
}

test("a token is made and shown once, opens the API, and is ended", async () => {
  const password = "a sentence that nobody guesses";
  const people = { name: "ada", role: "administrator", password };
  expect((await app.ask("POST", "/v1/people", people)).status).toBe(201);
  const page = await (await openPerson(browser)).newPage();
  const complaints = complaintsOf(page);
  await page.goto(`${address}/console/tokens`);
  await page.getByLabel("Name", { exact: true }).fill("ada");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await page.getByText("No program has a token").waitFor();
  await page.getByRole("link", { name: "New token" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("wallboard");
  await page.getByLabel("Parts of the API").fill("rec");
  await page.getByRole("option", { name: "records" }).click();
  await page.keyboard.press("Escape");
  await page.getByText("Only a part of the service").click();
  await picture(page, "new-token");
  await page.getByText("Only a part of the service").click();
  await page.getByRole("button", { name: "Make token" }).click();
  const shown = await page.getByText("Authorization: Bearer dt_").textContent();
  const token = /dt_\S+/.exec(shown ?? "")?.[0] ?? "";
  await picture(page, "made-token");
  const ask = (path: string) =>
    client.ask({ method: "GET", path, headers: { authorization: `Bearer ${token}` } });
  expect((await ask("/v1/records")).status).toBe(200);
  expect((await ask("/v1/users")).status).toBe(403);
  await page.getByRole("link", { name: "To the tokens" }).click();
  await page.getByText("wallboard").waitFor();
  expect(await page.content()).not.toContain(token);
  await picture(page, "tokens");
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "tokens-phone");
  await page.getByRole("button", { name: "End token wallboard" }).click();
  await picture(page, "end-token");
  await page.getByRole("button", { name: "End", exact: true }).click();
  await page.getByText("No program has a token").waitFor();
  expect((await ask("/v1/records")).status).toBe(401);
  expect(complaints).toEqual([]);
});
