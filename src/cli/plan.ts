import type { Command } from "commander";

/** `dialtone plan`: how much availability you need, what it costs, what you have. Needs no cluster. */

interface Options {
  json?: boolean;
  years: string;
  seed: string;
  fromCluster?: string;
}

const DEFAULT_FILE = "plan.yaml";
/** Any number does; a fixed one makes the figures of two runs comparable. */
const DEFAULT_SEED = "20090527";

function wholeNumber(text: string, name: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number, not '${text}'`);
  return Number(text);
}

/** Loads plan and evidence and computes all answers. The planner's libraries are loaded only when it is used. */
async function compute(file: string, options: Options) {
  const { loadPlan } = await import("../planner/load.ts");
  const { loadEvidence } = await import("../planner/evidence.ts");
  const { answer } = await import("../planner/answers.ts");
  const loaded = loadPlan(file);
  const given = options.fromCluster === undefined ? undefined : loadEvidence(options.fromCluster);
  const answers = await answer({
    plan: loaded.plan,
    ...(given && { evidence: given.evidence }),
    now: new Date(),
    simulation: { years: wholeNumber(options.years, "--years"), seed: wholeNumber(options.seed, "--seed") },
  });
  return { loaded, given, answers };
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Infinity has no JSON; the planner uses it for "everything" and "any number". */
const forJson = (_key: string, value: unknown) => (value === Number.POSITIVE_INFINITY ? "unlimited" : value);

const common = (command: Command): Command =>
  command
    .option("--years <n>", "simulated years", "1000000")
    .option("--seed <n>", "seed of the simulation: the same seed gives the same figures", DEFAULT_SEED)
    .option("--from-cluster <file>", "JSON file with policy, drills and failures of the running cluster");

export function registerPlan(program: Command): void {
  common(program.command("plan"))
    .description("How much availability you need, what it costs, what you have.")
    .argument("[file]", "the plan", DEFAULT_FILE)
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const { answers } = await compute(file, options);
      const { terminalText } = await import("../planner/terminal.ts");
      print(options.json ? JSON.stringify(answers, forJson, 2) : terminalText(answers));
    });
}
