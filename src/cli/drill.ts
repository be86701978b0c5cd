import { type Command, Option } from "commander";
import { type MediaFault, mediaDrill, mediaText } from "../drills/media-drill.ts";
import { callersBy, hostDeathBy, type Way, ways } from "../drills/movers.ts";
import { resultText } from "../drills/result.ts";
import { runDrill } from "../drills/run-drill.ts";
import { registerCatalogue } from "./drill-catalogue.ts";
import { inLab, labOption, whoRuns } from "./in-lab.ts";
import { interruptible } from "./interruptible.ts";
import { atLeast } from "./options.ts";

interface Options {
  by: Way;
  runs: number;
  rate: number;
  patience: number;
  lab?: string;
  keepLogs: boolean;
  media?: boolean;
  calls: number;
}

/** `dialtone drill …` */
export function registerDrill(program: Command): void {
  const group = program
    .command("drill")
    .description("break something on purpose and measure what callers notice");
  registerCatalogue(group);
  group
    .command("host-death")
    .description("cut the power of the active node while calls come in; heal it; report")
    .option("--runs <n>", "how often", atLeast(1, "a number of runs"), 1)
    .option("--rate <cps>", "calls per second: 50 gives figures to 20 ms", atLeast(1, "calls per second"), 50)
    .option(
      "--patience <s>",
      "seconds without an answer after which a caller gives up",
      atLeast(1, "seconds"),
      4,
    )
    .addOption(
      new Option("--by <way>", "how callers find the service (docs/movers.md)").choices(ways).default("vrrp"),
    )
    .option("--media", "instead: established calls with audio, and what both ends heard", false)
    .option("--calls <n>", "with --media: how many", atLeast(1, "a number of calls"), 100)
    .option("--keep-logs", "keep the callers' logs even when all was well", false)
    .option(...labOption)
    .addHelpText(
      "after",
      `
Callers outside the cluster place short calls at a fixed rate and dial again, as a new call, when they do not get
through. At a random moment the active node's cable goes dead and all its processes are killed. When calls have gone
through for 3 s again the node gets its power back, and when all is green the callers' own log is compared with the
call records.

Exit code: 0 kept, 1 a promise was broken (a redial failed; a record is missing, doubled or wrong), or the drill could
not run, or the outage was longer than the catalogue allows ('dialtone drill list'). History: 'dialtone drill history',
and drills.jsonl in the lab's directory.

Example:
  dialtone drill host-death --runs 20`,
    )
    .action(async (options: Options, command: Command) => {
      if (options.media) return runMedia({ kind: "host-death" }, options, command);
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      // Progress goes to stderr, so that stdout carries the result alone.
      const tell = (text: string) => void process.stderr.write(`${text}\n`);
      const result = await interruptible((signal) =>
        inLab(options.lab, tell, signal, (lab) =>
          runDrill(lab, hostDeathBy(lab, options.by), {
            callers: callersBy(lab, options.by),
            runs: Math.round(options.runs),
            rate: options.rate,
            patienceMs: options.patience * 1000,
            tell,
            signal,
            keepLogs: options.keepLogs,
            startedBy: whoRuns(),
          }),
        ),
      );
      process.stdout.write(`${json ? JSON.stringify(result) : resultText(result)}\n`);
      if (result.broken.length > 0) process.exitCode = 1;
    });

  for (const kind of ["process-death", "process-hang"] as const)
    withMediaOptions(
      group
        .command(`${kind} <part>`)
        .description(
          kind === "process-death"
            ? "kill one part of a node while calls with audio go on"
            : "stop one part of a node (SIGSTOP) while calls with audio go on",
        )
        .addOption(
          new Option("--on <node>", "which node's").choices(["active", "standby"]).default("active"),
        ),
    ).action((part: string, options: Options & { on: "active" | "standby" }, command: Command) =>
      runMedia({ kind, part, on: options.on }, options, command),
    );
  withMediaOptions(
    group
      .command("switchover")
      .description("hand the service address over by plan while calls with audio go on"),
  ).action((options: Options, command: Command) => runMedia({ kind: "switchover" }, options, command));
}

const withMediaOptions = (command: Command): Command =>
  command
    .option("--runs <n>", "how often", atLeast(1, "a number of runs"), 1)
    .option("--calls <n>", "established calls with audio", atLeast(1, "a number of calls"), 100)
    .option(...labOption);

/** Established calls with audio, a fault, the figures of both ends. Exit code 1: a promise was broken. */
async function runMedia(
  fault: MediaFault,
  options: Pick<Options, "runs" | "calls" | "lab">,
  command: Command,
): Promise<void> {
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  const tell = (text: string) => void process.stderr.write(`${text}\n`);
  const result = await interruptible((signal) =>
    inLab(options.lab, tell, signal, (lab) =>
      mediaDrill(lab, {
        fault,
        runs: Math.round(options.runs),
        calls: Math.round(options.calls),
        tell,
        signal,
      }),
    ),
  );
  process.stdout.write(`${json ? JSON.stringify(result) : mediaText(result)}\n`);
  if (result.broken.length > 0) process.exitCode = 1;
}
