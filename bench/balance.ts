import { parseArgs } from "node:util";
import { balanced, memberName } from "../src/carriers/balance.ts";
import { type Farm, farmMethods, farmSchema } from "../src/carriers/farm-schema.ts";
import { report, rounded } from "./common.ts";

/**
 * To which target of a farm calls go: how evenly, how many move when one dies or comes, what a choice costs.
 *
 *   node bench/balance.ts [--keys 200000]
 */
const { values } = parseArgs({ options: { keys: { type: "string", default: "200000" } } });
const keys = Array.from({ length: Number(values.keys) }, (_, index) => `${index * 7919}@198.51.100.1`);

const farm = (weights: readonly number[], more: object): Farm =>
  farmSchema.parse({
    name: "bench",
    targets: weights.map((weight, index) => ({ host: `192.0.2.${index + 1}`, port: 5060, weight })),
    tries: 1,
    ...more,
  });

const equal = (count: number): number[] => Array.from({ length: count }, () => 1);
const farms: [string, readonly number[]][] = [
  ["3 equal", equal(3)],
  ["10 equal", equal(10)],
  ["100 equal", equal(100)],
  ["10 by weight 1 to 10", equal(10).map((_, index) => index + 1)],
];

/** Where each key goes, with the calls that are in progress there. @param broken the name of a target that is left alone */
function placed(of: Farm, broken = ""): string[] {
  const calls = new Map<string, number>();
  let last: string | undefined;
  return keys.map((callId) => {
    const key = { callId, from: callId, to: "", requestUri: "" };
    const state = (name: string) => ({
      calls: calls.get(name) ?? 0,
      answeredPercent: undefined,
      delayMs: undefined,
      broken: name === broken,
    });
    const [first] = balanced(of, key, state, last);
    last = first && memberName(of.name, first);
    if (last !== undefined) calls.set(last, (calls.get(last) ?? 0) + 1);
    return last ?? "";
  });
}

const rows = farms.flatMap(([what, weights]) =>
  farmMethods.map((method) => {
    const of = farm(weights, { method });
    const started = process.cpuUsage();
    const before = placed(of);
    const { user, system } = process.cpuUsage(started);
    const sum = weights.reduce((a, b) => a + b, 0);
    const counts = Map.groupBy(before, (name) => name);
    const off = of.targets.map((target) => {
      const share =
        of.method === "round-robin" || of.method === "fastest" ? 1 / weights.length : target.weight / sum;
      return Math.abs((counts.get(memberName(of.name, target))?.length ?? 0) / keys.length / share - 1);
    });
    const [dead] = of.targets;
    const gone = dead ? memberName(of.name, dead) : "";
    const after = placed(of, gone);
    const moved = before.filter((name, index) => name !== after[index]).length;
    const isHashed = method === "hash" || method === "weighted";
    return {
      farm: what,
      method,
      off_by_at_most_percent: rounded(Math.max(...off) * 100, 2),
      moved_when_one_dies_percent: isHashed ? rounded((moved / keys.length) * 100, 2) : "–",
      its_share_percent: isHashed ? rounded(((dead?.weight ?? 0) / sum) * 100, 2) : "–",
      cpu_us_a_call: rounded((user + system) / keys.length, 2),
    };
  }),
);
await report("balance", rows, { more: { keys: keys.length } });
