import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { succeeded } from "../src/callers/attempt.ts";
import { routeKnown } from "../src/drills/api.ts";
import { startProber } from "../src/drills/prober.ts";
import { percentile, report, rounded } from "./common.ts";
import { measure } from "./cost/meter.ts";
import { placesOf } from "./cost/places.ts";
import { openStage } from "./load/stage.ts";
import { office } from "./office/office.ts";

/**
 * What an office's rules cost beside one plain rule: processor time of the holder's parts for the same short calls with
 * relayed audio, in turns, so that neighbours and a warm cache do not decide.
 *
 *   node bench/office-cost.ts [--lab NAME: a fresh one; otherwise one is made] [--rate 50] [--seconds 10] [--rounds 3]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string" },
    rate: { type: "string", default: "50" },
    seconds: { type: "string", default: "10" },
    rounds: { type: "string", default: "3" },
  },
});
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const plain = "99746";
const parts = ["app", "kamailio"] as const;

await using stage = await openStage(values.lab, "office-cost");
const { lab, ground, directory, signal, tell } = stage;
const ways = { "one plain rule": plain, ...(await office(lab, ground, stage.phone)) };
await stage.route(plain);
for (const number of Object.values(ways)) await routeKnown(lab, number, 30_000);
const places = placesOf(lab.state());

interface Turn {
  calls: number;
  failed: number;
  setUp: number[];
  /** ms of processor time of the holder's parts. */
  ran: Record<(typeof parts)[number] | "holder", number>;
}

async function turn(number: string): Promise<Turn> {
  const holder = await stage.holder();
  await using prober = await startProber({
    place: ground.caller,
    directory,
    service: ground.service,
    from: "+4930123456",
    to: number,
    rate,
    patienceMs: 4000,
  });
  await delay(2000, undefined, { signal });
  const from = Date.now();
  const costs = (await measure(places, seconds)).filter(({ host }) => host === holder);
  const to = Date.now();
  await prober.finish();
  const calls = prober.attempts().filter((call) => !call.redial && call.started >= from && call.started < to);
  const good = calls.filter(succeeded);
  // Of what a call costs behind its end (records), most is over.
  await delay(1000, undefined, { signal });
  const of = (part: string) => costs.find((cost) => cost.part === part)?.ranMs ?? 0;
  return {
    calls: calls.length,
    failed: calls.length - good.length,
    setUp: good.map((call) => (call.answered ?? 0) - call.started),
    ran: {
      app: of("app"),
      kamailio: of("kamailio"),
      holder: costs.reduce((sum, { ranMs }) => sum + ranMs, 0),
    },
  };
}

const turns = new Map<string, Turn[]>(Object.keys(ways).map((way) => [way, []]));
for (let round = 1; round <= Number(values.rounds); round += 1)
  for (const [way, number] of Object.entries(ways)) {
    const one = await turn(number);
    turns.get(way)?.push(one);
    tell(`round ${round}, ${way}: ${one.calls} calls, ${one.failed} failed`);
  }

const sum = (list: readonly Turn[], pick: (one: Turn) => number) =>
  list.reduce((all, one) => all + pick(one), 0);
const perCall = (way: string, part: keyof Turn["ran"]) => {
  const list = turns.get(way) ?? [];
  return (
    sum(list, ({ ran }) => ran[part]) /
    Math.max(
      1,
      sum(list, ({ calls }) => calls),
    )
  );
};
await report(
  "office-cost",
  [...turns].map(([way, list]) => ({
    way,
    calls: sum(list, ({ calls }) => calls),
    failed: sum(list, ({ failed }) => failed),
    "p50 ms": rounded(
      percentile(
        list.flatMap(({ setUp }) => setUp),
        0.5,
      ),
    ),
    "p99 ms": rounded(
      percentile(
        list.flatMap(({ setUp }) => setUp),
        0.99,
      ),
    ),
    ...Object.fromEntries(
      ([...parts, "holder"] as const).flatMap((part) => [
        [`${part} ms`, rounded(perCall(way, part))],
        [`${part} ÷ plain`, rounded(perCall(way, part) / perCall("one plain rule", part))],
      ]),
    ),
  })),
);
