import type { Desk } from "./desk.ts";
import { type RolloutResult, rollOut } from "./rollout.ts";

/** An orderly stop of all parts, the database last, and their start. */
const restartMs = 150_000;

/** All hosts anew, one after the other, standby first. @throws RolloutError */
export const restartAll = (
  desk: Desk,
  options: { parts: boolean; force: boolean; quiet: boolean; signal: AbortSignal },
): Promise<RolloutResult> => {
  const { parts, ...rest } = options;
  return rollOut(desk, {
    what: parts ? "agent and parts anew" : "agent anew",
    touch: async (host) => {
      await desk.order(host, { kind: "restart", parts, force: rest.force }, { deadlineMs: restartMs });
    },
    disturbs: () => parts,
    missing: () => [],
    ...rest,
  });
};
