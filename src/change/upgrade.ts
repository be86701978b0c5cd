import { askAll, refused } from "./ask-all.ts";
import type { Desk } from "./desk.ts";
import { confirmAll } from "./finish.ts";
import { type RolloutResult, refuseUnlessSafe, rollOut } from "./rollout.ts";

/** A new release on all hosts, one after the other. */

export interface UpgradePlan {
  release: string;
  directory: string;
  /** Which parts each host would restart; the others go on. */
  restarts: Record<string, string[]>;
}

const startMs = 90_000;

/** Asks every host whether the release in its `directory` could run it. @throws Error: not on all, or not the same. */
export async function planUpgrade(desk: Desk, directory: string, force: boolean): Promise<UpgradePlan> {
  await refuseUnlessSafe(desk, force);
  const { expected } = await desk.view();
  const found = await askAll(
    desk,
    expected,
    { kind: "look", directory },
    "the release must be ready on every host",
  );
  const releases = new Set(found.map(({ text }) => text));
  if (releases.size > 1)
    throw refused(
      `${directory} is not the same on all hosts`,
      found.map(({ host, text }) => `${host}: release ${text}`),
    );
  return {
    release: found[0]?.text ?? "",
    directory,
    restarts: Object.fromEntries(found.map(({ host, details = [] }) => [host, details])),
  };
}

/** Carries the plan out; confirms it when all hosts are well with it. @throws RolloutError */
export async function upgrade(
  desk: Desk,
  plan: UpgradePlan,
  options: { force: boolean; quiet: boolean; signal: AbortSignal },
): Promise<RolloutResult> {
  const { release, directory } = plan;
  const result = await rollOut(desk, {
    what: `release ${release}`,
    touch: async (host) => {
      const work = { kind: "release", directory, release, force: options.force } as const;
      await desk.order(host, work, { deadlineMs: startMs });
    },
    disturbs: () => true,
    isDone: (report) => report.release === release && report.checkout === directory,
    missing: (report) =>
      report.release === release ? [] : [`runs release ${report.release}, not ${release}`],
    ...options,
  });
  await confirmAll(desk);
  return result;
}

/** For people, before it begins. Pure. */
export const upgradeText = ({ release, directory, restarts }: UpgradePlan): string =>
  [
    `release ${release} in ${directory}`,
    ...Object.entries(restarts).map(
      ([host, parts]) => `  ${host}: agent${parts.length > 0 ? `, ${parts.join(", ")}` : ""} restart`,
    ),
    "  Calls go on: each host is empty when it is touched.",
  ].join("\n");
