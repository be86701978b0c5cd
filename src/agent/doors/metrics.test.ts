import { readFileSync } from "node:fs";
import { parser } from "@prometheus-io/lezer-promql";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import type { HostReport } from "../../report/host-report.ts";
import type { WatchReport } from "../../report/watch.ts";
import { registry } from "../../telemetry/app-metrics.ts";
import { agentMetrics } from "./metrics.ts";

const watch: WatchReport = {
  boot: "b",
  monotonicMs: 1,
  hosts: { a: "node", b: "node", w: "witness" },
  lastEvent: 7,
  silent: { b: "agent-hangs" },
  clocks: { b: { offsetMs: 2500, withinMs: 3 } },
  loop: { p99Ms: 1, maxMs: 12 },
  disk: { freeBytes: 1, totalBytes: 2 },
  certificateEnds: 1e12,
  alerts: { undeliverable: false, told: [] },
};
const drill = { kind: "host-death", finished_at: "2026-11-21T00:00:00Z", release: "1", config: "x" };
/** A node that knows everything there is to know. */
const report: HostReport = {
  host: "a",
  role: "node",
  cluster: "c",
  release: "1",
  config: "x",
  wallMs: 1,
  agentPid: 1,
  agentUptimeMs: 1500,
  stopping: false,
  holds: true,
  term: 4,
  upstream: true,
  watch,
  verdict: { mayHold: true, light: "amber", reasons: ["x"] },
  light: {
    colour: "red",
    reasons: [{ code: "not-heard", text: "b is silent", callers: "x", advice: "y" }],
  },
  heardPercent: { b: 80 },
  sees: { w: { ageMs: 1, holds: false, term: 4, mayHold: false, primary: false } },
  parts: { kamailio: { phase: "running", ok: true, detail: "", restarts: 2, sinceMs: 1 } },
  database: {
    phase: "running",
    settled: false,
    disk: { kind: "empty" } as never,
    facts: {
      primary: true,
      size: 3,
      state: "Synced",
      seqno: 1,
      uuid: "",
      replication: { from: "b", id: "1", state: "following", own: 5, applied: 9, readOnly: false },
    },
  },
  functional: { ok: true, failures: 0, storeFailures: 0, detail: "", ms: 12, ageMs: 1 },
  standing: {
    rulesVersion: 3,
    contacts: 2,
    sessions: 1,
    unshippedMs: 1000,
    recordsMissing: 0,
    drills: [{ ...drill, passed: true, summary: "" }],
  },
};

const rulesSchema = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.strictObject({
          alert: z.string().regex(/^Dialtone[A-Za-z]+$/),
          expr: z.string(),
          for: z
            .string()
            .regex(/^\d+[smh]$/)
            .optional(),
          labels: z.strictObject({ severity: z.enum(["warning", "critical"]) }),
          annotations: z.strictObject({ summary: z.string(), description: z.string() }),
        }),
      ),
    }),
  ),
});
const rules = rulesSchema
  .parse(parse(readFileSync(new URL("../../../docs/monitoring/dialtone.rules.yml", import.meta.url), "utf8")))
  .groups.flatMap((group) => group.rules);

/** Names of the metrics in an expression; faults of its syntax. */
function readPromql(expression: string): { names: string[]; faults: string[] } {
  const names: string[] = [];
  const faults: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, type, from, to }) => {
      if (type.isError) faults.push(`at ${from} in ${expression}`);
      if (name === "VectorSelector") names.push(/^[a-z_:0-9]+/i.exec(expression.slice(from, to))?.[0] ?? "");
    },
  });
  return { names, faults };
}

test("the figures of a host", async () => {
  const text = await agentMetrics(report, { delivered: 5, failed: 1 }, true);
  for (const line of [
    'dialtone_info{release="1",config="x",role="node"} 1',
    "dialtone_health 1",
    "dialtone_failover_light 2",
    'dialtone_failover_light_reason{code="not-heard"} 1',
    "# TYPE dialtone_part_restarts_total counter",
    'dialtone_part_restarts_total{part="kamailio"} 2',
    'dialtone_peer_heard{peer="b"} 0',
    'dialtone_peer_heard{peer="w"} 1',
    'dialtone_peer_clock_offset_seconds{peer="b"} 2.5',
    'dialtone_peer_pulses_ratio{peer="b"} 0.8',
    "dialtone_replication_following 1",
    "dialtone_replication_applied_transactions 9",
    'dialtone_alert_messages_total{result="delivered"} 5',
  ])
    expect(text.split("\n")).toContain(line);
});

test("what is not known is absent, not zero", async () => {
  const { light: _, functional: __, standing: ___, ...little } = report;
  const text = await agentMetrics(little, { delivered: 0, failed: 0 }, false);
  expect(text).not.toMatch(/dialtone_(failover_light|functional_ok|contacts) /);
  expect(text).toContain("dialtone_app_up 0");
});

test("each alerting rule can be parsed, and speaks of metrics that are exported", async () => {
  const text = `${await agentMetrics(report, { delivered: 0, failed: 0 }, true)}\n${await registry.metrics()}`;
  const exported = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1]));
  const read = rules.map((rule) => ({ alert: rule.alert, ...readPromql(rule.expr) }));
  expect(read.flatMap(({ faults }) => faults)).toEqual([]);
  expect(read.filter(({ names }) => names.length === 0)).toEqual([]);
  // `up` is Prometheus' own.
  const unknown = read.flatMap(({ alert, names }) =>
    names.filter((name) => name !== "up" && !exported.has(name)).map((name) => `${alert}: ${name}`),
  );
  expect(unknown).toEqual([]);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
});

test("the check of the rules notices a fault and an unknown name", () => {
  expect(readPromql("sum(dialtone_term").faults).not.toEqual([]);
  expect(readPromql("increase(dialtone_x[5m]) > on(a) dialtone_y").names).toEqual([
    "dialtone_x",
    "dialtone_y",
  ]);
});
