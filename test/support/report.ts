import type { HostReport } from "../../src/report/host-report.ts";
import type { PartReport } from "../../src/report/parts.ts";

/** Reports of hosts that are all well, for tests that say what is different. */

export const okPart: PartReport = {
  phase: "running",
  ok: true,
  detail: "answers",
  restarts: 0,
  sinceMs: 60_000,
};
/** All that runs on a node. */
export const nodeParts = {
  mariadb: okPart,
  redis: okPart,
  rtpengine: okPart,
  kamailio: okPart,
  haproxy: okPart,
  keepalived: okPart,
  app: okPart,
};

/** `w` is a witness, every other name a node; `a` holds the address. No parts, no news of others, but for `more`. */
export const aReport = (host: string, more: Partial<HostReport> = {}): HostReport => ({
  host,
  role: host === "w" ? "witness" : "node",
  cluster: "lab",
  release: "1",
  config: "c",
  wallMs: 0,
  agentPid: 1,
  agentUptimeMs: 1,
  stopping: false,
  holds: host === "a",
  term: 1,
  parts: {},
  sees: {},
  verdict: { mayHold: host !== "w", light: "green", reasons: [] },
  ...more,
});
