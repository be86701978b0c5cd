import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { messageOf } from "../../src/base/message.ts";
import { labGround } from "../../src/drills/ground.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { outsideHost } from "../../src/lab/names.ts";
import { fakeMicrophone, openTalker } from "./console-browser.ts";

/**
 * Telephones in browsers (console/src/phone) at a lab: real Chromium in the namespace of the outside world, a page for each
 * telephone, with its fake microphone. Needs Debian's chromium, and the console's packages (`sh scripts/console install`).
 */

const tell = (text: string): void => void process.stderr.write(`${text}\n`);

/** The telephone without its pages, among the console's files: the app serves them, a worker's too. @returns what removes it */
async function build(): Promise<() => void> {
  const work = mkdtempSync(join(tmpdir(), "dialtone-browser-phone-"));
  try {
    const root = resolve("console");
    const config = join(work, "vite.config.mjs");
    const made = join(work, "dist");
    const build = {
      outDir: made,
      rollupOptions: {
        input: join(root, "src/phone/measure.ts"),
        output: { entryFileNames: "assets/measure.js" },
      },
    };
    const setting = { root, base: "/console/", logLevel: "warn", build, worker: { format: "es" } };
    writeFileSync(config, `export default ${JSON.stringify(setting)}`);
    const vite = join(root, "node_modules/vite/bin/vite.js");
    await execa(process.execPath, [vite, "build", "--config", config], { cwd: root });
    const assets = join(root, "dist/assets");
    mkdirSync(assets, { recursive: true });
    const names = readdirSync(join(made, "assets"));
    for (const name of names) copyFileSync(join(made, "assets", name), join(assets, name));
    return () => {
      for (const name of names) rmSync(join(assets, name), { force: true });
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Asks until there is an answer. @throws Error that says what did not come */
export async function until<Value>(
  what: string,
  look: () => Promise<Value | undefined>,
  ms = 20_000,
): Promise<Value> {
  const deadline = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await delay(50);
  }
}

interface Call {
  id: string;
  phase: string;
  number: string;
  held: boolean;
  heldThere: boolean;
  transfer?: string;
  ending?: string;
}

interface View {
  registration: string;
  why?: string;
  microphone?: string;
  calls: Call[];
}

/** One page with one telephone. */
export class BrowserPhone {
  readonly page: Page;
  readonly user: string;

  constructor(page: Page, user: string) {
    this.page = page;
    this.user = user;
  }

  view(): Promise<View> {
    return this.page.evaluate("measured.view");
  }

  /** Its calls that have not ended. */
  calls(): Promise<Call[]> {
    return this.page.evaluate("measured.live");
  }

  /** One of its telephone's functions (console/src/phone/phone.ts). */
  press(what: string, ...words: unknown[]): Promise<unknown> {
    return this.page.evaluate(`measured.phone.${what}(...${JSON.stringify(words)})`);
  }

  /** Rings without being answered from now on, or no longer. */
  async answers(answers: boolean): Promise<void> {
    await this.page.evaluate(`void (measured.answers = ${answers})`);
  }

  dial(number: string): Promise<string | undefined> {
    return this.page.evaluate(`measured.dial(${JSON.stringify(number)})`);
  }

  /** Until it has so many calls, and all talk. */
  talks(count = 1): Promise<Call[]> {
    return this.waits("talks", async () => {
      const calls = await this.calls();
      if (calls.length === count && calls.every(({ phase }) => phase === "talking")) return calls;
      const endings = (await this.page.evaluate("measured.endings")) as string[];
      if (endings.length > 0 && calls.length === 0)
        throw new Error(`the call has ended: ${endings.join(", ")}`);
      return undefined;
    });
  }

  idle(): Promise<true> {
    return this.waits("has no call", async () => ((await this.calls()).length === 0 ? true : undefined));
  }

  registered(): Promise<true> {
    return this.waits("is registered", async () =>
      (await this.view()).registration === "registered" ? true : undefined,
    );
  }

  private async waits<Value>(what: string, look: () => Promise<Value | undefined>): Promise<Value> {
    try {
      return await until(`${this.user} ${what}`, look);
    } catch (error) {
      throw new Error(`${this.user}: ${messageOf(error)}; it shows ${JSON.stringify(await this.view())}`);
    }
  }

  async hangUp(): Promise<void> {
    await this.press("hangUpAll");
    await this.idle();
    await this.page.evaluate("void (measured.endings.length = 0)");
  }

  mark(): Promise<unknown> {
    return this.page.evaluate("measured.mark()");
  }

  heard(): Promise<{ gapMs: number; packets: number }> {
    return this.page.evaluate("measured.heard()");
  }

  levels(): Promise<{ here: number; there: number }> {
    return this.page.evaluate("measured.levels()");
  }

  /** Packets of the call that is not held, in so long. */
  async hears(ms = 600): Promise<number> {
    const { packets } = await this.heard();
    await delay(ms);
    return (await this.heard()).packets - packets;
  }
}

export type Credential = (user: string) => Promise<unknown>;

export class BrowserPhones implements AsyncDisposable {
  readonly browser: Browser;
  readonly context: BrowserContext;
  readonly origin: string;
  /** What a telephone is given; a test may give another. */
  credential: Credential;
  private readonly cleaning: AsyncDisposableStack;

  private constructor(
    parts: Pick<BrowserPhones, "browser" | "context" | "origin" | "credential">,
    cleaning: AsyncDisposableStack,
  ) {
    this.browser = parts.browser;
    this.context = parts.context;
    this.origin = parts.origin;
    this.credential = parts.credential;
    this.cleaning = cleaning;
  }

  /** @param microphone with Chromium's own, which beeps; else there is none */
  static async open(lab: Lab, microphone = true): Promise<BrowserPhones> {
    await using cleaning = new AsyncDisposableStack();
    cleaning.defer(await build());
    const state = lab.state();
    const outside = state.hosts[outsideHost];
    if (!outside) throw new Error("the lab has no place for telephones");
    const { browser } = cleaning.use(await openTalker(outside.namespace, microphone ? [fakeMicrophone] : []));
    const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ["microphone"] });
    const origin = `https://${state.service}`;
    const { api } = labGround(lab);
    const credential: Credential = (user) => api("GET", `/v1/phone/credential?user=${user}`);
    const phones = new BrowserPhones({ browser, context, origin, credential }, cleaning.move());
    await context.exposeFunction("credential", (user: string) => phones.credential(user));
    await context.route(`${origin}/measure`, (route) =>
      route.fulfill({
        contentType: "text/html",
        body: '<!doctype html><script type="module" src="/console/assets/measure.js"></script>',
      }),
    );
    return phones;
  }

  /** A telephone of a user that there is, registered. */
  async phone(user: string): Promise<BrowserPhone> {
    const page = await this.context.newPage();
    page.on("console", (message) => tell(`${user}: ${message.text().slice(0, 500)}`));
    page.on("pageerror", (error) => tell(`${user}: ${error.message}`));
    const phone = new BrowserPhone(page, user);
    await this.begin(phone);
    return phone;
  }

  /** The page is loaded (anew) and registers. */
  async begin(phone: BrowserPhone): Promise<void> {
    await phone.page.goto(`${this.origin}/measure`);
    await phone.page.waitForFunction("globalThis.measured !== undefined");
    await phone.page.evaluate(`measured.start(${JSON.stringify(phone.user)})`);
    await phone.registered();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cleaning.disposeAsync();
  }
}
