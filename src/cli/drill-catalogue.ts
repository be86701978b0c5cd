import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { catalogue, type DrillKind, drillNamed } from "../drills/catalogue.ts";
import { allKept, evidenceText } from "../drills/catalogue-evidence.ts";
import { catalogueText, historyText } from "../drills/history-text.ts";
import { resultText } from "../drills/result.ts";
import { runCatalogue } from "../drills/run-catalogue.ts";
import { runDrill } from "../drills/run-drill.ts";
import { drillRunSchema } from "../drills/run-record.ts";
import { apiTargets, ask, print, withApiOptions } from "./api.ts";
import { inLab, whoRuns } from "./in-lab.ts";

/** `dialtone drill list|run|catalogue|history` */

const positive =
  (what: string) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError(`${what}, above 0`);
    return number;
  };

/** Progress goes to stderr, so that stdout carries the result alone. */
const tell = (text: string) =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

/** Ctrl-C ends a drill in good order: what was broken is repaired. */
async function interruptible<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const stop = new AbortController();
  const abort = () => stop.abort(new Error("interrupted"));
  // Not `once`: execa's own handler ends the process when it believes to be the only listener.
  process.on("SIGINT", abort).on("SIGTERM", abort);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", abort).off("SIGTERM", abort);
  }
}

const labOption = [
  "--lab <name>",
  "which lab (default: the running one, else an isolated one of its own)",
] as const;

export function registerCatalogue(group: Command): void {
  group
    .command("list")
    .description("all drills: what happens, how long callers may notice, where it is safe")
    .action((_options: unknown, command: Command) =>
      print(command, { drills: catalogue }, () => catalogueText(catalogue)),
    );

  group
    .command("run <name...>")
    .description("drills of the catalogue, one after the other, in a lab, under calls")
    .option("--runs <n>", "how often each", positive("a number of runs"), 1)
    .option("--rate <cps>", "calls per second", positive("calls per second"), 20)
    .option("--keep-logs", "keep the callers' logs even when all was well", false)
    .option(...labOption)
    .addHelpText(
      "after",
      `
A drill begins only when everything is green. When the service does not come back in time, it repairs what it broke and
ends. Exit code: 0 kept, 1 a promise was broken, or a drill could not run.

Example:
  dialtone drill run partition witness-loss --runs 3`,
    )
    .action(
      async (
        names: string[],
        options: { runs: number; rate: number; keepLogs: boolean; lab?: string },
        command: Command,
      ) => {
        const kinds = names.map(drillNamed);
        const results = await interruptible((signal) =>
          inLab(options.lab, tell, signal, async (lab) => {
            const all = [];
            for (const kind of kinds)
              all.push(
                await runDrill(lab, kind, {
                  ...{ runs: Math.round(options.runs), rate: options.rate, startedBy: whoRuns() },
                  ...{ keepLogs: options.keepLogs, tell, signal },
                }),
              );
            return all;
          }),
        );
        print(command, { drills: results }, () =>
          results.map((result) => `${result.drill}\n${resultText(result)}`).join("\n\n"),
        );
        if (results.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
      },
    );

  group
    .command("catalogue")
    .description("every drill (or those named with --only), unattended; goes on where it stopped")
    .option("--runs <n>", "how often each", positive("a number of runs"), 1)
    .option("--rate <cps>", "calls per second", positive("calls per second"), 20)
    .option("--only <names>", "comma-separated names, or beginnings of names", "")
    .option("--minutes <n>", "begin no further drill after so long", positive("minutes"))
    .option(
      "--evidence <file>",
      "what was found, as JSON; read first: runs that are in it are not done again",
      "drills-evidence.json",
    )
    .option(...labOption)
    .addHelpText(
      "after",
      `
A lab that does not become green again is made anew, and that is noted. Exit code: 0 all runs done and every promise
kept, 1 not.

Example:
  dialtone drill catalogue --runs 10 --minutes 120 --evidence evidence.json`,
    )
    .action(
      async (
        options: {
          runs: number;
          rate: number;
          only: string;
          minutes?: number;
          evidence: string;
          lab?: string;
        },
        command: Command,
      ) => {
        const wanted = chosen(options.only).map((kind) => ({ kind, runs: Math.round(options.runs) }));
        const evidence = await interruptible((signal) =>
          inLab(options.lab, tell, signal, (lab) =>
            runCatalogue(lab, {
              ...{ wanted, file: resolve(options.evidence), rate: options.rate, tell, signal },
              ...{ minutes: options.minutes ?? null, startedBy: whoRuns() },
            }),
          ),
        );
        print(command, evidence, () => evidenceText(evidence, catalogue));
        if (!allKept(evidence, wanted)) process.exitCode = 1;
      },
    );

  withApiOptions(
    group
      .command("history [kind]")
      .description("what was drilled, when, with which result, and where the figures are going")
      .option("--limit <n>", "so many of the newest", positive("a number"), 200),
  )
    .addHelpText("after", "\nExample:\n  dialtone drill history host-death")
    .action(async (kind: string | undefined, options: { limit: number }, command: Command) => {
      const search = new URLSearchParams({ limit: String(Math.min(1000, Math.round(options.limit))) });
      if (kind !== undefined) search.set("kind", kind);
      const page = z.object({ drills: z.array(drillRunSchema) });
      const { drills } = await ask(apiTargets(command), page, "GET", `/v1/drills?${search}`);
      print(command, { drills }, () => historyText(drills));
    });
}

/** @throws Error when a name fits nothing */
function chosen(only: string): DrillKind[] {
  const names = only
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
  if (names.length === 0) return [...catalogue];
  for (const name of names) if (!catalogue.some((kind) => kind.name.startsWith(name))) drillNamed(name);
  return catalogue.filter((kind) => names.some((name) => kind.name.startsWith(name)));
}
