import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { compiled } from "./check.ts";
import { ScriptHost } from "./script-host.ts";
import { scriptSchema } from "./script-schema.ts";

const script = (name: string, source: string, limits: object = {}) =>
  scriptSchema.parse({ name, source, ...limits });

const call = { call_id: "c1", number: "100", from: { user: "7", domain: "d" } };

const all = [
  script("plain", 'export const decide = (call) => ({ action: "reject", code: 486, reason: call.number });'),
  script(
    "typed",
    "export function decide(call: { number: string }): unknown { return { n: call.number as string }; }",
  ),
  script(
    "asks",
    "export async function decide(call, helpers) { return { user: await helpers.userOf(call.number) }; }",
  ),
  script("loops", "export const decide = () => { for (;;); };"),
  script(
    "loops-later",
    "export async function decide(call, helpers) { await helpers.userOf('1'); for (;;); }",
  ),
  script(
    "bomb",
    "export const decide = () => { const all = []; for (;;) all.push('x'.repeat(1e6).split('')); };",
  ),
  script("throws", "export const decide = () => { throw new Error('sorry'); };"),
  script("never", "export const decide = () => new Promise(() => {});", { deadline_ms: 100 }),
  script("garbage", "export const decide = () => Symbol('x');"),
  script("nothing", "export const other = 1;"),
  script("broken", "export const decide = () => JSON.parse('{');"),
  script("imports", "import fs from 'node:fs'; export const decide = () => fs;"),
  script(
    "escapes",
    "export const decide = () => typeof process + typeof require + typeof $ask + typeof fetch;",
  ),
  script("fetches", "export const decide = (call, helpers) => helpers.fetch('http://192.0.2.1/');"),
  script(
    "logs",
    "export const decide = (call) => { console.log('saw', call.number, { a: 1 }); return null; };",
  ),
  script("counts", "let n = 0; export const decide = () => ({ n: ++n });"),
];

const limits = { timeout: 20_000 };

/** The real process, with the real isolates. */
describe("scripts", () => {
  const events = { scriptFailed: vi.fn(), scriptsEnded: vi.fn() };
  const host = new ScriptHost({ userOf: ([number]) => (number === "100" ? "ada" : undefined) }, events);
  const named = (name: string) => {
    const found = all.find((each) => each.name === name);
    if (!found) throw new Error(name);
    return { ...found, deadline_ms: Math.max(found.deadline_ms, name === "never" ? 0 : 3000) };
  };
  const decide = (name: string) => host.decide(named(name), call);
  const byName = (list: typeof all) => new Map(list.map((each) => [each.name, each]));

  beforeAll(async () => {
    host.use(byName(all));
    // The process needs its time to begin.
    await vi.waitFor(() => decide("plain"), { timeout: 15_000, interval: 200 });
  }, 20_000);
  afterAll(() => host[Symbol.asyncDispose]());

  it("decide, also asynchronously, and in TypeScript", limits, async () => {
    expect(await decide("plain")).toEqual({ action: "reject", code: 486, reason: "100" });
    expect(await decide("typed")).toEqual({ n: "100" });
    expect(await decide("asks")).toEqual({ user: "ada" });
  });

  it.each([
    ["loops", /more than 50 ms of the processor/],
    ["loops-later", /more than 50 ms of the processor/],
    ["bomb", /memory|processor/],
    ["throws", /sorry/],
    ["never", /did not answer within \d+ ms/],
    ["garbage", /Unsupported type/],
    ["nothing", /exports no function|decide/],
    ["broken", /JSON/],
    ["imports", /imports nothing/],
    ["fetches", /not in the script's hosts/],
  ])("that go wrong are ended, and others go on: %s", limits, async (name, why) => {
    await expect(decide(name)).rejects.toThrow(why);
    expect(await decide("plain")).toMatchObject({ action: "reject" });
  });

  it("see nothing of the host", limits, async () => {
    expect(await decide("escapes")).toBe("undefinedundefinedundefinedundefined");
  });

  it("keep what they remember until they are changed", limits, async () => {
    const first = (await decide("counts")) as { n: number };
    expect(await decide("counts")).toEqual({ n: first.n + 1 });
    host.use(byName(all.map((each) => (each.name === "counts" ? { ...each, cpu_ms: 49 } : each))));
    expect(await decide("counts")).toEqual({ n: 1 });
  });

  it("log, so that their authors see it", limits, async () => {
    await decide("logs");
    await vi.waitFor(() => expect(host.log("logs")).toMatchObject([{ call: "c1", text: 'saw 100 {"a":1}' }]));
  });

  it("rest after three failures one after the other", limits, async () => {
    for (let i = 0; i < 3; i++) await expect(decide("throws")).rejects.toThrow(/sorry|rests/);
    await expect(decide("throws")).rejects.toThrow(/rests/);
    expect(host.states().find(({ name }) => name === "throws")).toMatchObject({ resting: true });
  });

  it("are started again when their process dies", limits, async () => {
    const started = performance.now();
    process.kill(host.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(events.scriptsEnded).toHaveBeenCalled(), { timeout: 5000 });
    await vi.waitFor(() => decide("plain"), { timeout: 15_000, interval: 200 });
    expect(performance.now()).toBeGreaterThan(started);
  });
});

describe("the types of scripts", () => {
  it("are blanked out, so that lines and columns stay", () => {
    expect(compiled("export const a: number = 1;")).toBe("export const a         = 1;");
  });
});
