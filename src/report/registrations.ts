import { z } from "zod";

/** Our registrations at carriers, as the holder of the service address sees them. */
export const registrationsSchema = z.array(
  z.object({
    carrier: z.string(),
    registered: z.boolean(),
    /** Since it is so; a registration that is being renewed is still one. */
    sinceMs: z.number(),
    /** Until it ends, if it is not renewed. */
    leftMs: z.number(),
  }),
);
export type Registrations = z.infer<typeof registrationsSchema>;

/** Carriers that are left alone because they failed: docs/carriers.md. */
export const brokenCarriersSchema = z.array(z.object({ carrier: z.string(), sinceMs: z.number() }));
export type BrokenCarriers = z.infer<typeof brokenCarriersSchema>;

/** Guards that found that too much is called (docs/carriers.md), and for whom: a user, an address, or all (empty). */
export const guardAlarmsSchema = z.array(
  z.object({ guard: z.string(), subject: z.string(), why: z.string(), sinceMs: z.number() }),
);
export type GuardAlarms = z.infer<typeof guardAlarmsSchema>;

/** So long a registration may take before people are told: a silent registrar is asked again after 5 s, and 10. */
const patienceMs = 20_000;

/** Those that people must know of. Pure. */
export const unregistered = (registrations: Registrations = []): Registrations =>
  registrations.filter(({ registered, sinceMs }) => !registered && sinceMs >= patienceMs);
