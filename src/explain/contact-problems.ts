import type { HostReport } from "../report/host-report.ts";
import { contactMs } from "../report/news.ts";
import type { Finding, HostSight } from "./finding.ts";
import { lossyLines } from "./lossy-lines.ts";
import { silenceOf, silenceText } from "./silence.ts";

/** What hosts say of each other, or do not say any more, as problems. Pure. */

/** Records carry the hosts' clocks; digest and certificates bear minutes. */
const skewMs = 1000;

/** What those who do not hear it found out. */
function whySilent(name: string, fresh: HostReport[]): string | undefined {
  const why = silenceOf(name, fresh);
  return why === undefined || why === "unknown" ? undefined : silenceText[why];
}

/** Hosts that we do not hear, and pairs that do not hear each other. */
export function ofSilence(
  hosts: HostSight[],
  fresh: Map<string, HostReport>,
  keeper: string | undefined,
): Finding[] {
  const found: Finding[] = [];
  const served = keeper !== undefined || [...fresh.values()].some((report) => report.holds);
  for (const { name, role, report, ageMs, silence } of hosts) {
    if (fresh.has(name)) continue;
    const seenBy = [...fresh.values()].find((other) => (other.sees[name]?.ageMs ?? Infinity) <= contactMs);
    const since = ageMs === undefined ? {} : { sinceMs: Math.round(ageMs) };
    if (seenBy)
      found.push({
        host: name,
        code: "link",
        severity: "risk",
        ...since,
        what: `is not heard here, but ${seenBy.host} hears it: a link is cut`,
        callers: "nothing while one holder is seen by the witness; a takeover is slower",
        advice: "see cables and switch between the hosts",
      });
    else
      found.push({
        host: name,
        code: "silent",
        severity: role === "node" && !served ? "down" : "risk",
        ...since,
        what:
          silence ??
          whySilent(name, [...fresh.values()]) ??
          (report ? "does not answer: power, network or its agent" : "was never heard"),
        callers:
          role === "witness"
            ? "nothing now; with one node less there is no quorum: records would wait"
            : name === keeper
              ? "calls go on, it keeps the service address; a part that fails there is not started again"
              : served
                ? `nothing now${report?.holds ? "; calls were interrupted when it went silent" : ""}; nobody can take over after the next fault`
                : "calls do not get through",
        advice: `is ${name} on and connected? Its agent: 'dialtone up' (systemctl status dialtone)`,
      });
  }
  const pairs = new Set<string>();
  for (const report of fresh.values())
    for (const reason of report.verdict.reasons) {
      const [, other, for_] = /^no news from (\S+?)(?: for (\d+) s| yet)$/.exec(reason) ?? [];
      const key = [report.host, other].sort().join(" and ");
      if (other === undefined || !fresh.has(other) || pairs.has(key)) continue;
      // Not heard by us either: it has just died.
      if ((hosts.find(({ name }) => name === other)?.ageMs ?? 0) > contactMs) continue;
      pairs.add(key);
      found.push({
        host: report.host,
        code: "link",
        severity: "risk",
        what: `${key} do not hear each other`,
        ...(for_ === undefined ? {} : { sinceMs: 1000 * Number(for_) }),
        callers: "nothing while one holder is seen by the witness; a takeover is slower",
        advice: "see cables and switch between the two",
      });
    }
  return found;
}

/** Pairs of hosts whose clocks differ by more than the measurement is unsure. */
export function ofClocks(fresh: HostReport[]): Finding[] {
  const pairs = new Set<string>();
  return fresh.flatMap((report) =>
    Object.entries(report.watch?.clocks ?? {}).flatMap(([other, { offsetMs, withinMs }]): Finding[] => {
      const key = [report.host, other].sort().join(" and ");
      if (Math.abs(offsetMs) - withinMs < skewMs || pairs.has(key)) return [];
      pairs.add(key);
      return [
        {
          host: report.host,
          code: "clock",
          severity: "note",
          what: `the clocks of ${key} differ by ${(Math.abs(offsetMs) / 1000).toFixed(1)} s`,
          callers: "nothing; times in records may be wrong, and registrations expire at different times",
          advice: "run a time service (chrony, systemd-timesyncd) on all hosts",
        },
      ];
    }),
  );
}

/** Lines between hosts on which many packets get lost. */
export const ofLines = (fresh: HostReport[]): Finding[] =>
  lossyLines(fresh).map(({ ends, percent }) => ({
    host: ends[0],
    code: "line",
    severity: "risk",
    what: `${100 - percent} % of the packets between ${ends.join(" and ")} are lost (last 10 s)`,
    callers:
      "calls go on, some take a second longer; the database may leave its group, records wait in the journal",
    advice: "see cables, switch ports and the load of both hosts",
  }));
