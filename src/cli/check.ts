import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Argument, type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { type CheckName, checks, type Known } from "../check/checks.ts";
import { type CheckResult, combine, levels, pluginText } from "../check/plugin.ts";
import { defaultData, hostDirs, runFiles } from "../cluster/facts.ts";
import { askSocket } from "../http/socket.ts";
import { loadState } from "../lab/state.ts";
import { askCluster } from "../report/ask.ts";

const drillsSchema = z.object({
  drills: z.array(z.object({ kind: z.string(), finished_at: z.string(), passed: z.boolean() })),
});

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("a number");
  return value;
};

interface Options {
  data: string;
  lab?: string;
  host?: string;
  warning?: number;
  critical?: number;
  timeout: number;
  json?: boolean;
}

/** @throws Error when the lab or its host does not exist. */
function dataOf({ data, lab, host }: Options): string {
  if (lab === undefined) return resolve(data);
  const hosts = loadState(lab)?.hosts;
  const found = hosts?.[host ?? "a"]?.data;
  if (!found) throw new Error(hosts ? `lab '${lab}' has no host '${host ?? "a"}'` : `lab '${lab}' is not up`);
  return found;
}

async function look(options: Options): Promise<Known> {
  const run = runFiles(hostDirs(dataOf(options)));
  const deadlineMs = 1000 * options.timeout;
  const reports = await askCluster(run.agentSocket, { deadlineMs });
  const self = reports[0]?.report;
  const known: Known = {
    self: self?.host ?? "",
    reports,
    now: Date.now(),
    hosts: Object.keys(self?.watch?.hosts ?? {}).length || reports.length,
    voters:
      Object.values(self?.watch?.hosts ?? {}).filter((role) => role !== "edge").length || reports.length,
  };
  try {
    const { drills } = drillsSchema.parse(
      await askSocket(run.appSocket, "GET", "/v1/drills/last", { deadlineMs }),
    );
    return { ...known, drills };
  } catch (error) {
    return { ...known, drillsProblem: messageOf(error) };
  }
}

/** Without an agent hardly anything is known; that it is missing is known. */
function withoutAgent(names: CheckName[], options: Options, error: unknown): [CheckName, CheckResult][] {
  const started = (() => {
    try {
      return (
        existsSync(join(dataOf(options), "run")) &&
        readFileSync(runFiles(hostDirs(dataOf(options))).agentPid, "utf8") !== ""
      );
    } catch {
      return false;
    }
  })();
  const summary = `this host's agent does not answer: ${messageOf(error)}${started ? "" : "; it has never run here, or you are not root"}`;
  return names.map((name) => [
    name,
    { level: name === "node" && started ? 2 : 3, summary, figures: [], details: [] },
  ]);
}

/** `dialtone check` */
export function registerCheck(program: Command): void {
  program
    .command("check")
    .description("for Nagios, Icinga, Checkmk …: one check in the words of their plugin API")
    .addArgument(
      new Argument("[what]", "which check").choices([...Object.keys(checks), "all"]).default("all"),
    )
    .option(
      "-w, --warning <n>",
      "disk: % free (20); certificates: days left (30); drill: days (35); clock: s (1)",
      number,
    )
    .option(
      "-c, --critical <n>",
      "disk: % free (10); certificates: days left (7); drill: days (90); clock: s (5)",
      number,
    )
    .option("-t, --timeout <seconds>", "how long to wait for the agent", number, 5)
    .option("--data <directory>", "where this host keeps its data", defaultData)
    .option("--lab <name>", "a host of this lab")
    .option("--host <name>", "which one (default: a)")
    // Commander's own exit code for a misspelt option, 1, would be a WARNING.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 3))
    .addHelpText(
      "after",
      `
Exit code: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. Root's rights are needed to ask the agent.

Examples:
  dialtone check                     everything; the worst decides
  dialtone check service
  dialtone check disk -w 30 -c 15
  command[dialtone]=sudo /opt/dialtone/bin/dialtone check all        (NRPE)`,
    )
    .action(async (what: CheckName | "all", _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      if (what === "all" && (options.warning ?? options.critical) !== undefined)
        command.error("error: --warning and --critical belong to one check: name it");
      const names = what === "all" ? (Object.keys(checks) as CheckName[]) : [what];
      const limits = {
        ...(options.warning === undefined ? {} : { warn: options.warning }),
        ...(options.critical === undefined ? {} : { crit: options.critical }),
      };
      const results = await look(options).then(
        (known) => names.map((name): [CheckName, CheckResult] => [name, checks[name](known, limits)]),
        (error: unknown) => withoutAgent(names, options, error),
      );
      const result = what === "all" ? combine(results) : (results[0]?.[1] ?? combine([]));
      process.exitCode = result.level;
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ check: what, status: levels[result.level], ...result })}\n`
          : `${pluginText(what, result)}\n`,
      );
    });
}
