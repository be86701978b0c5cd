import { describe, expect, test } from "vitest";
import { judge, mustResync, type Observation, type PeerNews } from "./judge.ts";
import type { HostReport, PartReport, Sighting } from "./report.ts";

/** Scenarios of two nodes and a witness, told from the view of one node. */

const ok: PartReport = { phase: "running", ok: true, detail: "answers", restarts: 0, sinceMs: 60_000 };
const dead: PartReport = {
  phase: "backoff",
  ok: false,
  detail: "killed by SIGKILL",
  restarts: 1,
  sinceMs: 10,
};
const allParts = { mariadb: ok, kamailio: ok, keepalived: ok, app: ok };

interface Peer {
  holds?: boolean;
  term?: number;
  mayHold?: boolean;
  primary?: boolean;
  ageMs?: number;
  sees?: Record<string, Sighting>;
}

function peer(host: string, p: Peer): PeerNews {
  const role = host === "w" ? "witness" : "node";
  const mayHold = p.mayHold ?? role === "node";
  const disk = { initialised: true, uuid: "u", seqno: 1, safeToBootstrap: false, view: true };
  const facts = { primary: p.primary ?? true, state: "Synced", size: 3, seqno: 1, uuid: "u" };
  const report: HostReport = {
    ...{
      host,
      role,
      cluster: "lab",
      release: "0",
      config: "c",
      wallMs: 0,
      agentPid: 1,
      agentUptimeMs: 1,
      stopping: false,
    },
    ...{ holds: p.holds ?? false, term: p.term ?? 0, parts: {}, sees: p.sees ?? {} },
    verdict: { mayHold, light: "green", reasons: [] },
    ...(role === "node" ? { database: { phase: "running", disk, settled: false, facts } } : {}),
  };
  return { ageMs: p.ageMs ?? 100, report };
}

/** A node of which the state of its media relay is known. */
function relayPeer(host: string, p: Peer, relay: PartReport): PeerNews {
  const news = peer(host, p);
  return { ...news, report: { ...news.report, parts: { ...allParts, redis: ok, rtpengine: relay } } };
}
const withRelay = (relay: PartReport) => ({ ...allParts, redis: ok, rtpengine: relay });

const sighting = (p: Partial<Sighting>): Sighting => ({
  ageMs: 100,
  holds: false,
  term: 0,
  mayHold: true,
  primary: true,
  ...p,
});

/** Node a, all well, unless said otherwise. */
const a = (o: Partial<Observation>): Observation => ({
  ...{
    host: "a",
    role: "node",
    stance: "availability",
    nodeOrder: ["a", "b"],
    stopping: false,
    yielding: false,
    holds: true,
    term: 3,
  },
  ...{
    parts: allParts,
    primary: true,
    members: 3,
    hosts: 3,
    upstream: true,
    others: ["b", "w"],
    heldMs: 600_000,
  },
  peers: { b: peer("b", { term: 2 }), w: peer("w", {}) },
  ...o,
});

const silent = { ageMs: 5000 };

interface Scenario {
  name: string;
  state: Observation;
  mayHold: boolean;
  light: "green" | "amber" | "red";
  says?: RegExp;
}

const scenarios: Scenario[] = [
  { name: "all well, active", state: a({}), mayHold: true, light: "green" },
  {
    name: "all well, standby",
    state: a({ holds: false, peers: { b: peer("b", { holds: true, term: 4 }), w: peer("w", {}) } }),
    mayHold: true,
    light: "green",
  },
  {
    name: "SIP server dead",
    state: a({ parts: { ...allParts, kamailio: dead } }),
    mayHold: false,
    light: "red",
    says: /SIP server: killed by SIGKILL/,
  },
  {
    name: "SIP server dead on both nodes",
    state: a({
      parts: { ...allParts, kamailio: dead },
      peers: { b: peer("b", { mayHold: false }), w: peer("w", {}) },
    }),
    mayHold: false,
    light: "red",
  },
  {
    name: "app dead: the peer's app decides",
    state: a({ parts: { ...allParts, app: dead } }),
    mayHold: true,
    light: "amber",
    says: /app: killed/,
  },
  {
    name: "app and database dead, peer well",
    state: a({ parts: { ...allParts, app: dead, mariadb: dead }, primary: false }),
    mayHold: false,
    light: "red",
    says: /b has it/,
  },
  {
    name: "database dead, peer has the quorum",
    state: a({ parts: { ...allParts, mariadb: dead }, primary: false }),
    mayHold: false,
    light: "red",
    says: /no quorum, b has it/,
  },
  {
    name: "database dead, peer has the quorum but can not serve",
    state: a({
      parts: { ...allParts, mariadb: dead },
      primary: false,
      peers: { b: peer("b", { mayHold: false }), w: peer("w", {}) },
    }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "database dead on both",
    state: a({
      parts: { ...allParts, mariadb: dead },
      primary: false,
      peers: { b: peer("b", { primary: false }), w: peer("w", {}) },
    }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "witness dead",
    state: a({ members: 2, peers: { b: peer("b", {}), w: peer("w", silent) } }),
    mayHold: true,
    light: "amber",
    says: /no news from w/,
  },
  {
    name: "witness dead, then peer dead: no quorum, availability",
    state: a({ primary: false, peers: { b: peer("b", silent), w: peer("w", silent) } }),
    mayHold: true,
    light: "amber",
    says: /no quorum/,
  },
  {
    name: "the same with stance consistency",
    state: a({
      stance: "consistency",
      primary: false,
      peers: { b: peer("b", silent), w: peer("w", silent) },
    }),
    mayHold: false,
    light: "red",
    says: /consistency/,
  },
  {
    name: "cut from everyone, also from upstream",
    state: a({ primary: false, upstream: false, peers: { b: peer("b", silent), w: peer("w", silent) } }),
    mayHold: false,
    light: "red",
    says: /cut off/,
  },
  {
    name: "no upstream configured, alone without quorum",
    state: a({ primary: false, upstream: undefined, peers: { b: peer("b", silent), w: peer("w", silent) } }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "upstream down, but quorum: the router's fault is not ours",
    state: a({ upstream: false }),
    mayHold: true,
    light: "amber",
    says: /upstream/,
  },
  {
    name: "peer dead, witness well: we have the quorum",
    state: a({ members: 2, peers: { b: peer("b", silent), w: peer("w", {}) } }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "standby takes over from a dead host",
    state: a({
      holds: false,
      members: 2,
      peers: {
        b: peer("b", { ...silent, holds: true, term: 9 }),
        w: peer("w", { sees: { b: sighting({ ageMs: 5000, holds: true, term: 9 }) } }),
      },
    }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "the other host has just died: the witness's last news of it is about as old as ours, and proves nothing",
    state: a({
      ...{ holds: true, term: 10 },
      members: 2,
      peers: {
        b: peer("b", { ageMs: 750, holds: true, term: 9 }),
        w: peer("w", { ageMs: 100, sees: { b: sighting({ ageMs: 450, holds: true, term: 9 }) } }),
      },
    }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "cut from the other node, which was elected too: the older claim goes on",
    state: a({
      term: 3,
      peers: {
        b: peer("b", { ...silent, term: 2 }),
        w: peer("w", { sees: { b: sighting({ holds: true, term: 4 }) } }),
      },
    }),
    ...{ mayHold: true, light: "amber" },
  },
  {
    name: "cut from the other node, and ours is the newer claim: give it up",
    state: a({
      term: 5,
      peers: { b: peer("b", silent), w: peer("w", { sees: { b: sighting({ holds: true, term: 4 }) } }) },
    }),
    ...{ mayHold: false, light: "red", says: /no contact with b, which holds/ },
  },
  {
    name: "cut from the holder as standby: stay away although no adverts come",
    state: a({
      holds: false,
      term: 2,
      peers: { b: peer("b", silent), w: peer("w", { sees: { b: sighting({ holds: true, term: 4 }) } }) },
    }),
    ...{ mayHold: false, light: "red" },
  },
  {
    name: "cut from a holder that can not serve any more",
    state: a({
      holds: false,
      term: 2,
      peers: {
        b: peer("b", silent),
        w: peer("w", { sees: { b: sighting({ holds: true, term: 4, mayHold: false }) } }),
      },
    }),
    ...{ mayHold: true, light: "amber" },
  },
  {
    name: "equal terms without contact: the first of cluster.yaml goes on",
    state: a({
      term: 4,
      peers: { b: peer("b", silent), w: peer("w", { sees: { b: sighting({ holds: true, term: 4 }) } }) },
    }),
    ...{ mayHold: true, light: "amber" },
  },
  {
    name: "in contact, both hold, the peer was elected later: our keepalived is hung",
    state: a({ term: 3, peers: { b: peer("b", { holds: true, term: 4 }), w: peer("w", {}) } }),
    mayHold: false,
    light: "red",
    says: /elected meanwhile/,
  },
  {
    name: "in contact, both hold, ours is the later claim",
    state: a({ term: 5, peers: { b: peer("b", { holds: true, term: 4 }), w: peer("w", {}) } }),
    mayHold: true,
    light: "green",
  },
  {
    name: "old news of a holder is no news",
    state: a({
      holds: false,
      peers: { b: peer("b", { ageMs: 900, holds: true, term: 9 }), w: peer("w", silent) },
    }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "being stopped",
    state: a({ stopping: true }),
    mayHold: false,
    light: "red",
    says: /being stopped/,
  },
  {
    name: "agent just started, nothing probed",
    state: a({ parts: {}, primary: false, peers: {} }),
    mayHold: false,
    light: "red",
    says: /SIP server: not started/,
  },
  {
    name: "witness, all well",
    state: a({
      host: "w",
      role: "witness",
      holds: false,
      parts: { garbd: ok },
      others: ["a", "b"],
      upstream: undefined,
      peers: { a: peer("a", {}), b: peer("b", {}) },
    }),
    mayHold: false,
    light: "green",
  },
  {
    name: "witness, arbitrator dead",
    state: a({
      host: "w",
      role: "witness",
      holds: false,
      parts: { garbd: dead },
      others: ["a", "b"],
      upstream: undefined,
      peers: { a: peer("a", {}), b: peer("b", {}) },
    }),
    mayHold: false,
    light: "amber",
    says: /garbd/,
  },
  {
    name: "the relay died, the other node's is healthy: the address moves to where the audio goes on",
    state: a({ parts: withRelay(dead), peers: { b: relayPeer("b", {}, ok), w: peer("w", {}) } }),
    mayHold: false,
    light: "red",
    says: /media relay: killed by SIGKILL; b has a healthy one/,
  },
  {
    name: "the relay died, and the other node's is no better: it is restarted in place",
    state: a({ parts: withRelay(dead), peers: { b: relayPeer("b", {}, dead), w: peer("w", {}) } }),
    mayHold: true,
    light: "amber",
    says: /rtpengine/,
  },
  {
    name: "the relay died, and the other node, whose relay is healthy, may not hold the address",
    state: a({
      parts: withRelay(dead),
      peers: { b: relayPeer("b", { mayHold: false }, ok), w: peer("w", {}) },
    }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "the relay died, and the other node's relay has not been heard of lately",
    state: a({ parts: withRelay(dead), peers: { b: relayPeer("b", { ageMs: 2000 }, ok), w: peer("w", {}) } }),
    mayHold: true,
    light: "amber",
  },
  {
    name: "redis died: calls go on, nothing moves",
    state: a({
      parts: { ...withRelay(ok), redis: dead },
      peers: { b: relayPeer("b", {}, ok), w: peer("w", {}) },
    }),
    mayHold: true,
    light: "amber",
    says: /redis/,
  },
  {
    name: "a planned switchover whose successor did not take the address beside this host",
    state: a({ yielding: true }),
    mayHold: false,
    light: "red",
    says: /handed over/,
  },
];

describe("judge", () => {
  test.each(scenarios)("$name", ({ state, mayHold, light, says }) => {
    const verdict = judge(state);
    expect({ mayHold: verdict.mayHold, light: verdict.light }).toEqual({ mayHold, light });
    if (says) expect(verdict.reasons.join("; ")).toMatch(says);
    if (light !== "green") expect(verdict.reasons).not.toEqual([]);
  });

  test("two nodes without contact never both keep the address when a third sees both", () => {
    for (const [termA, termB] of [
      [1, 2],
      [2, 1],
      [3, 3],
    ] as const) {
      const seen = { a: sighting({ holds: true, term: termA }), b: sighting({ holds: true, term: termB }) };
      const verdicts = [
        judge(a({ host: "a", term: termA, others: ["b", "w"], peers: { w: peer("w", { sees: seen }) } })),
        judge(a({ host: "b", term: termB, others: ["a", "w"], peers: { w: peer("w", { sees: seen }) } })),
      ];
      expect(verdicts.filter((verdict) => verdict.mayHold)).toHaveLength(1);
    }
  });
});

test("a standby fetches the registrations that were made while it had no contact with the active node", () => {
  const active = { holds: true, agentUptimeMs: 60_000 };
  const standby = { role: "node", holds: false } as const;
  expect(mustResync(standby, active, 5000)).toBe(true);
  expect(mustResync(standby, active, 300)).toBe(false);
  expect(mustResync({ ...standby, holds: true }, active, 5000)).toBe(false);
  expect(mustResync({ role: "witness", holds: false }, active, 5000)).toBe(false);
  // The other side was started anew: it has asked us already.
  expect(mustResync(standby, { ...active, agentUptimeMs: 1000 }, 5000)).toBe(false);
});
