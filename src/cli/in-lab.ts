import { userInfo } from "node:os";
import { waitForGreen } from "../drills/cluster-view.ts";
import { type Lab, openLab } from "../lab/lab.ts";
import { defaultLab } from "../lab/names.ts";

/** Where a drill of the command line takes place. */

export const labOption = [
  "--lab <name>",
  "which lab (default: the running one, else an isolated one of its own)",
] as const;

/** The lab that a drill without --lab makes for itself when none is running. */
const ownLab = "drill";

const isUp = async (lab: Lab): Promise<boolean> => {
  try {
    return (await lab.status()).running;
  } catch {
    // state() throws when the lab is not up.
    return false;
  }
};

/** Runs `work` in the named lab, in the running default lab, or in an isolated one made for it. */
export async function inLab<Result>(
  name: string | undefined,
  tell: (text: string) => void,
  signal: AbortSignal,
  work: (lab: Lab) => Promise<Result>,
): Promise<Result> {
  if (name !== undefined) return work(openLab(name));
  const running = openLab(defaultLab);
  if (await isUp(running)) return work(running);
  const lab = openLab(ownLab);
  tell(`no lab is running: starting an isolated one ('${ownLab}') for this drill`);
  try {
    await lab.up({ isolated: true, detach: false, fresh: true });
    await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
    return await work(lab);
  } finally {
    tell("taking the drill's own lab down");
    await lab.down({ wipe: true });
  }
}

/** For the history: who started it. */
export const whoRuns = (): string => process.env.SUDO_USER ?? userInfo().username;
