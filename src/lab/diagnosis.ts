import type { HostSight } from "../explain/finding.ts";
import { type Diagnosis, diagnose, freshMs } from "../explain/problems.ts";
import type { HostStatus, LabStatus } from "./lab.ts";
import { isManned } from "./names.ts";
import { describeCut } from "./text.ts";

/** Its agent was asked and did not answer: however new its last words are, it is silent now. */
const stale = (last: HostStatus["last"]) => last && { ...last, ageMs: Math.max(last.ageMs, freshMs + 1) };

/** What is wrong in a lab: what the agents say, and what was done to the hosts from outside. Pure. */
export function diagnoseLab(status: LabStatus): Diagnosis {
  const hosts = status.hosts.flatMap((host): HostSight[] => {
    if (!isManned(host)) return [];
    const known = host.agent ? { report: host.agent, ageMs: 0 } : stale(host.last);
    const silence = host.powered ? host.problem : "has no power";
    return [
      { name: host.name, role: host.role, ...(known ?? {}), ...(silence === undefined ? {} : { silence }) },
    ];
  });
  const diagnosis = diagnose(hosts);
  const heal = (host: string) => `dialtone lab heal${host} --lab ${status.lab}`;
  const problems = diagnosis.problems.map((problem) => {
    const host = status.hosts.find(({ name }) => name === problem.host);
    if (problem.code === "silent" && host?.powered === false)
      return { ...problem, advice: heal(` ${problem.host}`) };
    if (host?.paused.includes(problem.code))
      return {
        ...problem,
        what: `${problem.what}; it is paused in this lab`,
        advice: heal(` ${problem.host}`),
      };
    return problem;
  });
  const cuts = status.cuts.map((cut) => ({
    host: cut.from,
    code: "cut",
    severity: "risk" as const,
    what: `cut in this lab: ${describeCut(cut)}`,
    callers: "see the other problems",
    advice: heal(""),
  }));
  const state = diagnosis.state === "ok" && cuts.length > 0 ? "risk" : diagnosis.state;
  return { ...diagnosis, state, problems: [...problems, ...cuts] };
}
