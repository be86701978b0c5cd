import { Counter, Gauge, Registry } from "prom-client";
import type { HostReport } from "../../report/host-report.ts";

/** What a Prometheus reads of one host, from its report. */

const colours = { green: 0, amber: 1, red: 2 } as const;
type Value = number | undefined;

/** What happened to alert messages of this host. */
interface Sent {
  delivered: number;
  failed: number;
}

/** Writes figures of this host into a registry; what is not known is left out, so that rules can see its absence. */
class Figures {
  private readonly registry: Registry;

  constructor(registry: Registry) {
    this.registry = registry;
  }

  gauge(name: string, help: string, value: Value): void {
    if (value !== undefined)
      new Gauge({ name: `dialtone_${name}`, help, registers: [this.registry] }).set(value);
  }

  /** One figure for each value of a label; counters when the name says `_total`. */
  each(name: string, help: string, label: string, values: [string, Value][]): void {
    const options = { name: `dialtone_${name}`, help, labelNames: [label], registers: [this.registry] };
    const known = values.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
    if (name.endsWith("_total")) {
      const counter = new Counter(options);
      for (const { key, value } of known) counter.inc({ [label]: key }, value);
    } else {
      const made = new Gauge(options);
      for (const { key, value } of known) made.set({ [label]: key }, value);
    }
  }
}

/** Figures in Prometheus' text format. */
export async function agentMetrics(report: HostReport, sent: Sent, appUp: boolean): Promise<string> {
  const registry = new Registry();
  new Gauge({
    name: "dialtone_info",
    help: "Release and configuration",
    labelNames: ["release", "config", "role"],
    registers: [registry],
  }).set({ release: report.release, config: report.config, role: report.role }, 1);
  const figures = new Figures(registry);
  hostFigures(figures, report);
  if (report.role === "node") {
    figures.gauge("app_up", "1: the app's own figures are in this answer", Number(appUp));
    databaseFigures(figures, report);
    callFigures(figures, report);
  }
  peerFigures(figures, report);
  agentFigures(figures, report, sent);
  return await registry.metrics();
}

/** Other hosts, as this one sees them. */
const peersOf = ({ host, watch }: HostReport): string[] =>
  Object.keys(watch?.hosts ?? {}).filter((name) => name !== host);

function hostFigures(figures: Figures, report: HostReport): void {
  const parts = Object.entries(report.parts);
  figures.gauge("health", "This host: 0 green, 1 amber, 2 red", colours[report.verdict.light]);
  figures.gauge(
    "failover_light",
    "Safe to lose a node: 0 green, 1 amber, 2 red",
    report.light && colours[report.light.colour],
  );
  figures.each(
    "failover_light_reason",
    "Why the light is not green, by code",
    "code",
    (report.light?.reasons ?? []).map(({ code }) => [code, 1]),
  );
  figures.gauge("holds_service_address", "1: this host has the service address", Number(report.holds));
  figures.gauge("may_hold", "1: this host may have the service address", Number(report.verdict.mayHold));
  figures.gauge("term", "Grows with each takeover in the cluster", report.term);
  figures.gauge("hosts", "Hosts in cluster.yaml", peersOf(report).length + 1);
  figures.each(
    "part_up",
    "1: the part lives and answers",
    "part",
    parts.map(([name, part]) => [name, Number(part.ok)]),
  );
  figures.each(
    "part_restarts_total",
    "How often the agent started the part again",
    "part",
    parts.map(([name, part]) => [name, part.restarts]),
  );
}

function databaseFigures(figures: Figures, { database }: HostReport): void {
  figures.gauge(
    "database_quorum",
    "1: the database here is in the Primary Component",
    Number(database?.facts?.primary ?? false),
  );
  const replication = database?.facts?.replication;
  figures.gauge(
    "replication_following",
    "1: the database here follows the other node's (asynchronous replication only)",
    replication && Number(replication.state === "following"),
  );
  figures.gauge(
    "replication_own_transactions",
    "Number of the last transaction of the database here (asynchronous replication only)",
    replication?.own,
  );
  figures.gauge(
    "replication_applied_transactions",
    "Number of the other node's last transaction that was applied here (asynchronous replication only)",
    replication?.applied,
  );
  figures.gauge("database_members", "Members of the database cluster seen here", database?.facts?.size);
}

/** Calls: what decides them, what is registered, what is tested and drilled. */
function callFigures(figures: Figures, report: HostReport): void {
  const { standing } = report;
  figures.gauge("rules_version", "Version of the routing rules in memory", standing?.rulesVersion);
  figures.gauge("contacts", "Registered contacts that the SIP server knows", standing?.contacts);
  figures.gauge("media_sessions", "Media sessions that the relay knows", standing?.sessions);
  figures.gauge(
    "unshipped_seconds",
    "Age of the oldest call event that is not in the database",
    seconds(standing?.unshippedMs),
  );
  figures.gauge(
    "records_missing",
    "Call events that were shipped and are not in the database any more",
    standing?.recordsMissing,
  );
  figures.gauge(
    "functional_ok",
    "1: the last test call through this node worked",
    asNumber(report.functional?.ok),
  );
  figures.gauge("functional_seconds", "How long that test call took", seconds(report.functional?.ms));
  figures.gauge(
    "calls_refused_per_second",
    "Calls refused with 503: more than this node can carry",
    report.refusing?.perSecond ?? 0,
  );
  figures.each(
    "carrier_registered",
    "1: the carrier has our registration; at the holder of the service address",
    "carrier",
    (report.registrations ?? []).map(({ carrier, registered }) => [carrier, Number(registered)]),
  );
  figures.each(
    "carrier_broken_seconds",
    "For so long calls pass over this carrier, which failed; at the holder of the service address",
    "carrier",
    (report.brokenCarriers ?? []).map(({ carrier, sinceMs }) => [carrier, sinceMs / 1000]),
  );
  figures.each(
    "freeswitch_up",
    "1: this FreeSWITCH host answers OPTIONS; at the holder of the service address",
    "host",
    (report.freeswitch ?? []).map(({ host, answers }) => [host, Number(answers)]),
  );
  const drills = standing?.drills ?? [];
  figures.each(
    "drill_passed",
    "1: the last drill of this kind passed",
    "kind",
    drills.map(({ kind, passed }) => [kind, Number(passed)]),
  );
  figures.each(
    "drill_finished_timestamp_seconds",
    "When the last drill of this kind ended",
    "kind",
    drills.map(({ kind, finished_at }) => [kind, Date.parse(finished_at) / 1000]),
  );
}

function peerFigures(figures: Figures, report: HostReport): void {
  const { watch } = report;
  figures.gauge("upstream_reachable", "1: an upstream address answers", asNumber(report.upstream));
  figures.each(
    "peer_heard",
    "1: that host's agent answers this one",
    "peer",
    peersOf(report).map((name) => [name, heard(report, name)]),
  );
  figures.each(
    "peer_clock_offset_seconds",
    "That host's wall clock minus the own",
    "peer",
    Object.entries(watch?.clocks ?? {}).map(([name, clock]) => [name, clock.offsetMs / 1000]),
  );
  figures.each(
    "peer_pulses_ratio",
    "The share of that host's pulses that arrived in the last 10 s",
    "peer",
    Object.entries(report.heardPercent ?? {}).map(([name, percent]) => [name, percent / 100]),
  );
}

function agentFigures(figures: Figures, { agentUptimeMs, watch }: HostReport, sent: Sent): void {
  figures.each("agent_event_loop_delay_seconds", "How late the agent is, last 10 to 20 s", "quantile", [
    ["0.99", seconds(watch?.loop.p99Ms)],
    ["1", seconds(watch?.loop.maxMs)],
  ]);
  figures.gauge("agent_uptime_seconds", "Since the agent started", agentUptimeMs / 1000);
  figures.gauge("disk_free_bytes", "Free space on the disk of DATA", watch?.disk?.freeBytes);
  figures.gauge("disk_size_bytes", "Size of the disk of DATA", watch?.disk?.totalBytes);
  figures.gauge(
    "certificate_end_timestamp_seconds",
    "When the cluster's certificate ends",
    seconds(watch?.certificateEnds),
  );
  figures.gauge("incident_log_entries_total", "Entries of this host's incident log", watch?.lastEvent);
  figures.gauge("alerts_told", "Problems that people were told of and that last", watch?.alerts.told.length);
  figures.gauge(
    "alerts_undeliverable",
    "1: alert messages of this host do not get out",
    Number(watch?.alerts.undeliverable ?? false),
  );
  figures.each("alert_messages_total", "Alert messages of this host since its agent started", "result", [
    ["delivered", sent.delivered],
    ["failed", sent.failed],
  ]);
}

const asNumber = (value: boolean | undefined): Value => (value === undefined ? undefined : Number(value));
const seconds = (ms: Value): Value => (ms === undefined ? undefined : ms / 1000);

const heard = (report: HostReport, peer: string): number =>
  Number(report.sees[peer] !== undefined && report.watch?.silent[peer] === undefined);
