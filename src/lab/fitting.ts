import { startAgent } from "./agents.ts";
import { setClock } from "./clock.ts";
import { largeDisk, smallDisk } from "./disk.ts";
import { stopHost } from "./lifecycle.ts";
import { labPaths } from "./names.ts";
import { type LabHost, type LabState, poweredHost, saveState } from "./state.ts";

/** Equipment of a host that some faults need. It stays over power cuts and goes with the lab. */
export type Fitting = NonNullable<LabHost["fitting"]>;

const stopGraceMs = 30_000;

/**
 * Stops a host in good order and restarts it with this equipment, and no other.
 * @throws Error when it has no power, or does not stop in order.
 */
export async function refit(state: LabState, name: string, fitting: Fitting): Promise<void> {
  const host = poweredHost(state, name);
  if (host.data === null) throw new Error(`host '${name}' has nothing to be fitted`);
  if (!(await stopHost(host, stopGraceMs)))
    throw new Error(`host '${name}' did not stop within ${stopGraceMs / 1000} s; dialtone lab heal ${name}`);
  host.keeper = null;
  if (fitting.clock) setClock(labPaths(state.lab).clock(name), 0);
  if (fitting.diskMb === undefined) await largeDisk(host.data);
  else {
    // Recorded first: whatever is mounted must be found again.
    host.fitting = { ...host.fitting, ...fitting };
    saveState(state);
    await smallDisk(host.data, fitting.diskMb, fitting.image ?? false);
  }
  host.fitting = fitting;
  host.keeper = startAgent(state.lab, name, host);
  saveState(state);
}
