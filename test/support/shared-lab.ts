import { waitForGreen } from "../../src/drills/cluster-view.ts";
import { type Lab, openLab } from "../../src/lab/lab.ts";

/**
 * One lab for all files that break a cluster of the default settings and see it get well again: made before the first of
 * them, taken down behind the last (vitest's globalSetup of the project `lab-shared`).
 */
const name = "shared";

export default async function setup(): Promise<() => Promise<void>> {
  const lab = openLab(name);
  await lab.up({ isolated: true, detach: false, fresh: true });
  return async () => void (await lab.down({ wipe: true, graceMs: 0 }));
}

/** The shared lab, healed of what the file before may have left. @throws Error when it does not get green. */
export async function sharedLab(tell: (text: string) => void): Promise<Lab> {
  const lab = openLab(name);
  await lab.heal();
  const never = new AbortController().signal;
  await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), never);
  return lab;
}
