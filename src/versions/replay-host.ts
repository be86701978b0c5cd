import { fork } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { PoolOptions } from "../db/pool.ts";
import type { Setting } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { type ReplayReport, replayRequest, replaySchema } from "./replay-schema.ts";

/** Starts the process that decides past calls again (replay-process.ts), one at a time. */

/** Where what it needs is. */
export interface ReplaySources extends Pick<PoolOptions, "endpoints" | "login"> {
  /** The file of the app's snapshot, and the folder of its price tables. */
  snapshot: string;
  prices: string;
  setting: Setting;
}

export interface ReplayOrder extends ReplaySources {
  draft?: string | undefined;
  since: string;
  until: string;
  groups: number;
}

export type FromReplay = { report: ReplayReport } | { failed: string };

/** Calls go first: a tenth of their weight where there is not enough for both. */
const niceness = 10;
/** It ends by then, whatever it found. */
const mostMs = 20 * 60_000;
/** For 1,000,000 numbers and 100,000 rules twice, and a million prices. */
const heapMb = 4096;

/** @throws Problem */
export async function replay(order: ReplayOrder): Promise<ReplayReport> {
  const child = fork(join(import.meta.dirname, "replay-process.ts"), [], {
    serialization: "advanced",
    env: {},
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [`--max-old-space-size=${heapMb}`],
  });
  if (child.pid !== undefined) setPriority(child.pid, niceness);
  const timer = setTimeout(() => child.kill("SIGKILL"), mostMs);
  try {
    const answer = await new Promise<FromReplay>((resolve, reject) => {
      child.once("message", resolve);
      child.once("error", reject);
      child.once("exit", (code, signal) =>
        reject(new Problem("not-now", `the replay ended before its time (${signal ?? code})`)),
      );
      child.send(order);
    });
    if ("failed" in answer) throw new Problem("not-now", `the replay failed: ${answer.failed}`);
    return answer.report;
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
}

/** POST /v1/rules/replay */
export const replayRoutes =
  (sources: ReplaySources): FastifyPluginAsyncZod =>
  async (app) => {
    let isRunning = false;
    app.post(
      "/v1/rules/replay",
      {
        schema: {
          summary: "Past calls decided again: what would be different, and what it would cost",
          description:
            "Runs in a process of its own, of low priority, one at a time on a node; a million calls take some ten seconds. " +
            "Scripts and web applications are not asked.",
          tags: ["versions"],
          body: replayRequest,
          response: { 200: replaySchema },
        },
      },
      async ({ body: { draft, since, until, groups } }) => {
        if (isRunning) throw new Problem("not-now", "a replay is under way at this node: wait for its end");
        isRunning = true;
        try {
          return await replay({ ...sources, draft, since, until: until ?? new Date().toISOString(), groups });
        } finally {
          isRunning = false;
        }
      },
    );
  };
