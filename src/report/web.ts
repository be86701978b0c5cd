import { z } from "zod";

/** The web door of a node (HAProxy): the certificate that browsers get there. */
export const webSchema = z.object({
  /** Where it is from: given, acme, generated, or hosts: the one with which the hosts talk to each other. */
  kind: z.string(),
  /** SHA-256 of what is shown, 64 hex digits. */
  fingerprint: z.string(),
  /** ms since 1970. */
  ends: z.number(),
  /** Why it is not the one that it should be, in words; missing: it is. */
  problem: z.string().optional(),
});
export type WebReport = z.infer<typeof webSchema>;
