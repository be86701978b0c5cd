import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../cluster/load.ts";
import { parsePlan } from "./load.ts";

const example = readFileSync("docs/examples/five-servers/plan.yaml", "utf8");

/** The example with one text replaced; the line number is that of the replaced text. */
function broken(from: string, to: string) {
  expect(example).toContain(from);
  const line = example.slice(0, example.indexOf(from)).split("\n").length;
  return { text: example.replace(from, to), line };
}

function problemsOf(text: string): string[] {
  try {
    parsePlan(text, "plan.yaml");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("the example is a valid plan", () => {
  expect(Object.keys(parsePlan(example, "plan.yaml").services)).toEqual([
    "telephones",
    "database",
    "routing",
    "web",
    "files",
  ]);
});

describe("faults are refused with their line and what to write instead", () => {
  test.each<[string, string, string, RegExp, number]>([
    ["a number without unit", "      after: 20 min", "      after: 20", /20 has no unit.*"20 min"/, 0],
    ["a unit that is none", "      takes: 25 min", "      takes: 25 mins", /^$/, -1],
    ["an unknown unit", "      takes: 25 min", "      takes: 25 parsecs", /not a length of time/, 0],
    ["a negative time", "      takes: 25 min", "      takes: -25 min", /negative/, 0],
    ["over 100 %", "      covers: 40 % to 60 %", "      covers: 40 % to 160 %", /over 100 %/, 0],
    ["percent without sign", "      covers: 40 % to 60 %", "      covers: 0.5", /0.5 has no unit/, 0],
    [
      "a missing thing",
      "    needs: [lan, database-server]",
      "    needs: [lan, databse-server]",
      /'databse-server' is not described; add it.*write one of: .*database-server/,
      0,
    ],
    [
      "an unknown person",
      "      who: omar\n      takes: 20 min",
      "      who: oscar\n      takes: 20 min",
      /'oscar' is not among the people/,
      0,
    ],
    [
      "another currency",
      "per_minute: £12/min to £24/min",
      "per_minute: €12/min to €24/min",
      /is in EUR but the plan is in GBP/,
      0,
    ],
    [
      "an unknown field",
      "    about: Orders and stock",
      "    abuot: Orders and stock",
      /unknown key|Invalid input/,
      0,
    ],
    [
      "spares without policy",
      "    policy: hot/warm-active\n",
      "",
      /say under 'policy' how they take over/,
      -2,
    ],
    [
      "always available",
      "    availability: 99.9 % to 99.97 %",
      "    availability: 100 %",
      /less than 100 %/,
      0,
    ],
    [
      "availability and failures",
      "    outage: 2 h to 5 h",
      "    outage: 2 h to 5 h\n    fails: 1 per year",
      /not both/,
      -2,
    ],
  ])("%s", (_name, from, to, message, shift) => {
    const { text, line } = broken(from, to);
    const problems = problemsOf(text);
    if (shift === -1) {
      expect(problems).toEqual([]);
      return;
    }
    const problem = problems.find((each) => message.test(each));
    expect(problem, problems.join("\n")).toBeDefined();
    if (shift === 0) {
      const at = Number(problem?.match(/^plan\.yaml:(\d+):/)?.[1]);
      expect(Math.abs(at - line), `${problem} (expected near line ${line})`).toBeLessThanOrEqual(3);
    }
  });

  test("a circle names its members and its line", () => {
    const { text } = broken("needs: [lan, database-server]", "needs: [lan, database-server, web]");
    const [problem] = problemsOf(text);
    expect(problem).toMatch(
      /plan\.yaml:\d+: services\.\w+\.needs: goes round in a circle \((web needs database needs web|database needs web needs database)\)/,
    );
  });

  test("a promise with half of its window", () => {
    const { text } = broken(
      "promise: { not_unavailable_for_more_than: 8 h, in_any: 1 year }",
      "promise: { in_any: 1 year }",
    );
    expect(problemsOf(text).join()).toMatch(/belong together/);
  });

  test("several faults are all reported at once", () => {
    const text = example
      .replace("after: 20 min", "after: 20")
      .replace("covers: 40 % to 60 %", "covers: 400 %");
    expect(problemsOf(text)).toHaveLength(2);
  });

  test("choices within choices are refused, since they would be counted too well", () => {
    const text = example
      .replace(
        "    needs: [power]\n    where: Comms room, rack 1, unit 2\n",
        "    needs: [power, { any_of: [lan, carrier] }]\n    where: Comms room, rack 1, unit 2\n",
      )
      .replace("{ any_of: [fibre, mobile-internet], switch", "{ any_of: [gateway, mobile-internet], switch");
    expect(problemsOf(text).join()).toMatch(/any_of.*within/);
  });
});
