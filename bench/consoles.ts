import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { succeeded } from "../src/callers/attempt.ts";
import { startProber } from "../src/drills/prober.ts";
import { outsideHost } from "../src/lab/names.ts";
import { openTalker } from "../test/support/console-browser.ts";
import { percentile, report, rounded } from "./common.ts";
import { type Cost, measure } from "./cost/meter.ts";
import { placesOf } from "./cost/places.ts";
import { openStage } from "./load/stage.ts";

/**
 * What open consoles cost: 200 of them, of ten seven on the overview, two on the calls and one on the records, then all on one page after the other, while callers call, beside the same calls without
 * consoles. They come through HAProxy, each with a login and connections of its own (consoles/clients.ts). Then a real Chromium
 * opens the first page with nothing in its cache: until it can be used, and what was transferred. Needs the console built (`npm run build`).
 *
 *   node bench/consoles.ts [--lab NAME: one that runs; otherwise one is made and taken down] [--count 200] [--rate 20] [--seconds 20]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    count: { type: "string", default: "200" },
    rate: { type: "string", default: "20" },
    seconds: { type: "string", default: "20" },
  },
});
const seconds = Number(values.seconds);
const people = ["ada", "bert", "carl", "dora", "emil"].map((name) => `bench-${name}`);
const password = "a sentence that nobody guesses";
const number = "99746";

await using stage = await openStage(values.lab, "consoles");
const { lab, ground, tell } = stage;
const state = lab.state();
const outside = state.hosts[outsideHost];
if (!outside) throw new Error("the lab has no place for telephones");
const origin = `https://${state.service}`;
await stage.route(number);
for (const name of people) await ground.api("PUT", `/v1/people/${name}`, { role: "administrator", password });

const program = join(import.meta.dirname, "consoles", "clients.ts");
const words = ["netns", "exec", outside.namespace, process.execPath, program, origin, values.count];
const clients = spawn("ip", [...words, password, ...people], { stdio: ["pipe", "pipe", "inherit"] });
await using ending = new AsyncDisposableStack();
ending.defer(() => void clients.kill("SIGTERM"));
const said = createInterface({ input: clients.stdout })[Symbol.asyncIterator]();
async function answerTo(line?: string): Promise<string> {
  if (line !== undefined) clients.stdin.write(`${line}\n`);
  const { value, done } = await said.next();
  if (done === true) throw new Error("the consoles have ended");
  return value;
}
await answerTo();
tell(`${values.count} are logged in`);

const places = placesOf(state);
const holder = await stage.holder();
const rows: Record<string, string | number>[] = [];
let alone: number | undefined;
for (const page of ["none", "mixed", "overview", "calls", "records", "none"]) {
  await using prober = await startProber({
    place: ground.caller,
    directory: stage.directory,
    service: ground.service,
    from: "0445550101",
    to: number,
    rate: Number(values.rate),
    patienceMs: 4000,
  });
  if (page !== "none") await answerTo(page);
  await delay(3000);
  const costs = await measure(places, seconds);
  const told = page === "none" ? undefined : JSON.parse(await answerTo("stop"));
  await prober.finish();
  const calls = prober.attempts().filter(({ redial }) => !redial);
  const of = (part: string, here = true) =>
    costs
      .filter((cost: Cost) => cost.part === part && (cost.host === holder) === here)
      .reduce((sum, { percent }) => sum + percent, 0);
  alone ??= of("app");
  rows.push({
    "page of all consoles": page,
    "app, % of a core": rounded(of("app"), 1),
    "÷ without": rounded(of("app") / alone, 2),
    haproxy: rounded(of("haproxy"), 1),
    mariadb: rounded(of("mariadb"), 1),
    agent: rounded(of("agent"), 1),
    "other node's app": rounded(of("app", false), 1),
    "events a console": told ? Math.round(told.events / Number(values.count)) : "–",
    "KiB/s to all": told ? Math.round(told.bytes / 1024 / (seconds + 6)) : "–",
    answers: told?.answers ?? "–",
    "failed answers": told?.failures ?? "–",
    "answer p50, p99, ms": told
      ? `${Math.round(percentile(told.waitedMs, 0.5))}, ${Math.round(percentile(told.waitedMs, 0.99))}`
      : "–",
    calls: calls.length,
    "calls failed": calls.filter((call) => !succeeded(call)).length,
  });
  tell(JSON.stringify(rows.at(-1)));
}
clients.stdin.end();

await using talker = await openTalker(outside.namespace);
const { browser } = talker;
const first = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB" });
const login = await first.newPage();
await login.goto(`${origin}/console/`);
await login.locator("input[autocomplete=username]").fill(people[0] ?? "");
await login.locator("input[type=password]").fill(password);
await login.keyboard.press("Enter");
await login.getByRole("banner").waitFor();
const storageState = await first.storageState();
const opened: Record<string, string | number>[] = [];
for (let run = 1; run <= 3; run++) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB", storageState });
  const page = await context.newPage();
  const wire = await context.newCDPSession(page);
  await wire.send("Network.enable");
  let bytes = 0;
  wire.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const began = performance.now();
  await page.goto(`${origin}/console/`, { waitUntil: "commit" });
  await page.locator("main h1").first().waitFor({ state: "attached" });
  opened.push({
    run,
    "first page can be used after, ms": Math.round(performance.now() - began),
    "transferred, kB": Math.round(bytes / 1000),
  });
  await context.close();
}
await report("consoles", rows, { tables: [opened], more: { consoles: Number(values.count), opened } });
