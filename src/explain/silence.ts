import type { HostReport } from "../report/host-report.ts";
import type { Silence } from "../report/silence.ts";

export const silenceText: Record<Silence, string> = {
  "agent-hangs": "the host is there, but its agent hangs",
  "agent-dead": "the host is there, but no agent runs on it",
  "host-unreachable": "the host is off or cut off",
};

/**
 * Why is a host silent, as those found out who do not hear it? Who reached its kernel knows better than one to whom it is
 * cut off. unknown: they have not asked yet. undefined: nobody misses it. Pure.
 */
export function silenceOf(
  host: string,
  heard: readonly Pick<HostReport, "watch">[],
): Silence | "unknown" | undefined {
  const said = heard.flatMap(({ watch }) => watch?.silent?.[host] ?? []);
  const order = ["agent-hangs", "agent-dead", "host-unreachable", "unknown"] as const;
  return order.find((why) => said.includes(why));
}
