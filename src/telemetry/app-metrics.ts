import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** The app's own figures, in Prometheus' text format at /metrics. Labels have few values by design. */
export const registry = new Registry();

const counter = (name: string, help: string): Counter =>
  new Counter({ name: `dialtone_app_${name}`, help, registers: [registry] });

export const counters = {
  decisions: new Counter({
    name: "dialtone_app_decisions_total",
    help: "Calls decided",
    labelNames: ["by", "action"] as const,
    registers: [registry],
  }),
  decisionMicros: new Histogram({
    name: "dialtone_app_decision_microseconds",
    help: "Time to decide one call",
    buckets: [5, 10, 20, 50, 100, 200, 500, 1000, 5000],
    registers: [registry],
  }),
  eventsTaken: counter("events_taken_total", "Call events taken over HTTP and written to the journal"),
  eventsShipped: counter("events_shipped_total", "Journalled events stored in the database"),
  quarantined: counter("quarantined_total", "Journal lines that could not be used"),
  journalFaults: counter("journal_faults_total", "Failed writes to the journal"),
  databaseOutages: counter("database_outages_total", "Times that no database could be used"),
  estimated: counter("records_estimated_total", "Records closed without their end event"),
  recordings: new Counter({
    name: "dialtone_app_recordings_total",
    help: "Recordings by how they ended: ready, failed, missing, deleted",
    labelNames: ["status"] as const,
    registers: [registry],
  }),
  recordingAlarms: new Gauge({
    name: "dialtone_app_recording_alarms",
    help: "Recordings that a person should look at (told by the node that holds the service address)",
    registers: [registry],
  }),
  recordingSpace: new Gauge({
    name: "dialtone_app_recording_free_bytes",
    help: "Space left for recordings on this node",
    registers: [registry],
  }),
  recordingRefused: counter(
    "recording_refused_total",
    "Calls that were not recorded because the disk is nearly full",
  ),
  loopDelay: new Gauge({
    name: "dialtone_app_event_loop_delay_seconds",
    help: "How late the app is, last 10 to 20 s (99 of 100 timers)",
    registers: [registry],
  }),
  missing: counter("events_missing_total", "Events found in the journal but not in the database"),
};
