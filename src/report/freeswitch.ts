import { z } from "zod";

/** FreeSWITCH hosts (role: freeswitch), as the holder of the service address sees them. */
export const freeswitchSchema = z.array(
  z.object({
    host: z.string(),
    address: z.string(),
    port: z.int(),
    /** It answers OPTIONS. */
    answers: z.boolean(),
    /** Since it is so, as far as this host knows. */
    sinceMs: z.number(),
  }),
);
export type FreeswitchSeen = z.infer<typeof freeswitchSchema>;

/** Those that people must know of. Pure. */
export const silentFreeswitch = (seen: FreeswitchSeen = []): FreeswitchSeen =>
  seen.filter(({ answers }) => !answers);
