import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { Plan } from "../planner/checked-plan.ts";
import type { Evidence } from "../planner/evidence.ts";

/** `dialtone plan`: how much availability you need, what it costs, what you have. Needs no cluster. */

interface Options {
  json?: boolean;
  years: string;
  seed: string;
  fromCluster?: string;
  equipment?: string;
  /** The program's own option: cluster.yaml. */
  config?: string;
}

interface DocsOptions extends Options {
  out?: string;
  pdf: boolean;
  date?: string;
}

const DEFAULT_FILE = "plan.yaml";
/** Any number does; a fixed one makes the figures of two runs comparable. */
const DEFAULT_SEED = "20090527";

function wholeNumber(text: string, name: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number, not '${text}'`);
  return Number(text);
}

/** What --from-cluster says, if it was given. */
async function evidenceOf(options: Options, plan: Plan, now: Date): Promise<Evidence | undefined> {
  if (options.fromCluster === undefined) return undefined;
  const { loadGiven } = await import("../planner/history.ts");
  const given = { file: options.fromCluster, clusterFile: options.config, equipment: options.equipment };
  return loadGiven(given, plan, now);
}

/** Loads plan and evidence and computes all answers. The planner's libraries are loaded only when it is used. */
async function compute(file: string, options: Options, now = new Date()) {
  const { loadPlan } = await import("../planner/load.ts");
  const { answer } = await import("../planner/answers.ts");
  const loaded = loadPlan(file);
  const evidence = await evidenceOf(options, loaded.plan, now);
  const answers = await answer({
    plan: loaded.plan,
    ...(evidence && { evidence }),
    now,
    simulation: { years: wholeNumber(options.years, "--years"), seed: wholeNumber(options.seed, "--seed") },
  });
  return { loaded, evidence, answers };
}

const papersOf = (file: string) => join(dirname(file), "plan-docs");

function dateOf(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(date.getTime()))
    throw new Error(`--date must be a day such as 2026-11-21, not '${text}'`);
  return date;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Infinity has no JSON; the planner uses it for "everything" and "any number". */
const forJson = (_key: string, value: unknown) => (value === Number.POSITIVE_INFINITY ? "unlimited" : value);

const common = (command: Command): Command =>
  command
    .option("--years <n>", "simulated years", "1000000")
    .option("--seed <n>", "seed of the simulation: the same seed gives the same figures", DEFAULT_SEED)
    .option("--from-cluster <file>", "what the cluster has shown: its drills.jsonl, or a JSON file")
    .option("--equipment <name>", "the equipment of the plan that is the cluster");

export function registerPlan(program: Command): void {
  const plan = common(program.command("plan"))
    .description("How much availability you need, what it costs, what you have.")
    .argument("[file]", "the plan", DEFAULT_FILE)
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      const { answers } = await compute(file, options);
      const { terminalText } = await import("../planner/terminal.ts");
      print(options.json ? JSON.stringify(answers, forJson, 2) : terminalText(answers));
    });

  common(plan.command("docs"))
    .description("Write specification, continuity plan and checklist as Markdown, HTML and PDF.")
    .argument("[file]", "the plan", DEFAULT_FILE)
    .option("--out <directory>", "where to (default: plan-docs beside the plan)")
    .option("--no-pdf", "without PDF, which needs Chromium")
    .option("--date <date>", "date on the papers, such as 2026-11-21 (default: today)")
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<DocsOptions>();
      const written = options.date === undefined ? new Date() : dateOf(options.date);
      const { loaded, evidence, answers } = await compute(file, options, written);
      const { writePapers } = await import("../planner/papers/write.ts");
      const directory = options.out ?? papersOf(file);
      const order = { loaded, evidence, answers, written };
      const files = await writePapers(directory, order, options.pdf);
      print(
        options.json
          ? JSON.stringify({ directory, files }, null, 2)
          : `Written to ${directory}:\n  ${files.join("\n  ")}`,
      );
    });

  plan
    .command("check")
    .description("Say whether the papers are still true; ends with 1 when they are out of date.")
    .argument("[file]", "the plan", DEFAULT_FILE)
    .option("--out <directory>", "where the papers are (default: plan-docs beside the plan)")
    .option("--from-cluster <file>", "what the cluster has shown: its drills.jsonl, or a JSON file")
    .option("--equipment <name>", "the equipment of the plan that is the cluster")
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<DocsOptions>();
      const { loadPlan } = await import("../planner/load.ts");
      const { checkPapers } = await import("../planner/papers/write.ts");
      const directory = options.out ?? papersOf(file);
      const now = new Date();
      const loaded = loadPlan(file);
      const evidence = await evidenceOf(options, loaded.plan, now);
      const reasons = checkPapers(directory, { loaded, evidence, now });
      if (reasons.length > 0) process.exitCode = 1;
      if (options.json) print(JSON.stringify({ upToDate: reasons.length === 0, reasons }, null, 2));
      else if (reasons.length === 0) print(`The papers in ${directory} are up to date.`);
      else
        print(
          `The papers in ${directory} are OUT OF DATE:\n${reasons.map((reason) => `  · ${reason}`).join("\n")}\nWrite them again: dialtone plan docs ${file}`,
        );
    });

  plan
    .command("init")
    .description("Ask what an outage costs you, in plain words, and write plan.yaml.")
    .argument("[file]", "the plan to write", DEFAULT_FILE)
    .option("--defaults", "ask nothing: write a plan to be corrected by hand")
    .option("--force", "overwrite a plan that is there")
    .action(async (file: string, options: { defaults?: boolean; force?: boolean }) => {
      if (existsSync(file) && !options.force)
        throw new Error(`${file} is there already: edit it, or overwrite it with --force`);
      const { interview, planText, usualReply } = await import("../planner/init.ts");
      const asks = !options.defaults && process.stdin.isTTY;
      if (!options.defaults && !asks)
        throw new Error("there is no terminal to ask in: use --defaults, then correct the file");
      const { askInTerminal } = await import("../planner/ask.ts");
      const text = planText(await interview(asks ? askInTerminal : usualReply));
      const { parsePlan } = await import("../planner/load.ts");
      parsePlan(text, file);
      await writeFile(file, text, { flag: options.force ? "w" : "wx" });
      print(
        `Written to ${file}. Look through it, then: dialtone plan ${file === DEFAULT_FILE ? "" : file}`.trimEnd(),
      );
    });
}
