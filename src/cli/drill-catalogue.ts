import { resolve } from "node:path";
import type { Command } from "commander";
import { z } from "zod";
import { utcTime } from "../base/moment.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { defaultData } from "../cluster/facts.ts";
import { findClusterFile } from "../cluster/load.ts";
import { drillRunSchema } from "../drill-runs/run-record.ts";
import { catalogue, type DrillKind, drillNamed } from "../drills/catalogue.ts";
import { allKept, evidenceText } from "../drills/catalogue-evidence.ts";
import { clusterSite } from "../drills/cluster-site.ts";
import { catalogueText, historyText } from "../drills/history-text.ts";
import { type DrillResult, resultText } from "../drills/result.ts";
import { runCatalogue } from "../drills/run-catalogue.ts";
import { runDrillOn } from "../drills/run-drill.ts";
import { labSite, type Site } from "../drills/site.ts";
import { inLab, labOption, whoRuns } from "./in-lab.ts";
import { interruptible } from "./interruptible.ts";
import { positive } from "./options.ts";

/** `dialtone drill list|run|catalogue|history` */

/** Progress goes to stderr, so that stdout carries the result alone. */
const tell = (text: string) => void process.stderr.write(`${utcTime(Date.now(), 0)} ${text}\n`);

interface RunOptions {
  runs: number;
  rate: number;
  keepLogs: boolean;
  here: boolean;
  data: string;
  by?: string;
  lab?: string;
}

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
    .option("--here", "on the cluster that this host belongs to: only what 'drill list' calls safe", false)
    .option("--data <directory>", "with --here: where this host keeps its data", defaultData)
    .option("--by <who>", "for the history: who started it")
    .option(...labOption)
    .addHelpText(
      "after",
      `
A drill begins only when everything is green. When the service does not come back in time, it repairs what it broke and
ends. Exit code: 0 kept, 1 a promise was broken, or a drill could not run.

With --here on the node that holds the service address: real calls from this host, at most one drill at a time.

Example:
  dialtone drill run partition witness-loss --runs 3`,
    )
    .action(async (names: string[], options: RunOptions, command: Command) => {
      const kinds = names.map(drillNamed);
      const { config } = command.optsWithGlobals<{ config?: string }>();
      const runs = Math.round(options.runs);
      const startedBy = options.by ?? whoRuns();
      const on = async (site: Site, signal: AbortSignal) => {
        const all: DrillResult[] = [];
        for (const kind of kinds)
          all.push(
            await runDrillOn(site, kind, {
              runs,
              rate: options.rate,
              keepLogs: options.keepLogs,
              startedBy,
              tell,
              signal,
            }),
          );
        return all;
      };
      const results = await interruptible(async (signal) =>
        options.here
          ? on(
              await clusterSite({ data: resolve(options.data), clusterFile: findClusterFile(config) }),
              signal,
            )
          : inLab(options.lab, tell, signal, (lab) => on(labSite(lab), signal)),
      );
      print(command, { drills: results }, () =>
        results.map((result) => `${result.drill}\n${resultText(result)}`).join("\n\n"),
      );
      if (results.some(({ broken }) => broken.length > 0)) process.exitCode = 1;
    });

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
A lab that does not become green again is made from scratch, and that is noted. Exit code: 0 all runs done and every promise
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
            runCatalogue([lab], {
              wanted,
              file: resolve(options.evidence),
              rate: options.rate,
              tell,
              signal,
              minutes: options.minutes ?? null,
              startedBy: whoRuns(),
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
