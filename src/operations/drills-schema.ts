import { z } from "zod";

/** Drills on the cluster itself: what can be run, and when it runs by itself. */

const moment = z.iso.datetime({ offset: true });

export const scheduleSchema = z.object({
  time_zone: z.string(),
  windows: z.array(
    z.object({
      cron: z.string().describe("minute hour day month weekday"),
      window_minutes: z.int(),
      run: z.array(z.string()),
      next: z.array(moment).describe("the next three times"),
    }),
  ),
  safe: z.array(z.string()).describe("what may be run on a cluster that carries calls"),
});

export const runRequest = z.strictObject({
  id: z.uuid().optional().describe("made by the sender: sending it twice changes nothing"),
  name: z.string().max(64).describe("one of `safe` of /v1/drills/schedule"),
  runs: z.int().min(1).max(5).default(1),
});
