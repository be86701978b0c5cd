import type { Desk } from "./desk.ts";
import { type RolloutResult, rollOut } from "./rollout.ts";

/** An orderly stop of all parts, the database last, and their start. */
const restartMs = 150_000;

/** Restarts all hosts, one after the other, standby first. @throws RolloutError */
export const restartAll = (
  desk: Desk,
  options: { parts: boolean; force: boolean; quiet: boolean; signal: AbortSignal },
): Promise<RolloutResult> => {
  const { parts, ...rest } = options;
  return rollOut(desk, {
    what: parts ? "restart of agent and parts" : "restart of the agent",
    touch: async (host) => {
      await desk.order(host, { kind: "restart", parts, force: rest.force }, { deadlineMs: restartMs });
    },
    disturbs: () => parts,
    missing: () => [],
    ...rest,
  });
};
