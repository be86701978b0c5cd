import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ports } from "../src/cluster/facts.ts";
import { loadCluster } from "../src/cluster/load.ts";
import { recordsOf } from "../src/drills/api.ts";
import { openMediaCalls } from "../src/drills/media-calls.ts";
import { ownNumber } from "../src/drills/own-number.ts";
import { report, rounded } from "./common.ts";
import { sipHealth } from "./hostile/health.ts";
import { openStranger } from "./hostile/stranger.ts";
import type { Task } from "./hostile/worker.ts";
import { offer, resultOf } from "./load/callers.ts";
import { notesSince, now, troubles } from "./load/incidents.ts";
import { openStage } from "./load/stage.ts";

/**
 * Strangers who mean harm, each beside calls and conversations of others: malformed messages over UDP and TCP, guessing of
 * names and passwords, messages in the name of a node, floods. What the others noticed of it, what the SIP server
 * kept of it (processes, memory), whether anybody got in, what the timeline tells.
 *
 *   node bench/hostile.ts [--lab NAME] [--messages 100000] [--rate 2000] [--seed 3261] [--flood 2000] [--seconds 15]
 *     [--only malformed,guess,forge,INVITE,REGISTER,OPTIONS]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    messages: { type: "string", default: "100000" },
    rate: { type: "string", default: "2000" },
    seed: { type: "string", default: "3261" },
    flood: { type: "string", default: "2000" },
    seconds: { type: "string", default: "15" },
    only: { type: "string", default: "malformed,guess,forge,INVITE,REGISTER,OPTIONS" },
  },
});
await using stage = await openStage(values.lab, "hostile");
const { lab, ground, directory, signal, tell } = stage;
const cluster = loadCluster(lab.paths.cluster);
const service = lab.state().service;
const number = ownNumber("9975").slice(0, 10);
await stage.route(number);
const users = ["1001", "1002"] as const;
for (const user of users) await ground.api("PUT", `/v1/users/${user}`, { password: `pw-${user}-${number}` });
const holder = await stage.holder();
const address = (host: string) => cluster.hosts[host]?.address ?? "";
const peer = Object.keys(cluster.hosts).find((host) => host !== holder) ?? "";
await using stranger = await openStranger(lab.state(), [address(peer)]);
const [source, guesser, flooder] = stranger.sources as [string, string, string];
const data = lab.state().hosts[holder]?.data ?? "";

const floodOf = (method: "INVITE" | "REGISTER" | "OPTIONS"): [string, Task] => [
  `${values.flood} ${method}/s from one source`,
  {
    ...{ do: "flood", method, service, source: flooder ?? source },
    ...{ perSecond: Number(values.flood), seconds: Number(values.seconds) },
  },
];
const assaults: Record<string, [string, Task]> = {
  malformed: [
    `${values.messages} malformed messages`,
    {
      ...{ do: "malformed", service, sources: stranger.sources, users, seed: Number(values.seed), from: 0 },
      ...{ count: Number(values.messages), perSecond: Number(values.rate), tcpOneOf: 50 },
    },
  ],
  guess: [
    "names and passwords guessed",
    { do: "guess", service, source: guesser ?? source, users, tries: 200 },
  ],
  forge: [
    "in the name of the other node",
    {
      ...{ do: "forge", service, realm: cluster.sip.realm, source, user: users[0] },
      ...{
        holder: address(holder),
        peer: address(peer),
        vrrpId: cluster.vrrp.id,
        agentPort: cluster.agent.port,
      },
      ports: [
        ports.rpc,
        ports.rpcRelay,
        ports.redis,
        ports.sql,
        ports.galera,
        ports.galeraSst,
        cluster.agent.port,
      ],
    },
  ],
  INVITE: floodOf("INVITE"),
  REGISTER: floodOf("REGISTER"),
  OPTIONS: floodOf("OPTIONS"),
};

/** Calls beside it, until it is over. */
async function callersUntil(over: Promise<unknown>) {
  let done = false;
  void over.finally(() => {
    done = true;
  });
  const calls = [];
  while (!done) {
    signal.throwIfAborted();
    calls.push(...(await offer({ ground, directory, number, rate: 5, total: 25, patienceMs: 4000 })));
  }
  return resultOf(calls, 1);
}

/** Transactions end, tables expire: what is still there then stays. */
async function settled() {
  for (const until = Date.now() + 45_000; ; await delay(1000, undefined, { signal })) {
    const health = await sipHealth(data);
    if (health.transactions === 0 || Date.now() > until) return health;
  }
}

const rows: Record<string, string | number>[] = [];
const words: string[] = [];
await callersUntil(delay(3000));
for (const name of values.only.split(",")) {
  const [what, task] = assaults[name] ?? [];
  if (!what || !task) throw new Error(`no assault is called '${name}': ${Object.keys(assaults).join(", ")}`);
  await using conversations = await openMediaCalls(lab, "hostile", "udp", {});
  await conversations.begin(5);
  const before = await settled();
  await conversations.mark();
  const [began, since] = [now(), Date.now()];
  const assault = stranger.run(task);
  const beside = await callersUntil(assault);
  const { sent, answers, wrong } = await assault;
  const seconds = (Date.now() - since) / 1000;
  const during = await sipHealth(data);
  const talked = await conversations.end();
  const after = await settled();
  const notes = await notesSince(ground, stage.hosts, began);
  const trouble = troubles(notes);
  const intruders = (await recordsOf(lab.name, { number })).filter(
    (record) =>
      record.answered_at !== null && stranger.sources.some((from) => record.source.startsWith(`${from}:`)),
  );
  const told = notes.filter(({ subject }) => subject === "strangers" || subject === "calls");
  words.push(
    ...[...told.map(({ host, text }) => `${host}: ${text}`), ...trouble.words, ...wrong].map(
      (text) => `${what}: ${text}`,
    ),
  );
  rows.push({
    assault: what,
    sent: `${sent} in ${rounded(seconds, 0)} s`,
    answers: Object.entries(answers)
      .map(([code, count]) => `${count} × ${code}`)
      .join(", "),
    "calls beside: answered, p50, p99 ms": `${beside.answered} of ${beside.calls}, ${beside.setUp50}, ${beside.setUp99}`,
    "talks lost": `${talked.dropped} of ${talked.calls}`,
    "processes ended": before.pids.filter((pid) => !after.pids.includes(pid)).length,
    "shared KiB before, after": `${before.sharedKib}, ${after.sharedKib}`,
    "own KiB before, after": `${before.ownKib}, ${after.ownKib}`,
    "log MB": rounded((during.log - before.log) / 1e6, 1),
    "got in": intruders.length + wrong.length,
    "kills, moves": `${trouble.kills}, ${trouble.moves}`,
    told: told.length,
  });
  tell(JSON.stringify(rows.at(-1)));
}
await report("hostile", rows, { more: { seed: Number(values.seed), words } });
for (const text of words) process.stdout.write(`${text}\n`);
