import fc from "fast-check";
import { expect, it } from "vitest";
import { balanced, farmOf, memberName, type TargetState } from "./balance.ts";
import { type Farm, farmSchema } from "./farm-schema.ts";

const farm = (weights: number[], more: object = {}): Farm =>
  farmSchema.parse({
    name: "gw",
    targets: weights.map((weight, index) => ({ host: `192.0.2.${index + 1}`, port: 5060, weight })),
    ...more,
  });
const well: TargetState = { calls: 0, answeredPercent: undefined, delayMs: undefined, broken: false };
const key = (callId: string) => ({ callId, from: "f", to: "t", requestUri: "r" });
const firstOf = (of: Farm, callId: string, state: (name: string) => TargetState = () => well) =>
  balanced(of, key(callId), state, undefined)[0]?.host;
const ids = Array.from({ length: 20_000 }, (_, index) => `${index}-${index % 7}@198.51.100.${index % 9}`);

it("gives each target its share of the calls", () => {
  const of = farm([1, 2, 3, 4]);
  const counts = Map.groupBy(ids, (id) => firstOf(of, id));
  for (const [index, weight] of [1, 2, 3, 4].entries()) {
    const share = (counts.get(`192.0.2.${index + 1}`)?.length ?? 0) / ids.length;
    expect(Math.abs(share - weight / 10)).toBeLessThan(0.015);
  }
});

it("sends nothing to a target that is drained, and moves the keys of no other; when all are, it is as if none were", () => {
  const all = farm([1, 1, 1]);
  const targets = all.targets.map((target, index) =>
    index === 1 ? { ...target, drained: true as const } : target,
  );
  for (const method of ["hash", "weighted", "round-robin", "least-calls", "fastest"] as const) {
    const without = balanced({ ...all, method, targets }, key("1"), () => well, "gw@192.0.2.1:5060");
    expect(without.map(({ host }) => host).sort()).toEqual(["192.0.2.1", "192.0.2.3"]);
  }
  for (const id of ids.slice(0, 500)) {
    const before = firstOf(all, id);
    if (before !== "192.0.2.2") expect(firstOf({ ...all, targets }, id)).toBe(before);
  }
  const none = { ...all, targets: all.targets.map((target) => ({ ...target, drained: true as const })) };
  expect(firstOf(none, "1")).toBe(firstOf(all, "1"));
});

it("moves only the keys of the target that is gone, at most its share and 5 %", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 20 }),
      fc.nat(),
      fc.string({ maxLength: 8 }),
      fc.boolean(),
      (size, pick, salt, dies) => {
        const of = farm(Array.from({ length: size }, () => 1));
        const gone = `192.0.2.${(pick % size) + 1}`;
        const without = { ...of, targets: of.targets.filter(({ host }) => host !== gone) };
        const keys = Array.from({ length: 1000 }, (_, index) => `${salt}${index}`);
        const state = (name: string) => ({ ...well, broken: dies && name.includes(`@${gone}:`) });
        const moved = keys.filter((id) => {
          const before = firstOf(of, id);
          const after = dies ? firstOf(of, id, state) : firstOf(without, id);
          // All others stay where they were.
          if (before !== gone && before !== after) throw new Error(`${id} moved from ${before} to ${after}`);
          return before !== after;
        });
        expect(moved.length / keys.length).toBeLessThanOrEqual(1 / size + 0.05);
      },
    ),
    { numRuns: 30 },
  );
});

it("keeps what is hashed together: by From, by number", () => {
  const of = farm([1, 1, 1, 1, 1], { method: "hash", by: "from" });
  const from = (callId: string, caller: string) =>
    balanced(of, { ...key(callId), from: caller }, () => well, undefined)[0];
  expect(new Set(ids.slice(0, 50).map((id) => from(id, "ada"))).size).toBe(1);
  expect(new Set(ids.slice(0, 50).map((id) => from("1", id))).size).toBe(5);
});

it("goes round, starting behind the one before", () => {
  const of = farm([1, 1, 1], { method: "round-robin", tries: 2 });
  let last: string | undefined;
  const seen = Array.from({ length: 5 }, () => {
    const order = balanced(of, key("1"), () => well, last);
    expect(order).toHaveLength(2);
    last = order[0] && memberName("gw", order[0]);
    return order[0]?.host.at(-1);
  });
  expect(seen.join("")).toBe("12312");
});

it("prefers fewer calls for the weight, and who rings sooner; tries the unknown", () => {
  const states = (of: Farm, fields: Partial<TargetState>[]) => (name: string) => ({
    ...well,
    ...fields[of.targets.findIndex((target) => memberName("gw", target) === name)],
  });
  const least = farm([1, 4, 1], { method: "least-calls" });
  expect(firstOf(least, "1", states(least, [{ calls: 2 }, { calls: 6 }, { calls: 3 }]))).toBe("192.0.2.2");
  const fastest = farm([1, 1, 1], { method: "fastest" });
  const delays = [{ delayMs: 90 }, { delayMs: 20 }, { delayMs: 50 }];
  expect(firstOf(fastest, "1", states(fastest, delays))).toBe("192.0.2.2");
  expect(firstOf(fastest, "1", states(fastest, [{ delayMs: 90 }, {}, { delayMs: 50 }]))).toBe("192.0.2.2");
});

it("tries broken ones last, weight 0 before them, poor ones before those", () => {
  const of = farm([1, 1, 0, 1], { min_answered_percent: 50, tries: 4 });
  const fields: Partial<TargetState>[] = [{ broken: true }, { answeredPercent: 10 }, {}, {}];
  const order = balanced(
    of,
    key("1"),
    (name) => ({ ...well, ...fields[of.targets.findIndex((target) => memberName("gw", target) === name)] }),
    undefined,
  );
  expect(order.map(({ host }) => host.at(-1)).join("")).toBe("4231");
});

it("names members so that no carrier has such a name", () => {
  expect(farmOf("gw@192.0.2.1:5060")).toBe("gw");
  expect(farmOf("gw")).toBeUndefined();
  expect(() => farm([1], { name: "g@w" })).toThrow();
  expect(() => farmSchema.parse({ name: "g", targets: [{ host: "a" }, { host: "a" }] })).toThrow(/twice/);
});
