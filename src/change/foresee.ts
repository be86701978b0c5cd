import type { HostReport } from "../report/host-report.ts";
import { besideTakeover, type LightCode } from "../report/light.ts";
import { contactMs } from "../report/news.ts";
import { type ClusterView, duringChange } from "./safety.ts";
import { whyNotSwitchOver } from "./why-not-switch-over.ts";

/** What callers would notice of maintenance, before a person decides it. Pure. */

export interface Foreseen {
  possible: boolean;
  /** Why it is refused; also what `force` would pass over. */
  against: string[];
  /** In sentences. */
  callers: string[];
  /** Who has the service address afterwards, as far as it is known. */
  holder: string | null;
}

const fresh = ({ entries }: ClusterView): HostReport[] =>
  entries.filter(({ ageMs }) => ageMs <= contactMs).map(({ report }) => report);

/** What is left when `node` is out of service: nothing to say, or that somebody is alone. */
export function leftWithout(view: ClusterView, node: string): { others: string[]; text: string } {
  const others = fresh(view)
    .filter(({ host, role, verdict }) => host !== node && role === "node" && verdict.mayHold)
    .map(({ host }) => host);
  const text =
    others.length > 1 ? "" : `${others[0] ?? "nobody"} is alone now: when it fails, calls do not get through`;
  return { others, text };
}

/** What the last drill of a switchover showed, if there was one of what runs now. */
function proof(reports: readonly HostReport[], holder: HostReport): string {
  const drills = reports.find(({ standing }) => standing?.drills)?.standing?.drills ?? [];
  const last = drills.find(({ kind }) => kind === "switchover");
  if (!last) return "no switchover was drilled here yet";
  const same = last.release === holder.release && last.config === holder.config;
  return `the last drilled switchover (${last.finished_at.slice(0, 10)}${same ? "" : ", of an earlier release or configuration"}): ${last.summary}`;
}

/** What handing the address over from its holder would mean. */
function handOver(view: ClusterView, force: boolean, accept: readonly LightCode[]): Foreseen {
  const reports = fresh(view);
  const holder = reports.find(({ holds }) => holds);
  if (!holder)
    return {
      ...{ possible: false, against: ["nobody holds the service address"], holder: null },
      callers: ["calls do not get through now; a switchover can not help"],
    };
  const peers = view.entries.filter(({ report }) => report.host !== holder.host);
  const answer = whyNotSwitchOver(holder, peers, force, accept);
  if ("reasons" in answer)
    return {
      ...{ possible: false, against: answer.reasons, holder: holder.host },
      callers: ["nothing: it is refused"],
    };
  const successor = reports.find(({ host }) => host === answer.to);
  // What a forced one passes over is what callers would notice.
  const lost = (successor?.light?.reasons ?? [])
    .filter(({ code }) => !accept.includes(code as LightCode) && !besideTakeover.has(code)) // codes of other releases are none of ours
    .map(({ callers }) => callers);
  return {
    possible: true,
    against: [],
    holder: answer.to,
    callers: [
      lost.length === 0
        ? `nothing: conversations go on, ${answer.to} takes the address before ${holder.host} lets go of it`
        : `calls go on at ${answer.to}, but: ${[...new Set(lost)].join("; ")}`,
      proof(reports, holder),
    ],
  };
}

export const foreseeSwitchover = (view: ClusterView, force: boolean): Foreseen =>
  handOver(view, force, duringChange);

/** Taking a node out of service: its address goes first, and what is left has nobody behind it. */
export function foreseeDrain(view: ClusterView, node: string, force: boolean): Foreseen {
  const reports = fresh(view);
  const report = reports.find(({ host }) => host === node);
  const holder = reports.find(({ holds }) => holds)?.host ?? null;
  const no = (why: string): Foreseen => ({
    possible: false,
    against: [why],
    callers: ["nothing: it is refused"],
    holder,
  });
  if (!report) return no(`${node}: its agent is not heard`);
  if (report.role !== "node")
    return no(`${node} is no node but has the role ${report.role}: there is no work to drain`);
  if (report.drained) return no(`${node} is out of service already`);
  const first: Foreseen = report.holds
    ? handOver(view, force, duringChange)
    : { possible: true, against: [], callers: [`nothing: ${node} carries no calls`], holder };
  const { text } = leftWithout(view, node);
  return first.possible && text !== "" ? { ...first, callers: [...first.callers, text] } : first;
}

/** Putting it back: the address stays where it is. */
export function foreseeUndrain(view: ClusterView, node: string): Foreseen {
  const reports = fresh(view);
  const report = reports.find(({ host }) => host === node);
  const holder = reports.find(({ holds }) => holds)?.host ?? null;
  const against = !report
    ? [`${node}: its agent is not heard`]
    : report.drained
      ? []
      : [`${node} is in service already`];
  return {
    ...{ possible: against.length === 0, against, holder },
    callers: [
      against.length === 0
        ? `nothing: ${node} may take over again, the service address stays where it is`
        : "nothing: it is refused",
    ],
  };
}
