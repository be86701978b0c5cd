import { z } from "zod";
import { entityName } from "../directory/names-schema.ts";
import { carrierAddressSchema, carrierNumber, nextOn, probeS, waitMs } from "./carrier-schema.ts";

/** Farms: several machines of a kind (gateways, PBXes, media servers, nodes), of which each call goes to one. */

export const farmMethods = ["hash", "weighted", "round-robin", "least-calls", "fastest"] as const;

export const farmSchema = z.strictObject({
  name: entityName,
  description: z.string().max(256).default(""),
  targets: z
    .array(
      carrierAddressSchema.extend({
        weight: z
          .int()
          .min(0)
          .max(1000)
          .default(1)
          .describe("its share of the calls, beside the others' weights; 0: when no other one is left"),
        drained: z
          .literal(true)
          .optional()
          .describe("out of service: no new calls, unless all are; those in progress stay"),
      }),
    )
    .min(1)
    .max(256)
    .refine(
      (targets) => new Set(targets.map(({ host, port }) => `${host}:${port}`)).size === targets.length,
      "names a target twice",
    ),
  method: z
    .enum(farmMethods)
    .default("weighted")
    .describe(
      "hash: calls with the same `by` go to the same one; weighted: drawn by weight; round-robin: one after the other; least-calls: with the fewest calls in progress for its weight; fastest: where it rings soonest",
    ),
  by: z
    .enum(["call-id", "from", "to", "request-uri"])
    .default("call-id")
    .describe("what is hashed; to: the number as it was dialled, request-uri: as it is meant"),
  tries: z
    .int()
    .min(1)
    .max(8)
    .default(3)
    .describe("a call tries at most so many of them, one after the other"),
  min_answered_percent: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("a target of whose last 100 calls fewer were answered is tried after the others"),
  number: carrierNumber,
  probe_s: probeS,
  wait_ms: waitMs,
  next_on: nextOn(["408", "5xx"]),
});
export type Farm = z.infer<typeof farmSchema>;
export type FarmTarget = Farm["targets"][number];
