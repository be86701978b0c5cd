import { readFileSync, statSync } from "node:fs";
import { Listr, PRESET_TIMER } from "listr2";
import { z } from "zod";
import { demo, firstCall, seedDemo, startTelephones } from "./demo.ts";
import type { Lab } from "./lab.ts";
import type { UpOptions } from "./lifecycle.ts";
import { type Milestone, milestones, milestonesToServe } from "./readiness.ts";
import { waitFor } from "./wait.ts";

/** `lab up` step by step, with progress: hosts, parts, demonstration data, first call. */

export interface BringUpOptions extends UpOptions {
  /** Demonstration users, number, telephones and first call. */
  demo: boolean;
  /** No progress on the screen. */
  quiet: boolean;
  /** How long everything may take until all is green. */
  deadlineMs: number;
}

/** Seconds that things took. */
export interface Times {
  /** Of the set-up that ran just before, if any (npm start). */
  packages?: number;
  npm?: number;
  cluster: number;
  /** From the newcomer's command to the answer of the first call. */
  firstCall?: number;
  /** From INVITE to answer, in milliseconds. */
  firstCallAnsweredMs?: number;
}

const setupFile = new URL("../../node_modules/.dialtone-setup.json", import.meta.url);
const setupSchema = z.object({ began: z.number(), packages: z.number(), npm: z.number() });

/** What scripts/setup noted, if it ran just before this process (within 10 s), as in `npm start`. */
function setupBefore(): z.infer<typeof setupSchema> | undefined {
  const processBegan = Date.now() - 1000 * process.uptime();
  try {
    if (statSync(setupFile).mtimeMs < processBegan - 10_000) return undefined;
    return setupSchema.parse(JSON.parse(readFileSync(setupFile, "utf8")));
  } catch {
    // Not there or not readable: then the times are simply not shown.
    return undefined;
  }
}

const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;

/**
 * Starts a lab, waits until all is green, gives it something to play with.
 * @param onMade called when the hosts exist: from then on somebody has to take them down.
 * @throws Error of the first step that failed; the lab is left as it is then.
 */
export async function bringUp(
  lab: Lab,
  options: BringUpOptions,
  signal: AbortSignal,
  onMade: () => void,
): Promise<Times> {
  const setup = setupBefore();
  const began = setup ? setup.began * 1000 : Date.now() - 1000 * process.uptime();
  const clusterBegan = performance.now();
  const deadline = clusterBegan + options.deadlineMs;
  const times: Times = { ...(setup ? { packages: setup.packages, npm: setup.npm } : {}), cluster: 0 };
  let passwords: Record<string, string> = {};

  const reached = (milestone: Milestone) => ({
    title: milestone.title,
    task: async (_context: unknown, task: { output: string }): Promise<void> => {
      let shown = "";
      await waitFor(lab, milestone.missing, {
        deadlineMs: Math.max(0, deadline - performance.now()),
        signal,
        onMissing: (missing) => {
          const text = missing.join("; ");
          if (text !== shown) task.output = text;
          shown = text;
        },
      });
      times.cluster = rounded((performance.now() - clusterBegan) / 1000);
    },
  });
  const steps = new Listr(
    [
      {
        title: "hosts a, b, w and outside, as network namespaces",
        task: async () => {
          await lab.up(options);
          onMade();
        },
      },
      ...milestonesToServe.map(reached),
      {
        title: `users ${demo.caller} and ${demo.callee}, number ${demo.number}, telephones that answer`,
        enabled: () => options.demo,
        task: async () => {
          passwords = await seedDemo(lab);
          await startTelephones(lab, passwords);
        },
      },
      {
        title: "the first call",
        enabled: () => options.demo,
        task: async (_context: unknown, task: { title: string }): Promise<void> => {
          times.firstCallAnsweredMs = Math.round(await firstCall(lab));
          times.firstCall = rounded((Date.now() - began) / 1000);
          task.title = `the first call: answered after ${times.firstCallAnsweredMs} ms`;
        },
      },
      ...milestones.slice(milestonesToServe.length).map(reached),
    ],
    {
      // Signals are ours: the lab has to be taken down in order.
      registerSignalListeners: false,
      rendererOptions: { timer: PRESET_TIMER },
      renderer: options.quiet ? "silent" : process.stdout.isTTY ? "default" : "simple",
    },
  );
  await steps.run();
  signal.throwIfAborted();
  return times;
}

/** One line with everything that took its time. Pure. */
export function timesText(times: Times): string {
  return [
    ...(times.packages === undefined ? [] : [`Debian packages ${times.packages} s`]),
    ...(times.npm === undefined ? [] : [`npm packages ${times.npm} s`]),
    ...(times.firstCall === undefined
      ? []
      : [
          `first call answered ${times.firstCall} s after the start (it took ${times.firstCallAnsweredMs} ms)`,
        ]),
    `both nodes green ${times.cluster} s after the hosts were begun`,
  ].join(" · ");
}
