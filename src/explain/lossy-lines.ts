import type { HostReport } from "../report/host-report.ts";
/** Lines between hosts on which packets are lost. Pure. */

/** Lines on which many packets are lost, as these hosts report them: each once, by its worse direction. */
export function lossyLines(reports: Teller[]): { ends: [string, string]; percent: number }[] {
  const lines = new Map<string, { ends: [string, string]; percent: number }>();
  for (const { host, heardPercent = {} } of reports)
    for (const [peer, percent] of Object.entries(heardPercent)) {
      const ends: [string, string] = host < peer ? [host, peer] : [peer, host];
      const known = lines.get(ends.join("-"));
      if (percent < Math.min(goodPercent, known?.percent ?? 100))
        lines.set(ends.join("-"), { ends, percent });
    }
  return [...lines.values()];
}

/** The other ends of such lines of one host, by what it and the others hear. */
export const badLines = (
  self: string,
  peers: Record<string, { report: Teller } | undefined>,
  heardPercent: Record<string, number>,
): { name: string; percent: number }[] =>
  lossyLines([
    { host: self, heardPercent },
    ...Object.values(peers).flatMap((news) => (news ? [news.report] : [])),
  ]).flatMap(({ ends, percent }) =>
    ends.includes(self) ? [{ name: ends[0] === self ? ends[1] : ends[0], percent }] : [],
  );

/** Below that a line is bad, percent. What runs over TCP stands still for seconds at such losses. */
export const goodPercent = 90;

export type Teller = Pick<HostReport, "host" | "heardPercent">;
