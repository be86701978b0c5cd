import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import { join } from "node:path";
import PQueue from "p-queue";
import { z } from "zod";
import { Problem } from "../http/problems.ts";
import { TooBusy } from "./password.ts";

/**
 * Passwords that would be guessed are refused where they are set: those that are common or were stolen somewhere, patterns, and names
 * (OWASP ASVS 2.1.7; NIST SP 800-63B 5.1.1.2). Judged by zxcvbn-ts, in a process that is there only then (strength-process.ts): its dictionaries are some 100 MB.
 */

/** What zxcvbn-ts says: 0 to 4, and by a word of its own what is wrong. */
const judgedSchema = z.object({ score: z.int().min(0).max(4), warning: z.string().nullable() });
export type Judged = z.infer<typeof judgedSchema>;

/** For the process. */
export interface ToJudge {
  password: string;
  /** What who guesses tries first. */
  names: readonly string[];
}

/** At least 10^8 guesses. The console's meter says so too: console/src/kit/strength.ts. */
const leastScore = 3;

/** The service's own. */
const product = "dialtone";

/** A shorter name stands in many a harmless word: then the dictionaries decide. */
const shortestName = 4;

/** By what zxcvbn-ts warns of: https://github.com/zxcvbn-ts/zxcvbn, Feedback.ts. */
const words: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["topTen", "topHundred", "common", "similarToCommon", "pwned"].map((warning) => [
      warning,
      "must not be a common password, or nearly one",
    ]),
  ),
  ...Object.fromEntries(
    ["straightRow", "keyPattern", "simpleRepeat", "extendedRepeat", "sequences"].map((warning) => [
      warning,
      "must not repeat itself, nor follow the keyboard or the alphabet",
    ]),
  ),
};

/** Pieces of the names of a person, as others know it, and of the service. @param more such as the cluster's name. Pure. */
export const namesOf = (name: string, display: string, ...more: string[]): string[] => [
  ...new Set(
    [product, ...more, name, ...name.split(/[._@-]+/), ...display.split(/[\s.,_@-]+/)]
      .map((one) => one.toLowerCase())
      .filter((one) => one !== ""),
  ),
];

/** What is wrong with a password; undefined: nothing. Pure. */
export function weaknessOf({ password, names }: ToJudge, { score, warning }: Judged): string | undefined {
  const text = password.normalize("NFKC").toLowerCase();
  const named = names.find((name) => name.length >= shortestName && text.includes(name));
  if (named !== undefined) return `must not contain '${named}': names are guessed first`;
  if (score >= leastScore) return undefined;
  return words[warning ?? ""] ?? "is guessed too easily: a few words that do not belong together are better";
}

/** Calls go first. */
const niceness = 10;
/** On a machine that has hardly any time for it. */
const mostMs = 30_000;
/** The process is kept for the next one for so long. */
const keptMs = 5000;
/** One after the other; more than these wait: then nobody's is looked at. */
const queue = new PQueue({ concurrency: 1 });
const mostWaiting = 50;
let judge: ChildProcess | undefined;
let ends: NodeJS.Timeout | undefined;

function begun(): ChildProcess {
  const child = fork(join(import.meta.dirname, "strength-process.ts"), [], {
    env: {},
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  if (child.pid !== undefined) setPriority(child.pid, niceness);
  // An app that ends does not wait for it, and takes it along.
  child.unref();
  child.channel?.unref();
  return child;
}

async function judged(given: ToJudge): Promise<Judged> {
  clearTimeout(ends);
  judge ??= begun();
  const child = judge;
  const over = new AbortController();
  const timer = setTimeout(() => child.kill("SIGKILL"), mostMs);
  try {
    const [answer] = await Promise.race([
      new Promise<unknown[]>((resolve, reject) => {
        child.send(given, (error) => error && reject(error));
        once(child, "message", over).then(resolve, reject);
      }),
      once(child, "exit", over).then(([code, signal]) => {
        throw new Error(`the process that judges passwords ended before its time (${signal ?? code})`);
      }),
    ]);
    ends = setTimeout(() => end(child), keptMs).unref();
    return judgedSchema.parse(answer);
  } catch (error) {
    end(child);
    throw error;
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

function end(child: ChildProcess): void {
  if (judge === child) judge = undefined;
  child.kill("SIGKILL");
}

/**
 * @param names what it must not contain (`namesOf`)
 * @throws Problem `invalid-request` that names the field; TooBusy; Error when it can not be judged
 */
export async function assertStrong(password: string, names: readonly string[]): Promise<void> {
  if (queue.size >= mostWaiting) throw new TooBusy(`${mostWaiting} passwords wait to be looked at`);
  const given = { password, names };
  const weakness = weaknessOf(given, await queue.add(() => judged(given)));
  if (weakness !== undefined)
    throw new Problem("invalid-request", "this password would be guessed: nothing was changed", [
      { path: "/password", message: weakness },
    ]);
}
