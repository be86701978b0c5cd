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

/** Figures in Prometheus' text format; what is not known is left out, so that rules can see its absence. */
export async function agentMetrics(report: HostReport, sent: Sent, appUp: boolean): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, value: Value) => {
    if (value !== undefined) new Gauge({ name: `dialtone_${name}`, help, registers: [registry] }).set(value);
  };
  const each = (name: string, help: string, label: string, values: [string, Value][]) => {
    const options = { name: `dialtone_${name}`, help, labelNames: [label], registers: [registry] };
    const known = values.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
    if (name.endsWith("_total")) {
      const counter = new Counter(options);
      for (const { key, value } of known) counter.inc({ [label]: key }, value);
    } else {
      const made = new Gauge(options);
      for (const { key, value } of known) made.set({ [label]: key }, value);
    }
  };
  const { watch, standing, database, role } = report;
  const parts = Object.entries(report.parts);
  const peers = Object.entries(watch?.hosts ?? {}).filter(([name]) => name !== report.host);

  new Gauge({
    name: "dialtone_info",
    help: "Release and configuration",
    labelNames: ["release", "config", "role"],
    registers: [registry],
  }).set({ release: report.release, config: report.config, role }, 1);
  gauge("health", "This host: 0 green, 1 amber, 2 red", colours[report.verdict.light]);
  gauge(
    "failover_light",
    "Safe to lose a node: 0 green, 1 amber, 2 red",
    report.light && colours[report.light.colour],
  );
  each(
    "failover_light_reason",
    "Why the light is not green, by code",
    "code",
    (report.light?.reasons ?? []).map(({ code }) => [code, 1]),
  );
  gauge("holds_service_address", "1: this host has the service address", Number(report.holds));
  gauge("may_hold", "1: this host may have the service address", Number(report.verdict.mayHold));
  gauge("term", "Grows with each takeover in the cluster", report.term);
  gauge("hosts", "Hosts in cluster.yaml", peers.length + 1);
  each(
    "part_up",
    "1: the part lives and answers",
    "part",
    parts.map(([name, part]) => [name, Number(part.ok)]),
  );
  each(
    "part_restarts_total",
    "How often the agent started the part again",
    "part",
    parts.map(([name, part]) => [name, part.restarts]),
  );
  if (role === "node") {
    gauge("app_up", "1: the app's own figures are in this answer", Number(appUp));
    gauge(
      "database_quorum",
      "1: the database here is in the Primary Component",
      Number(database?.facts?.primary ?? false),
    );
    const replication = database?.facts?.replication;
    gauge(
      "replication_following",
      "1: the database here follows the other node's (asynchronous replication only)",
      replication && Number(replication.state === "following"),
    );
    gauge(
      "replication_own_transactions",
      "Number of the last transaction of the database here (asynchronous replication only)",
      replication?.own,
    );
    gauge(
      "replication_applied_transactions",
      "Number of the other node's last transaction that was applied here (asynchronous replication only)",
      replication?.applied,
    );
    gauge("database_members", "Members of the database cluster seen here", database?.facts?.size);
    gauge("rules_version", "Version of the routing rules in memory", standing?.rulesVersion);
    gauge("contacts", "Registered contacts that the SIP server knows", standing?.contacts);
    gauge("media_sessions", "Media sessions that the relay knows", standing?.sessions);
    gauge(
      "unshipped_seconds",
      "Age of the oldest call event that is not in the database",
      seconds(standing?.unshippedMs),
    );
    gauge(
      "records_missing",
      "Call events that were shipped and are not in the database any more",
      standing?.recordsMissing,
    );
    gauge("functional_ok", "1: the last test call through this node worked", asNumber(report.functional?.ok));
    gauge("functional_seconds", "How long that test call took", seconds(report.functional?.ms));
    const drills = standing?.drills ?? [];
    each(
      "drill_passed",
      "1: the last drill of this kind passed",
      "kind",
      drills.map(({ kind, passed }) => [kind, Number(passed)]),
    );
    each(
      "drill_finished_timestamp_seconds",
      "When the last drill of this kind ended",
      "kind",
      drills.map(({ kind, finished_at }) => [kind, Date.parse(finished_at) / 1000]),
    );
  }
  gauge("upstream_reachable", "1: an upstream address answers", asNumber(report.upstream));
  each(
    "peer_heard",
    "1: that host's agent answers this one",
    "peer",
    peers.map(([name]) => [name, heard(report, name)]),
  );
  each(
    "peer_clock_offset_seconds",
    "That host's wall clock minus the own",
    "peer",
    Object.entries(watch?.clocks ?? {}).map(([name, clock]) => [name, clock.offsetMs / 1000]),
  );
  each(
    "peer_pulses_ratio",
    "The share of that host's pulses that arrived in the last 10 s",
    "peer",
    Object.entries(report.heardPercent ?? {}).map(([name, percent]) => [name, percent / 100]),
  );
  each("agent_event_loop_delay_seconds", "How late the agent is, last 10 to 20 s", "quantile", [
    ["0.99", seconds(watch?.loop.p99Ms)],
    ["1", seconds(watch?.loop.maxMs)],
  ]);
  gauge("agent_uptime_seconds", "Since the agent started", report.agentUptimeMs / 1000);
  gauge("disk_free_bytes", "Free space on the disk of DATA", watch?.disk?.freeBytes);
  gauge("disk_size_bytes", "Size of the disk of DATA", watch?.disk?.totalBytes);
  gauge(
    "certificate_end_timestamp_seconds",
    "When the cluster's certificate ends",
    seconds(watch?.certificateEnds),
  );
  gauge("incident_log_entries_total", "Entries of this host's incident log", watch?.lastEvent);
  gauge("alerts_told", "Problems that people were told of and that last", watch?.alerts.told.length);
  gauge(
    "alerts_undeliverable",
    "1: alert messages of this host do not get out",
    Number(watch?.alerts.undeliverable ?? false),
  );
  each("alert_messages_total", "Alert messages of this host since its agent started", "result", [
    ["delivered", sent.delivered],
    ["failed", sent.failed],
  ]);
  return await registry.metrics();
}

const asNumber = (value: boolean | undefined): Value => (value === undefined ? undefined : Number(value));
const seconds = (ms: Value): Value => (ms === undefined ? undefined : ms / 1000);

const heard = (report: HostReport, peer: string): number =>
  Number(report.sees[peer] !== undefined && report.watch?.silent[peer] === undefined);
