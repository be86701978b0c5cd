import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patient } from "../src/base/patience.ts";
import { HttpClient } from "../src/http/client.ts";
import { event } from "./support/app-calls.ts";
import { openBrowser, openPerson } from "./support/console-browser.ts";
import { RealApp } from "./support/real-app.ts";

/** What people do with the console's forms, in a real browser with a real app: wrong input, two at once, search. */

let app: RealApp;
let browser: Browser;
let context: BrowserContext;
let address: string;
const opened = new AsyncDisposableStack();

const callId = "found-by-its-call-id@198.51.100.7";
const password = "a sentence that nobody guesses";

beforeAll(async () => {
  [app, browser] = await Promise.all([
    RealApp.open(),
    openBrowser(),
    promisify(execFile)("sh", [join(import.meta.dirname, "../scripts/console")]),
  ]);
  opened.use(app);
  opened.defer(() => browser.close());
  const { self, cluster } = app.context;
  address = `https://${self.address}:${cluster.api.port}`;
  const make = async (path: string, body: object) =>
    expect((await app.ask("PUT", path, body)).status, path).toBeLessThan(300);
  await make("/v1/people/ada", { role: "administrator", password });
  await make("/v1/users/1001", { password: "a long password", display: "Grace Hopper" });
  await make("/v1/numbers/+493012345", { user: "1001" });
  await make("/v1/ranges/block", { first: "+497119010", last: "+497119019", extension_digits: 2 });
  await app.ask("POST", "/v1/calls/events", [event("start", callId, 0), event("end", callId, 7000)]);
  context = await openPerson(browser);
  const page = await context.newPage();
  await page.goto(`${address}/console/`, { timeout: patient(10_000) });
  await page.getByLabel("Name", { exact: true }).fill("ada", { timeout: patient(10_000) });
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("banner").waitFor({ timeout: patient(10_000) });
  await page.close();
});
afterAll(() => opened.disposeAsync());

async function visit(path: string, ready = "main form"): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(patient(10_000));
  await page.goto(`${address}/console/${path}`);
  await page.locator(ready).first().waitFor();
  return page;
}

/** The field of a label, whatever it is. A star says that it has to be given. */
const field = (page: Page, label: string) => page.getByLabel(new RegExp(`^${label}( \\*)?$`)).first();

/** Path, what is typed, the button, and which field has to be named. */
const wrong: [path: string, typed: Record<string, string>, button: string, field: string][] = [
  ["new-user", { Name: "a b", "Password of its telephones": "a long password" }, "Make user", "Name"],
  [
    "new-user",
    { Name: "ada", "Password of its telephones": "short" },
    "Make user",
    "Password of its telephones",
  ],
  ["new-user", { Name: "1001", "Password of its telephones": "a long password" }, "Make user", "Name"],
  ["new-number", { Number: "+4930999", "Rings at user": "nobody" }, "Add", "Rings at user"],
  ["new-number", { Number: "+49 (30) 999", "Rings at user": "1001" }, "Add", "Number"],
  ["new-range", { Name: "b", "First number": "+4930", "Last number": "+4929" }, "Add", "Last number"],
  [
    "new-range",
    { Name: "b", "First number": "+4930", "Last number": "+4931", "Rings at group": "nobody" },
    "Add",
    "Rings at group",
  ],
  ["new-site", { Name: "here", Country: "Germany" }, "Make site", "Country"],
  ["new-carrier", { Name: "c", Addresses: "no address!" }, "Add", "Addresses"],
  [
    "new-carrier",
    { Name: "c", Addresses: "192.0.2.1", "How it wants numbers": "zero" },
    "Add",
    "How it wants numbers",
  ],
  [
    "new-carrier",
    { Name: "c", Addresses: "192.0.2.1", "Its calls come from": "nowhere," },
    "Add",
    "Its calls come from",
  ],
  ["new-guard", { Name: "g", "Cost a day": "much" }, "Add", "Cost a day"],
  ["new-guard", { Name: "g", Countries: "France," }, "Add", "Countries"],
  ["new-group", { Name: "a b" }, "Make group", "Name"],
  ["new-calendar", { Name: "a b" }, "Make calendar", "Name"],
  ["routing/new", { Name: "a b" }, "Save: decides at once", "Name"],
  [
    "routing/new",
    { Name: "a", "From this network": "nowhere" },
    "Save: decides at once",
    "From this network",
  ],
  ["new-person", { Name: "bert", "Initial password": "short" }, "Make person", "Initial password"],
  ["new-person", { Name: "bert", "Initial password": "password1234" }, "Make person", "Initial password"],
  [
    "new-user",
    { Name: "1002", "Password of its telephones": "1002-1002" },
    "Make user",
    "Password of its telephones",
  ],
];

/** The label of the first field that is said to be wrong. Mantine names the text of a field's fault so. */
async function faulty(page: Page): Promise<string> {
  const fault = page.locator("[id$='-error']").first();
  await fault.waitFor();
  const label = await fault.evaluate(
    (element) =>
      (
        element as unknown as {
          closest: (
            which: string,
          ) => { querySelector: (which: string) => { textContent: string } | null } | null;
        }
      )
        .closest(".mantine-InputWrapper-root")
        ?.querySelector("label")?.textContent ?? "",
  );
  return label.replace(" *", "");
}

async function type(page: Page, typed: Record<string, string>): Promise<void> {
  for (const [label, text] of Object.entries(typed)) {
    const into = field(page, label);
    await into.fill(text.replace(/,$/, ""));
    // A list takes what was typed by Enter.
    if (text.endsWith(",")) await into.press("Enter");
  }
}

test.each(wrong)("/console/%s with %o: %s names %s", async (path, typed, button, name) => {
  const page = await visit(path);
  await type(page, typed);
  await page.getByRole("button", { name: button, exact: true }).click();
  expect(await faulty(page)).toBe(name);
  await page.close();
});

/** Forms in a dialog or on a tab, opened by what is named so. */
const within: [path: string, open: string, typed: Record<string, string>, button: string, field: string][] = [
  ["flags", "New switch", { Name: "a b" }, "Make switch", "Name"],
  ["tables", "Import a table", { Name: "a b", "Rows as CSV": "number,who" }, "Import", "Name"],
  [
    "tables",
    "Import a table",
    { Name: "customers", "Rows as CSV": "number,who\n1,ada\n1,eve" },
    "Import",
    "Rows as CSV",
  ],
  ["users/1001", "Hot desks", { "New PIN": "12" }, "Set PIN", "New PIN"],
];

test.each(within)("/console/%s, %s with %o: %s names %s", async (path, open, typed, button, name) => {
  const page = await visit(path, "main h1");
  const opener = page.getByRole("button", { name: open, exact: true });
  await opener
    .or(page.getByRole("tab", { name: open, exact: true }))
    .first()
    .click();
  await type(page, typed);
  await page.getByRole("button", { name: button, exact: true }).click();
  expect(await faulty(page)).toBe(name);
  await page.close();
});

test("a token is shown once, can be copied, opens what it says, and nothing after it was ended", async () => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: address });
  const { tls } = app.context.secrets;
  await using program = new HttpClient({ name: "the app", origin: address, tls: { ca: tls.ca } });
  const page = await visit("new-token");
  await field(page, "Name").fill("board");
  await page.getByRole("button", { name: "Make token", exact: true }).click();
  const code = page.locator("main pre");
  await code.waitFor();
  const [token = "none"] = /dt_[A-Za-z0-9_-]{43}/.exec((await code.textContent()) ?? "") ?? [];
  await page.getByRole("button", { name: "Copy token", exact: true }).click();
  await page.getByRole("button", { name: "Copied", exact: true }).waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(token);
  const asked = async () =>
    (await program.ask({ method: "GET", path: "/v1/users", headers: { authorization: `Bearer ${token}` } }))
      .status;
  expect(await asked()).toBe(200);
  await page.getByRole("link", { name: "To the tokens", exact: true }).click();
  await page.getByRole("button", { name: "End token board" }).click();
  expect(await page.content()).not.toContain(token);
  await page.getByRole("dialog").getByRole("button", { name: "End", exact: true }).click();
  await page.getByText("Token board has ended").waitFor();
  await page.getByText("No program has a token").waitFor();
  expect(await asked()).toBe(401);
  await page.close();
});

test("a new password is judged while it is typed, in the browser", async () => {
  const page = await visit("new-person");
  await field(page, "Name").fill("grace.hopper");
  const into = field(page, "Initial password");
  for (const [text, said, bars] of [
    ["password1234", "Guessed at once: it is like one that many have", "1"],
    ["the bees of hopper", "Guessed at once: it contains a name", "1"],
    ["teapots sail", "Hard to guess", "3"],
    ["x8Kq2mZp", "Guessed easily: at least 12 characters are needed", "2"],
    ["teapots sail by night only", "Very hard to guess", "4"],
  ] as const) {
    await into.fill(text);
    await page.getByText(said, { exact: true }).waitFor();
    const meter = page.getByLabel("How hard it is to guess");
    expect(await meter.getAttribute("value"), text).toBe(bars);
  }
  await page.close();
});

test("of two who change the same user neither loses what was typed", async () => {
  const [one, other] = await Promise.all([visit("users/1001"), visit("users/1001")]);
  await field(one, "Display name").fill("Grace B. Hopper");
  await one.getByRole("button", { name: "Save", exact: true }).click();
  await one.getByText("Saved", { exact: true }).waitFor();
  await field(other, "Description").fill("Rear admiral");
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await other.getByText("Somebody else changed this meanwhile").waitFor();
  expect(await field(other, "Description").inputValue()).toBe("Rear admiral");
  await other.getByRole("button", { name: /^Keep both/ }).click();
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await other.getByText("Saved", { exact: true }).waitFor();
  const { body } = await app.ask("GET", "/v1/users/1001");
  expect(body).toMatchObject({ display: "Grace B. Hopper", description: "Rear admiral" });
  await Promise.all([one.close(), other.close()]);
});

test("a rule that is being typed stays while a draft is made for it, and while that is discarded", async () => {
  await app.ask("PUT", "/v1/routes/typed", { match: { number: "5000" }, action: { type: "reject" } });
  const page = await visit("routing/rules/typed");
  const description = field(page, "Description");
  await description.fill("not saved yet");
  await page.getByRole("button", { name: "New draft" }).click();
  await field(page, "Name").fill("later");
  await page.getByRole("button", { name: "Make draft" }).click();
  const put = page.getByRole("button", { name: "Put into draft later" });
  await expect.poll(() => put.isEnabled(), { timeout: patient(5000) }).toBe(true);
  expect(await description.inputValue()).toBe("not saved yet");
  expect((await app.ask("DELETE", "/v1/drafts/later")).status).toBe(200);
  await put.click();
  await page.getByText("Draft later is not there any more").waitFor();
  await page.getByRole("button", { name: "Look at what decides now" }).click();
  const save = page.getByRole("button", { name: "Save: decides at once" });
  await expect.poll(() => save.isEnabled(), { timeout: patient(5000) }).toBe(true);
  expect(await description.inputValue()).toBe("not saved yet");
  await save.click();
  await page.getByText("Rule typed is saved").waitFor();
  const { body } = await app.ask("GET", "/v1/routes/typed");
  expect(body).toMatchObject({ description: "not saved yet", action: { type: "reject" } });
  await page.close();
});

test("search finds users, numbers, blocks, calls and pages", async () => {
  await app.until("the record", async () => (await app.ask("GET", "/v1/records")).body.records.length > 0);
  const page = await visit("users", "main h1");
  await page.keyboard.press("Control+k");
  const search = page.getByPlaceholder("A page, a number, a name, a call");
  const finds = async (text: string, what: string | RegExp) => {
    await search.fill(text);
    await page.getByRole("dialog").getByRole("button", { name: what }).first().waitFor();
  };
  await finds("100", /^1001/);
  await finds("+49 30 123", /\+493012345/);
  await finds("0049 711 9012", /in the block/);
  await finds(callId, / to /);
  await finds("wizard", /First steps/);
  await page.close();
});

test("problems are told in German where the console is", async () => {
  const page = await visit("new-user");
  await page.evaluate("localStorage.setItem('dialtone.language', 'de')");
  await page.reload();
  await field(page, "Name").fill("1001");
  await field(page, "Passwort seiner Telefone").fill("kurz");
  await page.getByRole("button", { name: "Benutzer anlegen" }).click();
  await page.getByText("braucht mindestens 8 Zeichen", { exact: true }).waitFor();
  await field(page, "Passwort seiner Telefone").fill("lang genug davon");
  await page.getByRole("button", { name: "Benutzer anlegen" }).click();
  await page.getByText("Das gibt es schon.", { exact: true }).waitFor();
  await page.close();
});
