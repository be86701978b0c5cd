import { type Command, InvalidArgumentError } from "commander";
import { waitForGreen } from "../drills/cluster-view.ts";
import { hostDeath } from "../drills/host-death.ts";
import { resultText } from "../drills/result.ts";
import { type Lab, openLab } from "../lab/lab.ts";
import { defaultLab } from "../lab/names.ts";

interface Options {
  runs: number;
  rate: number;
  patience: number;
  lab?: string;
  keepLogs: boolean;
}

const atLeast =
  (least: number, what: string) =>
  (value: string): number => {
    const number = Number(value);
    if (!Number.isFinite(number) || number < least)
      throw new InvalidArgumentError(`${what}, at least ${least}`);
    return number;
  };

/** The lab that a drill without --lab makes for itself when none is running. */
const ownLab = "drill";

const isUp = async (lab: Lab): Promise<boolean> => {
  try {
    return (await lab.status()).running;
  } catch {
    // state() throws when the lab is not up.
    return false;
  }
};

/** Runs `work` in the named lab, in the running default lab, or in an isolated one made for it. */
async function inLab<Result>(
  name: string | undefined,
  tell: (text: string) => void,
  signal: AbortSignal,
  work: (lab: Lab) => Promise<Result>,
): Promise<Result> {
  if (name !== undefined) return work(openLab(name));
  const running = openLab(defaultLab);
  if (await isUp(running)) return work(running);
  const lab = openLab(ownLab);
  tell(`no lab is running: starting an isolated one ('${ownLab}') for this drill`);
  try {
    await lab.up({ isolated: true, detach: false, fresh: true });
    await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
    return await work(lab);
  } finally {
    tell("taking the drill's own lab down");
    await lab.down({ wipe: true });
  }
}

/** `dialtone drill …` */
export function registerDrill(program: Command): void {
  const group = program
    .command("drill")
    .description("break something on purpose and measure what callers notice");
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
    .option("--keep-logs", "keep the callers' logs even when all was well", false)
    .option("--lab <name>", "which lab (default: the running one, else an isolated one of its own)")
    .addHelpText(
      "after",
      `
Callers outside the cluster place short calls at a fixed rate and dial again, as a new call, when they do not get
through. At a random moment the active node's cable goes dead and all its processes are killed. When calls have gone
through for 3 s again the node gets its power back, and when all is green the callers' own log is compared with the
call records.

Exit code: 0 kept, 1 a promise was broken (a redial failed; a record is missing, doubled or wrong), or the drill could
not run. The times d, f and z are reported, not judged. History: drills.jsonl in the lab's directory.

Example:
  dialtone drill host-death --runs 20`,
    )
    .action(async (options: Options, command: Command) => {
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      const stop = new AbortController();
      const abort = () => stop.abort(new Error("interrupted"));
      // Not `once`: execa's own handler ends the process when it believes to be the only listener.
      process.on("SIGINT", abort).on("SIGTERM", abort);
      // Progress goes to stderr, so that stdout carries the result alone.
      const tell = (text: string) => void process.stderr.write(`${text}\n`);
      try {
        const result = await inLab(options.lab, tell, stop.signal, (lab) =>
          hostDeath(lab, {
            ...{ runs: Math.round(options.runs), rate: options.rate, patienceMs: options.patience * 1000 },
            ...{ tell, signal: stop.signal, keepLogs: options.keepLogs },
          }),
        );
        process.stdout.write(`${json ? JSON.stringify(result) : resultText(result)}\n`);
        if (result.broken.length > 0) process.exitCode = 1;
      } finally {
        process.off("SIGINT", abort).off("SIGTERM", abort);
      }
    });
}
