import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import type { HostDirs } from "../cluster/facts.ts";

/**
 * A new release or a new cluster.yaml runs on trial until it is confirmed. An agent that can not start with it goes
 * back by itself: nobody could order it to.
 */

/** So many starts without a confirmation that the agent runs: three are bad luck, the fourth goes back. */
const startsAllowed = 3;

const trialSchema = z.object({
  change: z.string(),
  who: z.string(),
  wallMs: z.number(),
  /** Starts that have not led to a running agent yet. */
  starts: z.int(),
  /** The release's directory before, null: the one that the unit names; undefined: the release did not change. */
  directory: z.string().nullable().optional(),
  /** Whole text of cluster.yaml before; undefined: it did not change. */
  cluster: z.string().optional(),
});
export type Trial = z.infer<typeof trialSchema>;

export const changeFiles = (dirs: HostDirs) => ({
  /** A checked cluster.yaml that waits for `activate`. */
  staged: join(dirs.data, "cluster.staged.yaml"),
  trial: join(dirs.data, "trial.json"),
  /** The directory of the release that runs, when it is not the one that the unit names. */
  release: join(dirs.data, "release.json"),
  /** Why the host went back by itself; the next agent tells it. */
  wentBack: join(dirs.data, "went-back.txt"),
});

/** The trial that is going on. @throws Error when its file can not be understood. */
export function readTrial(dirs: HostDirs): Trial | undefined {
  const { trial } = changeFiles(dirs);
  return existsSync(trial) ? trialSchema.parse(JSON.parse(readFileSync(trial, "utf8"))) : undefined;
}

/** Whole or not at all. Where the name is a link (each host of a lab begins with one), the link is replaced. */
export function replaceFile(file: string, text: string): void {
  const beside = `${file}.new`;
  writeFileSync(beside, text, { mode: 0o644, flush: true });
  renameSync(beside, file);
}

const writeTrial = (dirs: HostDirs, trial: Trial): void =>
  writeFileAtomic.sync(changeFiles(dirs).trial, JSON.stringify(trial));

export const endTrial = (dirs: HostDirs): void => rmSync(changeFiles(dirs).trial, { force: true });

/** Notes what there was before, unless an earlier step of the same change did. */
export function beginTrial(dirs: HostDirs, trial: Omit<Trial, "starts">): void {
  const before = readTrial(dirs);
  const same = before?.change === trial.change ? before : undefined;
  writeTrial(dirs, { ...trial, ...same, starts: 0 });
}

const releaseSchema = z.object({ directory: z.string().startsWith("/") });

/** Where the release that should run lies; undefined: where the unit says. */
export function chosenDirectory(dirs: HostDirs): string | undefined {
  const { release } = changeFiles(dirs);
  return existsSync(release)
    ? releaseSchema.parse(JSON.parse(readFileSync(release, "utf8"))).directory
    : undefined;
}

export function chooseDirectory(dirs: HostDirs, directory: string | null): void {
  const { release } = changeFiles(dirs);
  if (directory === null) rmSync(release, { force: true });
  else writeFileAtomic.sync(release, `${JSON.stringify({ directory })}\n`);
}

/** Puts release and cluster.yaml of before back in place; the next start runs with them. */
export function goBack(dirs: HostDirs, clusterFile: string): string {
  const trial = readTrial(dirs);
  if (!trial) throw new Error("nothing is on trial here: there is nothing to go back to");
  if (trial.cluster !== undefined) replaceFile(clusterFile, trial.cluster);
  if (trial.directory !== undefined) chooseDirectory(dirs, trial.directory);
  endTrial(dirs);
  return [
    ...(trial.cluster === undefined ? [] : ["cluster.yaml"]),
    ...(trial.directory === undefined ? [] : [`release in ${trial.directory ?? "the unit's folder"}`]),
  ].join(" and ");
}

/** With each start of an agent, before anything that the trial could break: counts, and goes back when it is enough. */
export function countStart(dirs: HostDirs, clusterFile: string): void {
  const trial = readTrial(dirs);
  if (!trial) return;
  if (trial.starts < startsAllowed) {
    writeTrial(dirs, { ...trial, starts: trial.starts + 1 });
    return;
  }
  const what = goBack(dirs, clusterFile);
  writeFileSync(
    changeFiles(dirs).wentBack,
    `the agent did not start ${startsAllowed} times with the change by ${trial.who}: back to the earlier ${what}`,
  );
}

/** Is this the first start after this host went back by itself? */
export const wentBack = (dirs: HostDirs): boolean => existsSync(changeFiles(dirs).wentBack);

/** The agent runs: its starts are forgotten, what it has to tell of them is returned. */
export function started(dirs: HostDirs): string | undefined {
  const { wentBack: file } = changeFiles(dirs);
  const trial = readTrial(dirs);
  if (trial) writeTrial(dirs, { ...trial, starts: 0 });
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  rmSync(file);
  return text;
}
