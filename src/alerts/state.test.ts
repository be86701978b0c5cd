import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlertProblem } from "../report/alerts.ts";
import {
  type AlertState,
  adopt,
  advance,
  type Change,
  nothingKnown,
  type Timing,
  takeOver,
  tellerOf,
  toldOf,
} from "./state.ts";

const timing: Timing = {
  repeatMs: 3_600_000,
  criticalAfterMs: 3000,
  warningAfterMs: 60_000,
  clearAfterMs: 30_000,
  maxPerHour: 20,
};
const problem = (key: string, severity: AlertProblem["severity"] = "critical"): AlertProblem => ({
  key,
  severity,
  title: `${key} is wrong`,
  text: "Mend it.",
});

/** Steps of one second; `there(t)` says what is wrong in second t. */
function run(
  seconds: number,
  there: (second: number) => AlertProblem[],
  options: Partial<Timing> = {},
  from: AlertState = nothingKnown,
  mayTell: (second: number) => boolean = () => true,
) {
  const told: (Change & { second: number })[] = [];
  let state = from;
  for (let second = 0; second <= seconds; second++) {
    const step = advance(state, there(second), second * 1000, { ...timing, ...options }, mayTell(second));
    state = step.state;
    told.push(...step.changes.map((change) => ({ ...change, second })));
  }
  return { told: told.map(({ what, key, second }) => `${second} ${what} ${key}`), state };
}

describe("one host", () => {
  test("what harms callers is told after 3 s, what does not after a minute, and both when they are over", () => {
    const { told } = run(200, (second) => (second < 100 ? [problem("x"), problem("y", "warning")] : []));
    expect(told).toEqual(["3 raised x", "60 raised y", "130 over x", "130 over y"]);
  });

  test("what heals in time is never told", () =>
    expect(run(100, (second) => (second < 3 ? [problem("x")] : [])).told).toEqual([]));

  test("what flaps is told once", () =>
    expect(run(300, (second) => (second % 20 < 10 ? [problem("x")] : [])).told).toEqual(["3 raised x"]));

  test("what lasts is told again", () =>
    expect(run(7300, () => [problem("x")]).told).toEqual(["3 raised x", "3603 still x", "7203 still x"]));

  test("what is to be told once is told once, and when it is over", () => {
    const known = { ...problem("x"), once: true };
    const { told } = run(7300, (second) => (second < 7200 ? [known] : []));
    expect(told).toEqual(["3 raised x", "7230 over x"]);
  });

  test("a flood is held back and comes together in one message when there is room", () => {
    const flood = (second: number) =>
      Array.from({ length: Math.floor(second / 10) }, (_, n) => problem(`p${n}`));
    const { told } = run(3700, (second) => flood(Math.min(second, 500)), { maxPerHour: 5, repeatMs: 0 });
    const seconds = [...new Set(told.map((line) => Number(line.split(" ")[0])))];
    expect(seconds.filter((second) => second < 3600)).toHaveLength(5);
    expect(told).toHaveLength(50);
  });
});

describe("the whole cluster", () => {
  test("nothing is told twice, and nothing is forgotten, whenever the teller changes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 40, max: 200 })), {
          maxLength: 5,
        }),
        fc.integer({ min: 1, max: 400 }),
        (spans, switchAt) => {
          const hosts: Record<"a" | "b", AlertState> = { a: nothingKnown, b: nothingKnown };
          const told: Change[] = [];
          for (let second = 0; second < 500; second++) {
            const now = second * 1000;
            const there = spans.flatMap(([from, length], n) =>
              second >= from && second < from + length ? [problem(`p${n}`)] : [],
            );
            const teller = second < switchAt ? "a" : "b";
            for (const host of ["a", "b"] as const) {
              // A host that is dead from the switch on neither tells nor is heard.
              if (host === "a" && second >= switchAt) continue;
              if (host !== teller && teller === "a")
                hosts[host] = adopt(hosts[host], toldOf(hosts.a, now), now);
              const step = advance(hosts[host], there, now, timing, host === teller);
              hosts[host] = step.state;
              told.push(...step.changes);
            }
          }
          for (const [n] of spans.entries()) {
            const mine = told.filter(({ key }) => key === `p${n}`).map(({ what }) => what);
            expect(mine).toEqual(["raised", "over"]);
          }
        },
      ),
    );
  });

  test("a teller that was away (hung, cut off) ends what another told in its place, once", () => {
    const hosts: Record<"a" | "b", AlertState> = { a: nothingKnown, b: nothingKnown };
    const told: string[] = [];
    for (let second = 0; second < 120; second++) {
      const now = second * 1000;
      // From 10 to 50 only b lives, and sees that a does not.
      const away = second >= 10 && second < 50;
      const [forA, forB] = [toldOf(hosts.b, now), toldOf(hosts.a, now)];
      if (!away) {
        const step = advance(takeOver(hosts.a, forA, now), [], now, timing, true);
        hosts.a = step.state;
        told.push(...step.changes.map(({ what, key }) => `${second} a ${what} ${key}`));
        hosts.b = adopt(hosts.b, forB, now);
      }
      const step = advance(hosts.b, away ? [problem("host:a")] : [], now, timing, away);
      hosts.b = step.state;
      told.push(...step.changes.map(({ what, key }) => `${second} b ${what} ${key}`));
    }
    expect(told).toEqual(["13 b raised host:a", "80 a over host:a"]);
    expect(hosts.b.alerts).toEqual({});
  });

  test("the first host that is heard tells; one whose messages do not get out gives way", () => {
    const hosts = (...names: string[]) =>
      names.map((name) => ({ host: name.replace("!", ""), undeliverable: name.endsWith("!") }));
    const order = ["a", "b", "w"];
    expect(tellerOf(order, hosts("w", "b", "a"))).toBe("a");
    expect(tellerOf(order, hosts("w", "b"))).toBe("b");
    expect(tellerOf(order, hosts("a!", "b", "w"))).toBe("b");
    expect(tellerOf(order, hosts("a!", "b!"))).toBe("a");
    expect(tellerOf(order, [])).toBeUndefined();
  });
});
