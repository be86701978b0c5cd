import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { chromium, type Page } from "playwright-core";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones } from "../src/callers/softphone/client.ts";
import { routePrefix } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { labGround } from "../src/drills/ground.ts";
import { openLab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import { report } from "./common.ts";

/**
 * Telephones in browsers through a power cut of the node that carries them: a browser that called a telephone, one that was
 * called, and two that talk to each other, each in a page of its own of a real Chromium; for how long each browser heard
 * nothing (`getStats` every 20 ms), and whether the telephones hear them afterwards (packets in half a second). Needs Debian's chromium, and the console's packages
 * (`sh scripts/console install`). It makes a lab of its own and takes it away again.
 *
 *   node bench/browser-phone.ts [--runs 3] [--cut power|switchover|none] [--keep: leave the lab] [--use: one that is up]
 */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    lab: { type: "string", default: "browser" },
    cut: { type: "string", default: "power" },
    keep: { type: "boolean", default: false },
    use: { type: "boolean", default: false },
  },
});
const work = mkdtempSync(join(tmpdir(), "dialtone-browser-phone-"));
const lab = openLab(values.lab);
await using cleaning = new AsyncDisposableStack();
cleaning.defer(() => rmSync(work, { recursive: true, force: true }));
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

/** The telephone of the console without its pages, among the console's files: the app serves them, a worker's too. */
async function build(): Promise<void> {
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
  await execa(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build", "--config", config], {
    cwd: root,
  });
  const assets = join(root, "dist/assets");
  mkdirSync(assets, { recursive: true });
  for (const name of readdirSync(join(made, "assets"))) {
    copyFileSync(join(made, "assets", name), join(assets, name));
    cleaning.defer(() => rmSync(join(assets, name), { force: true }));
  }
}

async function until<Value>(
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

interface View {
  registration: string;
  why?: string;
  calls: { phase: string }[];
}

const viewOf = (page: Page): Promise<View> => page.evaluate("measured.view");
const talks = (page: Page) =>
  until("it talks", async () => {
    const view = await viewOf(page);
    if (view.calls.some(({ phase }) => phase === "talking")) return true;
    const causes = (await page.evaluate("measured.causes")) as string[];
    if (causes.length > 0 && view.calls.length === 0) throw new Error(`the call ended: ${causes.join(", ")}`);
    return undefined;
  });
const heard = (page: Page): Promise<{ gapMs: number; packets: number }> => page.evaluate("measured.heard()");

await build();
tell("the telephone is built");
if (!values.use) await lab.up({ isolated: true, detach: true, fresh: true });
if (!values.keep && !values.use) cleaning.defer(async () => void (await lab.down({ wipe: true })));
const never = new AbortController().signal;
await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), never);
const { api } = labGround(lab);
const users = ["2001", "2002", "2003", "2004"];
for (const name of users) await api("PUT", `/v1/users/${name}`, { password: "a long password" });
const state = lab.state();
const outside = state.hosts[outsideHost];
const [calling, called] = (outside?.addresses ?? []).slice(-4).map((address) => address.split("/")[0]);
if (!outside || !calling || !called) throw new Error("the lab has no place for telephones");
await routePrefix(lab.name, "browser-phone", "9976", `${called}:5094`);
const telephones = await startTelephones(inNamespace(outside.namespace, calling), {
  service: { address: state.service, port: 5060 },
  caller: { address: calling, port: 5095, transport: "udp" },
  callee: { address: called, port: 5094, transport: "udp" },
  number: "2002",
});
cleaning.use(telephones);

const wrapper = join(work, "chromium");
writeFileSync(wrapper, `#!/bin/sh\nexec ip netns exec ${outside.namespace} /usr/bin/chromium "$@"\n`, {
  mode: 0o755,
});
const browser = await chromium.launch({
  executablePath: wrapper,
  args: [
    "--no-sandbox",
    "--ignore-certificate-errors",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
  ],
});
cleaning.defer(() => browser.close());
const context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ["microphone"] });
await context.exposeFunction("credential", (user: string) => api("GET", `/v1/phone/credential?user=${user}`));
const origin = `https://${state.service}`;
await context.route(`${origin}/measure`, (route) =>
  route.fulfill({
    contentType: "text/html",
    body: '<!doctype html><script type="module" src="/console/assets/measure.js"></script>',
  }),
);
const open = async (user: string): Promise<Page> => {
  const page = await context.newPage();
  page.on("console", (message) => tell(`${user}: ${message.text().slice(0, 500)}`));
  page.on("pageerror", (error) => tell(`${user}: ${error.message}`));
  await page.goto(`${origin}/measure`);
  await page.waitForFunction("globalThis.measured !== undefined");
  await page.evaluate(`measured.start(${JSON.stringify(user)})`);
  await until(
    `${user} is registered`,
    async () => {
      const view = await viewOf(page);
      if (view.registration === "refused") throw new Error(`${user} is refused: ${view.why}`);
      return view.registration === "registered" ? true : undefined;
    },
    12_000,
  );
  return page;
};
const pages = await Promise.all(users.map(open));
const [callsOut, , one] = pages as [Page, Page, Page, Page];
tell("four browsers are registered");

const rows: Record<string, string | number>[] = [];
for (let run = 1; run <= Number(values.runs); run++) {
  await callsOut.evaluate("measured.dial('99761')");
  const ids = await telephones.calls({ count: 1 });
  if (ids.length < 1) throw new Error("the browser did not answer the telephone");
  await one.evaluate("measured.dial('2004')");
  for (const page of pages) await talks(page);
  // Each side's place is learned, and the relay has told the other node the keys.
  await delay(4000);
  await telephones.mark();
  for (const page of pages) await page.evaluate("measured.mark()");
  await delay(1000);
  const calm = await Promise.all(pages.map(heard));
  for (const page of pages) await page.evaluate("measured.mark()");
  await telephones.mark();
  const holder = (await lab.status()).hosts.find(({ agent }) => agent?.holds)?.name;
  if (holder === undefined) throw new Error("nobody holds the service address");
  if (values.cut === "power") await lab.kill(holder);
  await delay(6000);
  const after = await Promise.all(pages.map(heard));
  const { legs } = await telephones.report();
  await delay(500);
  const later = (await telephones.report()).legs;
  const levels = (await callsOut.evaluate("measured.levels()")) as { there: number };
  /** Packets that it got in the last half second, of 25. */
  const hears = (side: "caller" | "callee") => {
    const of = (all: typeof legs) =>
      all
        .filter((leg) => leg.side === side && leg.state === "up")
        .reduce((sum, { stream }) => sum + stream.received, 0);
    return of(later) - of(legs);
  };
  const names = [
    "browser that called",
    "browser that was called",
    "browser, to a browser",
    "browser, by a browser",
  ];
  for (const [index, name] of names.entries())
    rows.push({
      run,
      end: name,
      "gap ms": after[index]?.gapMs ?? -1,
      "calm ms": calm[index]?.gapMs ?? -1,
      "its telephone hears": index === 0 ? hears("callee") : index === 1 ? hears("caller") : "–",
      packets: after[index]?.packets ?? 0,
      calls: (await viewOf(pages[index] as Page)).calls.length,
    });
  tell(`run ${run}: ${after.map(({ gapMs }) => gapMs).join(", ")} ms; level ${levels.there.toFixed(3)}`);
  for (const page of pages) await page.evaluate("measured.hangUp()");
  await until("all have hung up", async () =>
    (await Promise.all(pages.map(viewOf))).every(({ calls }) => calls.length === 0) ? true : undefined,
  );
  await telephones.close(legs.map(({ callId }) => callId));
  await lab.heal();
  await waitForGreen(lab, 120_000, () => undefined, never);
}
await report("browser-phone", rows);
