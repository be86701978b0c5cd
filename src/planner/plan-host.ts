import { fork } from "node:child_process";
import { setPriority } from "node:os";
import { join } from "node:path";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { Cluster } from "../cluster/schema.ts";
import { Problem } from "../http/problems.ts";
import { interview, planText, usualReply } from "./init.ts";
import {
  type PlanAnswer,
  type PlanRequest,
  planAnswerSchema,
  planRequest,
  usualPlanSchema,
} from "./plan-schema.ts";

/** /v1/plan: what `dialtone plan` answers, with what the drills of this cluster showed. */

export interface PlannerOrder {
  request: PlanRequest;
  cluster: Cluster;
  /** Of drills, as they are kept. */
  results: unknown[];
}

export type FromPlanner = { answer: PlanAnswer } | { refused: string[] };

/** Calls go first. */
const niceness = 10;
const mostMs = 120_000;

/** @throws Problem `invalid-request` with the lines of the plan, `not-now` */
async function workOut(order: PlannerOrder): Promise<PlanAnswer> {
  const child = fork(join(import.meta.dirname, "plan-process.ts"), [], {
    serialization: "advanced",
    env: {},
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  if (child.pid !== undefined) setPriority(child.pid, niceness);
  const timer = setTimeout(() => child.kill("SIGKILL"), mostMs);
  try {
    const said = await new Promise<FromPlanner>((resolve, reject) => {
      child.once("message", resolve);
      child.once("error", reject);
      child.once("exit", (code, signal) =>
        reject(new Problem("not-now", `the planner ended before its time (${signal ?? code})`)),
      );
      child.send(order);
    });
    if ("answer" in said) return said.answer;
    throw new Problem(
      "invalid-request",
      "the plan can not be worked out",
      said.refused.map((message) => ({ path: "/plan", message })),
    );
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }
}

export const planRoutes =
  (cluster: Cluster, drilled: () => Promise<unknown[]>): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["planner"];
    let isRunning = false;
    app.get(
      "/v1/plan/usual",
      {
        schema: {
          summary: "A plan to begin with: two servers, usual figures",
          tags,
          response: { 200: usualPlanSchema },
        },
      },
      async () => ({ plan: planText(await interview(usualReply)) }),
    );
    app.post(
      "/v1/plan",
      {
        schema: {
          summary: "How much availability a plan gives, what it costs, and what drills have proved of it",
          description:
            "Runs in a process of its own, of low priority, one at a time on a node. Keeps nothing.",
          tags,
          body: planRequest,
          response: { 200: planAnswerSchema },
        },
      },
      async ({ body }) => {
        if (isRunning) throw new Problem("not-now", "a plan is being worked out at this node: wait for it");
        isRunning = true;
        try {
          const results = body.drilled ? await drilled() : [];
          return await workOut({ request: body, cluster, results });
        } finally {
          isRunning = false;
        }
      },
    );
  };
