import { z } from "zod";

/** Orders of people at the console to the cluster: POST /v1/orders. */

const host = z.string().min(1).max(15).describe("a node's name");
const force = z
  .boolean()
  .default(false)
  .describe("although the other node lacks something that calls can do without");
const id = z.uuid().optional().describe("made by the sender: sending it twice changes nothing");

export const orderRequest = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("switchover"), id, force }),
  z.strictObject({
    ...{ kind: z.literal("drain"), id, host, force },
    why: z.string().max(200).default("").describe("for those who read the status"),
  }),
  z.strictObject({ kind: z.literal("undrain"), id, host }),
]);

export const foreseeQuery = z.object({
  kind: z.enum(["switchover", "drain", "undrain"]),
  host: z.string().max(15).optional().describe("of drain and undrain"),
  force: z.stringbool().default(false),
});

export const foreseenSchema = z.object({
  possible: z.boolean(),
  against: z.array(z.string()).describe("why it would be refused"),
  callers: z.array(z.string()).describe("what callers would notice, in sentences"),
  holder: z.string().nullable().describe("who has the service address afterwards"),
});

export const givenSchema = z.object({ id: z.uuid(), host: z.string().describe("who is to carry it out") });
