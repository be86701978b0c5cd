import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { partsOf } from "../src/lab/agents.ts";
import { askApp } from "../src/lab/app.ts";
import { report, rounded } from "./common.ts";
import { memory, readThreads } from "./cost/meter.ts";
import { openStage } from "./load/stage.ts";

/**
 * Publishing a draft on a cluster that has many numbers and rules: until the API answers, and until every node decides by
 * it; what the apps hold in memory then.
 *
 *   node bench/publish.ts [--lab NAME: a fresh one; otherwise one is made] [--numbers 1000000] [--rules 100000]
 *     [--portion 25000: so many in a version while they are brought in]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    numbers: { type: "string", default: "1000000" },
    rules: { type: "string", default: "100000" },
    portion: { type: "string", default: "25000" },
  },
});
const counts = { numbers: Number(values.numbers), rules: Number(values.rules) };
/** So many changes go into a draft by one request. */
const batch = 1000;

await using stage = await openStage(values.lab, "publish");
const { lab, ground, signal, tell } = stage;

const api = (method: "POST", path: string, body: unknown) =>
  askApp(lab.state(), method, path, { deadlineMs: 300_000, body });

type Change = { part: string; key: string; document: object };

const numberAt = (at: number): Change => ({
  part: "numbers",
  key: `+49711${String(at).padStart(7, "0")}`,
  document: { user: `u${at % 100}` },
});
const ruleAt = (at: number, code = 404): Change => ({
  part: "rules",
  key: `r${at}`,
  document: { match: { prefix: `+4930${String(at).padStart(7, "0")}` }, action: { type: "reject", code } },
});

let drafts = 0;
async function draftOf(changes: readonly Change[]): Promise<string> {
  const name = `bench-${++drafts}`;
  await api("POST", "/v1/drafts", { name });
  for (let at = 0; at < changes.length; at += batch)
    await api("POST", `/v1/drafts/${name}/changes`, { changes: changes.slice(at, at + batch) });
  return name;
}

const simulation = z.object({ decision: z.object({ action: z.string(), rule: z.string() }) });
/** Until every node decides calls to this number by this rule. */
async function known(number: string, rule: string): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answers = await ground.everyApi("GET", `/v1/rules/simulate?number=${encodeURIComponent(number)}`);
    if (answers.every(({ answer }) => simulation.parse(answer).decision.rule === rule)) return;
    await delay(20);
  }
}

/** @returns ms until the API answers, and from then until every node decides by it */
async function publish(changes: readonly Change[], number: string, rule: string) {
  const name = await draftOf(changes);
  const begun = performance.now();
  await api("POST", `/v1/drafts/${name}/publish`, {});
  const answered = performance.now();
  await known(number, rule);
  return { answered: answered - begun, everywhere: performance.now() - begun };
}

const users = Array.from({ length: 100 }, (_, at) => ({
  part: "users",
  key: `u${at}`,
  document: { password: "correct horse battery" },
}));
await api("POST", `/v1/drafts/${await draftOf(users)}/publish`, {});
const portion = Number(values.portion);
const everything = { numbers: numberAt, rules: ruleAt };
for (const kind of ["numbers", "rules"] as const)
  for (let from = 0; from < counts[kind]; from += portion) {
    const many = Math.min(portion, counts[kind] - from);
    const changes = Array.from({ length: many }, (_, more) => everything[kind](from + more));
    await api("POST", `/v1/drafts/${await draftOf(changes)}/publish`, {});
    tell(`${from + many} of ${counts[kind]} ${kind}`);
  }
if (counts.rules > 0)
  await known(`+4930${String(counts.rules - 1).padStart(7, "0")}`, `r${counts.rules - 1}`);

const apps = Object.entries(lab.state().hosts).flatMap(([host, { data }]) => {
  const pid = data === null ? undefined : partsOf(data).app?.pid;
  return pid === undefined ? [] : [{ host, pid }];
});
const ran = () => apps.map(({ pid }) => readThreads(pid).ran / 1e6);
const rows = [];
for (const [run, many] of [1, 1, 1000, 1000, 10_000].entries()) {
  const key = (at: number) => `+4940${run}${String(at).padStart(7, "0")}`;
  const changes = Array.from({ length: many }, (_, at) => ({
    part: "rules",
    key: `new-${run}-${at}`,
    document: { match: { number: key(at) }, action: { type: "reject", code: 480 } },
  }));
  const before = ran();
  const { answered, everywhere } = await publish(changes, key(many - 1), `new-${run}-${many - 1}`);
  rows.push({
    changes: many,
    "answered after ms": Math.round(answered),
    "on all nodes after ms": Math.round(everywhere),
    "apps, CPU ms": ran()
      .map((ms, at) => Math.round(ms - (before[at] ?? 0)))
      .join(", "),
  });
  tell(JSON.stringify(rows.at(-1)));
}
const mib = memory(
  apps.map(({ host, pid }) => ({
    host,
    namespace: lab.state().hosts[host]?.namespace ?? "",
    roots: () => ({ app: pid }),
  })),
).filter(({ part }) => part === "app");
tell(`memory of the apps: ${mib.map(({ host, mib }) => `${host} ${rounded(mib, 0)} MiB`).join(", ")}`);
await report("publish", rows, { more: { counts, memory: mib } });
