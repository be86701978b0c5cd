import { expect, test } from "vitest";
import { clusterSchema } from "../cluster/schema.ts";
import type { HostReport } from "../report/host-report.ts";
import type { Observation } from "../report/observation.ts";
import type { PartReport } from "../report/parts.ts";
import { targetsOf } from "./records.ts";
import { judgeServing } from "./serving.ts";

const well: PartReport = { phase: "running", ok: true, detail: "answers", restarts: 0, sinceMs: 9000 };
const dead: PartReport = { ...well, phase: "backoff", ok: false, detail: "exited" };

const cluster = (policy: string, dns: Record<string, unknown> = {}) =>
  clusterSchema.parse({
    cluster: "test",
    policy,
    service: { address: "192.0.2.100/24" },
    hosts: {
      a: { role: "node", address: "192.0.2.11" },
      b: { role: "node", address: "192.0.2.12" },
      w: { role: "witness", address: "192.0.2.13" },
      e: { role: "edge", address: "192.0.2.14" },
    },
    movers: { dns: { server: "192.0.2.53", zone: "example.org", ...dns } },
  });

/** What node a, the holder, sees; b is well and serves. */
function observation(
  change: Partial<Observation> = {},
  b: Partial<HostReport> = {},
  bAgeMs = 100,
): Observation {
  const report = (host: string, role: HostReport["role"]) =>
    ({
      host,
      role,
      holds: false,
      term: 1,
      parts: { kamailio: well, rtpengine: well },
      sees: {},
      verdict: { mayHold: true, light: "green", reasons: [] },
    }) as unknown as HostReport;
  return {
    host: "a",
    role: "node",
    stance: "availability",
    nodeOrder: ["a", "b"],
    stopping: false,
    yielding: false,
    holds: true,
    heldMs: 60_000,
    term: 2,
    parts: { kamailio: well, rtpengine: well },
    primary: true,
    members: 3,
    hosts: 3,
    upstream: true,
    others: ["b", "w", "e"],
    peers: {
      b: { ageMs: bAgeMs, report: { ...report("b", "node"), serves: { ok: true, why: [] }, ...b } },
      e: { ageMs: 100, report: report("e", "edge") },
    },
    ...change,
  };
}

test.each<[string, Observation, boolean]>([
  ["all is well", observation(), true],
  ["somebody else holds the service address", observation({ holds: false }), true],
  ["the SIP server is dead", observation({ parts: { kamailio: dead, rtpengine: well } }), false],
  [
    "the relay is dead, the other's is not",
    observation({ parts: { kamailio: well, rtpengine: dead } }),
    false,
  ],
  ["drained", observation({ drained: "drained for maintenance" }), false],
  ["being stopped", observation({ stopping: true }), false],
  ["no quorum here, none anywhere", observation({ primary: false }), true],
  ["no quorum, stance consistency", observation({ primary: false, stance: "consistency" }), false],
  ["no quorum, cut off", observation({ primary: false, upstream: false }), false],
  [
    "no quorum here, but there",
    observation({ primary: false }, {
      database: { facts: { primary: true } },
    } as unknown as HostReport),
    false,
  ],
])("serves at its own address: %s", (_what, o, ok) => {
  const verdict = judgeServing(o);
  expect(verdict.ok).toBe(ok);
  expect(verdict.why).toHaveLength(ok ? 0 : 1);
});

const states = (o: Observation, policy: string, dns: Record<string, unknown> = { to: "nodes" }) =>
  targetsOf(o, cluster(policy, dns), true)
    .map(({ name, state }) => `${name} ${state}`)
    .join(", ");

test("hot-hot: all that serve are active; a node without news for long is out", () => {
  expect(states(observation(), "hot-hot")).toBe("a active, b active");
  expect(states(observation({}, { serves: { ok: false, why: ["x"] } }), "hot-hot")).toBe("a active, b out");
  expect(states(observation({}, {}, 5000), "hot-hot")).toBe("a active, b out");
});

test("the witness's word counts where the link between the nodes is cut", () => {
  const o = observation({}, {}, 5000);
  const sees = { b: { ageMs: 100, holds: false, term: 1, mayHold: true, primary: true, serves: true } };
  const w = { ageMs: 100, report: { host: "w", sees } as unknown as HostReport };
  expect(states({ ...o, peers: { ...o.peers, w } }, "hot-hot")).toBe("a active, b active");
});

test("other policies: the holder, and behind it whoever could take over", () => {
  expect(states(observation(), "warm-active")).toBe("a active, b standby");
  // Its last words still claim the address that we have now.
  expect(states(observation({}, { holds: true }), "warm-active")).toBe("a active, b standby");
});

test("edges stand for the nodes where there are any", () => {
  expect(states(observation(), "hot-hot", {})).toBe("e active");
  expect(states(observation({ peers: {} }), "hot-hot", {})).toBe("e out");
});
