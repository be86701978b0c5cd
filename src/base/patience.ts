/**
 * How patient those are who wait for the service: tests, drills, benches. DIALTONE_PATIENCE multiplies their deadlines, for
 * machines that are slow or busy; unset: 1. Nothing of the service itself is measured by it.
 */
const factor = Number(process.env.DIALTONE_PATIENCE ?? 1);
if (!(factor > 0))
  throw new Error(`DIALTONE_PATIENCE=${process.env.DIALTONE_PATIENCE}: must be a number above 0`);

/** A deadline in ms, as long as this machine may take. */
export const patient = (ms: number): number => Math.round(ms * factor);
