import { Cron } from "croner";
import { z } from "zod";
import { messageOf } from "../base/message.ts";

/** The part `drills` of cluster.yaml: what is drilled on the cluster itself, and when. */

/** Drills that real callers notice no more than a planned switchover: those of the catalogue that are safe on production. */
export const safeDrills = [
  "switchover",
  "kamailio-death-standby",
  "app-death-standby",
  "mariadb-death-standby",
  "keepalived-death-standby",
  "redis-death-standby",
  "rtpengine-death-standby",
  "agent-death-standby",
] as const;

/** @throws never: the reason is the answer */
function whyNotCron(pattern: string): string | undefined {
  try {
    new Cron(pattern, { paused: true }).stop();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false; // RangeError: that is the answer
  }
}

const cron = z.string().superRefine((pattern, context) => {
  const why = whyNotCron(pattern);
  if (why !== undefined)
    context.addIssue({
      code: "custom",
      message: `must be a cron pattern such as '30 3 * * 2' (minute hour day month weekday): ${why}`,
    });
});

export const drillsSchema = z
  .strictObject({
    /** The schedule's times are of this IANA time zone, daylight saving time included. */
    time_zone: z
      .string()
      .refine(isTimeZone, "must be an IANA time zone such as Europe/Amsterdam")
      .default("UTC"),
    schedule: z
      .array(
        z.strictObject({
          /** When the window opens. */
          cron,
          /** No drill begins later than so many minutes after that. */
          window_minutes: z.int().min(1).max(720).default(60),
          /** In this order; the switchover, if it is among them, last. */
          run: z.array(z.enum(safeDrills)).min(1),
        }),
      )
      .default([]),
  })
  .prefault({});

export type DrillSchedule = z.infer<typeof drillsSchema>["schedule"][number];
