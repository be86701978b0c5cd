import { z } from "zod";

/** More calls than a node can carry: it refuses the newest with 503 (docs/decisions/0026-overload.md). */
export const refusingSchema = z.object({
  /** Calls and registrations refused a second, lately. */
  perSecond: z.number(),
  /** New calls a second that it takes at most. */
  limit: z.number(),
  /** Refused since the SIP server was started. */
  total: z.number(),
  sinceMs: z.number(),
});
export type Refusing = z.infer<typeof refusingSchema>;

/** For people. Pure. */
export const refusingText = ({ perSecond, limit }: Refusing): string =>
  `refusing ${perSecond} calls/s: more than this node can carry (at most ${limit} a second)`;
