import { setTimeout as delay } from "node:timers/promises";
import { ask } from "../src/call/ask.ts";
import { Others } from "../src/consult/others.ts";
import { ScriptHost } from "../src/consult/script-host.ts";
import { scriptSchema } from "../src/consult/script-schema.ts";
import { WebApplications } from "../src/consult/web-applications.ts";
import { ActiveDials } from "../src/dials/active.ts";
import { emptySnapshot, withChanges } from "../src/entities/snapshot.ts";
import { consult } from "../src/routing/decide.ts";
import { registry } from "../src/routing/registry.ts";
import { ruleSchema } from "../src/routing/rule-schema.ts";
import { questionTo } from "../test/support/questions.ts";
import { cpuMs, percentile, report, rounded } from "./common.ts";

/**
 * What a decision by a script costs, and what scripts that loop, eat memory, throw, answer garbage or never answer do to
 * other calls: each of them is called 20 times a second meanwhile.
 *
 *   node bench/scripts.ts [SECONDS, default 10]
 */
const seconds = Number(process.argv[2] ?? 10);
const bad = {
  loop: "export const decide = () => { for (;;); };",
  memory: "export const decide = () => { const all = []; for (;;) all.push('x'.repeat(1e6).split('')); };",
  throw: "export const decide = () => { throw new Error('sorry'); };",
  garbage: "export const decide = () => ({ action: 'route', targets: 'everywhere' });",
  never: "export const decide = () => new Promise(() => {});",
};
const good = `export async function decide(call, helpers) {
  const user = await helpers.userOf("100");
  return { action: "route", targets: [{ type: "user", user: user ?? call.number }] };
}`;
const sources = { good, ...bad };
const scripts = new Map(
  Object.entries(sources).map(([name, source]) => [name, scriptSchema.parse({ name, source })]),
);
const rules = new Map(
  [
    ...[...scripts.keys()].map((name) => ({
      name,
      match: { number: name },
      action: { type: "script", script: name },
    })),
    { name: "plain", match: { number: "plain" }, action: { type: "reject", code: 486 } },
    { name: "otherwise", action: { type: "reject", code: 480 } },
  ].map((rule) => [rule.name, ruleSchema.parse(rule)]),
);
const snapshot = withChanges(registry, emptySnapshot(registry), 1, { scripts, rules });

const failures = new Map<string, number>();
const events = {
  scriptFailed: (script: string) => void failures.set(script, (failures.get(script) ?? 0) + 1),
  scriptsEnded: () => void failures.set("process", (failures.get("process") ?? 0) + 1),
  applicationFailed: () => {},
  decided: () => {},
  undecided: (_by: string, _call: string, error: unknown) => {
    throw error;
  },
};
await using host = new ScriptHost({ userOf: () => "ada" }, events);
await using web = new WebApplications("", events);
const deciding = {
  live: {
    seated: <Q>(question: Q) => question,
    atDesks: <D>(decision: D) => decision,
    consult: (question: Parameters<typeof consult>[1], answers: Parameters<typeof consult>[3]) =>
      consult(snapshot, question, Date.now(), answers),
    state: () => ({ version: 1, source: "disk" }) as const,
  },
  others: new Others(
    host,
    web,
    { obey: () => Promise.reject(new Error("nobody dials a star code here")) },
    { obey: () => Promise.reject(new Error("nobody logs in here")) },
    () => snapshot.parts.users,
    () => snapshot.parts.scripts,
  ),
  calls: { decided: () => {} },
  dials: new ActiveDials(),
  guard: { apply: <D>(decision: D) => decision },
  probes: new Map(),
  events,
};
const decided = async (number: string) =>
  ask(deciding, "rpc", questionTo(number, { call_id: crypto.randomUUID() }));

/** Calls of `number`, 200 a second, for the time of the bench. */
async function measure(number: string): Promise<{ times: number[]; otherwise: number }> {
  const times: number[] = [];
  let otherwise = 0;
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await delay(5)) {
    const began = performance.now();
    const { rule } = await decided(number);
    if (rule !== number) otherwise++;
    times.push((performance.now() - began) * 1000);
  }
  return { times, otherwise };
}

host.use(snapshot.parts.scripts);
while ((await decided("good")).rule !== "good") await delay(50);
const rows: Record<string, string | number>[] = [];
for (const disturbed of [false, true]) {
  const stop = new AbortController();
  const before = await cpuMs([process.pid, host.pid ?? 0]);
  const disturbers = disturbed
    ? Object.keys(bad).map(async (name) => {
        for (; !stop.signal.aborted; await delay(50)) void decided(name);
      })
    : [];
  const measured = await Promise.all(["plain", "good"].map(measure));
  stop.abort();
  await Promise.all(disturbers);
  const cpu = ((await cpuMs([process.pid, host.pid ?? 0])) - before) / (seconds * 10);
  for (const [at, { times, otherwise }] of measured.entries())
    rows.push({
      "calls of": ["a plain rule", "a script"][at] ?? "",
      beside: disturbed ? "5 bad scripts, 20 calls/s each" : "nothing",
      calls: times.length,
      "p50 µs": Math.round(percentile(times, 0.5)),
      "p99 µs": Math.round(percentile(times, 0.99)),
      "max µs": Math.round(percentile(times, 1)),
      "not decided by it": otherwise,
      "app and scripts, % of a core": rounded(cpu, 1),
    });
}
await report("scripts", rows);
process.stdout.write(`failures: ${[...failures].map(([name, count]) => `${name} ${count}`).join(", ")}\n`);
