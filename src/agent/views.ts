import { allHosts, type HostContext, nodes, replicatesAsynchronously, voters } from "../cluster/facts.ts";
import { badLines } from "../explain/lossy-lines.ts";
import type { AppHealth } from "../report/app-health.ts";
import { replicationProblem } from "../report/database.ts";
import { drainedText } from "../report/drained.ts";
import type { HostReport, PeerNews } from "../report/host-report.ts";
import { contactMs, sightingOf } from "../report/news.ts";
import type { Observation } from "../report/observation.ts";
import type { PartName } from "../report/parts.ts";
import type { Verdict } from "../report/verdict.ts";
import type { Running } from "./chores/drill-runner.ts";
import type { Keepers } from "./keepers.ts";
import { type Pulse, pulseOf } from "./observe/pulse.ts";

/** What an agent looks at when it judges, and what it tells the others: gathered from its keepers. */

/** What the agent knows besides. */
export interface AgentState {
  context: HostContext;
  release: string;
  config: string;
  /** Tells this agent process from those before and after it. */
  life: string;
  startedAt: number;
  /** Of the report. */
  version: number;
  stopping: boolean;
  verdict: Verdict;
  peers: Record<string, PeerNews | undefined>;
  /** What goes wrong between the agents, in words. */
  troubles: string[];
  /** The share of other hosts' pulses that arrive here, percent. */
  heardPercent: Record<string, number>;
  upstream: boolean | undefined;
  /** The drill that runs here. */
  drilling: Running | undefined;
}

/** What of it a pulse tells. */
export type PulseState = Pick<AgentState, "context" | "life" | "version" | "verdict" | "stopping" | "peers">;

export function observationOf(keepers: Keepers, state: AgentState): Observation {
  const { claim, database, dns, duty, fencing, handover, maintenance, parts } = keepers;
  const { cluster, self } = state.context;
  const facts = database.facts;
  return {
    host: self.name,
    role: self.role,
    stance: cluster.stance,
    ...(cluster.failback.mode === "automatic" ? { failbackAfterMs: cluster.failback.after_s * 1000 } : {}),
    nodeOrder: nodes(cluster).map((host) => host.name),
    stopping: state.stopping,
    drained: maintenance.drained && drainedText(maintenance.drained),
    yielding: handover.yielding,
    holds: claim.holds,
    term: claim.term,
    duty: duty.state(performance.now()),
    parts: parts.reports(),
    primary: facts?.primary ?? false,
    quorumLostMs: database.quorumLostMs,
    members: facts?.size ?? 0,
    hosts: voters(cluster).length,
    ...(replicatesAsynchronously(cluster) ? { replication: replicationProblem(facts?.replication) } : {}),
    upstream: state.upstream,
    peers: state.peers,
    troubles: [
      ...(dns.problem === undefined ? [] : [`DNS: ${dns.problem}`]),
      ...fencing.troubles,
      ...state.troubles,
      ...badLines(self.name, state.peers, state.heardPercent).map(
        ({ name, percent }) => `the line to ${name} is bad: ${100 - percent} % of the packets are lost`,
      ),
    ],
    ...keepers.self.observation(performance.now()),
    others: allHosts(cluster).flatMap((host) => (host.name === self.name ? [] : [host.name])),
  };
}

/** What is told of the other hosts: no word of one that has been silent for long. Pure. */
export const sightings = (news: AgentState["peers"]): HostReport["sees"] =>
  Object.fromEntries(
    Object.entries(news).flatMap(([name, item]) =>
      !item || item.ageMs > 10 * contactMs
        ? []
        : [[name, { ...sightingOf(item), ageMs: Math.round(item.ageMs) }] as const],
    ),
  );

/** The part of a report that is told all the time. */
export function pulse(
  keepers: Keepers,
  { context, life, version, verdict, stopping, peers }: PulseState,
): Omit<Pulse, "n"> {
  const { claim, database, handover, serving } = keepers;
  const part = (name: PartName) => {
    const report = keepers.part(name)?.report();
    return report ? { [name]: report } : {};
  };
  return pulseOf({
    host: context.self.name,
    life,
    lifeMs: performance.now(),
    version,
    verdict,
    stopping,
    holds: claim.holds,
    term: claim.term,
    ...(handover.to === undefined ? {} : { handover: handover.to }),
    ...(serving.verdict ? { serves: serving.verdict } : {}),
    parts: { ...part("keepalived"), ...part("rtpengine") },
    primary: database.facts?.primary ?? false,
    sees: sightings(peers),
  });
}

export function reportOf(keepers: Keepers, state: AgentState): HostReport {
  const { claim, fencing, handover, maintenance, part, parts, serving, watch } = keepers;
  const { cluster, self } = state.context;
  const database = keepers.database.report();
  return {
    host: self.name,
    role: self.role,
    cluster: cluster.cluster,
    release: state.release,
    config: state.config,
    wallMs: Date.now(),
    agentPid: process.pid,
    agentUptimeMs: Math.round(performance.now() - state.startedAt),
    life: { id: state.life, ms: performance.now() },
    version: state.version,
    stopping: state.stopping,
    ...(handover.to === undefined ? {} : { handover: handover.to }),
    holds: claim.holds,
    term: claim.term,
    verdict: state.verdict,
    ...(serving.verdict ? { serves: serving.verdict } : {}),
    parts: parts.reports(),
    ...(database ? { database } : {}),
    ...(state.upstream === undefined ? {} : { upstream: state.upstream }),
    ...keepers.self.report(),
    sees: sightings(state.peers),
    heardPercent: state.heardPercent,
    ...(fencing.report ? { fencing: fencing.report } : {}),
    ...drillingOf(state.drilling),
    ...maintenance.report(),
    ...keepers.carriers.report(),
    ...webOf(keepers),
    watch: watch.report(part("app")?.health?.facts as AppHealth | undefined),
  };
}

function webOf({ webCertificate }: Keepers): Pick<HostReport, "web"> {
  const web = webCertificate?.report();
  return web ? { web } : {};
}

function drillingOf(running: Running | undefined): Pick<HostReport, "drilling"> {
  if (!running) return {};
  const { name, by, since, said } = running;
  return { drilling: { name, by, forMs: Math.round(performance.now() - since), said } };
}
