import { z } from "zod";
import type { HostReport, PeerNews } from "../../report/host-report.ts";
import type { Observation } from "../../report/observation.ts";
import type { PartReport } from "../../report/parts.ts";
import type { Duty } from "../../report/policy.ts";
import type { Sighting } from "../../report/verdict.ts";
import { agentShape, whenShape } from "./agent.ts";

/**
 * What the scenario files of this folder may say, and how it becomes an observation. Unless said otherwise: two nodes a
 * and b and the witness w, all well, told by node a, which holds the address.
 */

/** busy: silent for a reason that is not its own; too-busy: for more than 10 s. */
const condition = z.enum(["ok", "dead", "hung", "starting", "busy", "too-busy"]);
const partName = z.enum([
  "mariadb",
  "garbd",
  "redis",
  "rtpengine",
  "kamailio",
  "haproxy",
  "keepalived",
  "app",
]);
const partsShape = z.partialRecord(partName, condition);
/** fails: the call; not-stored: only its event. `fails-twice` is not enough for a verdict. */
const functional = z.enum(["works", "fails", "fails-twice", "not-stored"]);

/** disk-low: people are warned, and files can still be made. no-reserve: the file system can not reserve space. */
const hardwareShape = z.enum([
  ...(["well", "disk-full", "disk-low", "no-inodes", "read-only", "no-link", "no-memory"] as const),
  ...(["no-reserve", "disk-hangs", "disk-hangs-not-long", "disk-slow"] as const),
]);

const sightingShape = z.strictObject({
  ageMs: z.number().default(100),
  holds: z.boolean().default(false),
  term: z.int().default(0),
  mayHold: z.boolean().default(true),
  primary: z.boolean().default(true),
});

const peerShape = z.union([
  z.literal("silent"),
  z.literal("never-heard"),
  z.strictObject({
    ageMs: z.number().default(100),
    holds: z.boolean().default(false),
    term: z.int().default(2),
    mayHold: z.boolean().optional(),
    primary: z.boolean().default(true),
    hardware: hardwareShape.optional(),
    /** Share of the last 10 s in which somebody there waited for a processor, %. */
    pressure: z.number().optional(),
    parts: partsShape.default({}),
    functional: functional.optional(),
    functionalAgeMs: z.number().default(1000),
    /** To which node it is handing the service address over. */
    handover: z.string().optional(),
    agentUptimeMs: z.number().default(600_000),
    sees: z.record(z.string(), sightingShape).default({}),
  }),
]);

const givenShape = z.strictObject({
  host: z.enum(["a", "b", "w"]).default("a"),
  stance: z.enum(["availability", "consistency"]).default("availability"),
  holds: z.boolean().optional(),
  /** How long it has held the address, s. */
  heldSeconds: z.number().default(600),
  /** failback.mode is automatic, with this `after_s`. */
  failbackSeconds: z.number().optional(),
  term: z.int().default(3),
  stopping: z.boolean().default(false),
  yielding: z.boolean().default(false),
  drained: z.string().optional(),
  primary: z.boolean().default(true),
  /** Since its database was last in the Primary Component (on a good line), s; missing: it has not been there. */
  quorumLostSeconds: z.number().optional(),
  members: z.int().default(3),
  /** The databases follow each other instead (asynchronous): `well`, or what is wrong with that. */
  replication: z.string().optional(),
  upstream: z.union([z.boolean(), z.literal("not-configured")]).default(true),
  parts: partsShape.default({}),
  functional: functional.default("works"),
  hardware: hardwareShape.default("well"),
  pressure: z.number().optional(),
  policy: z.enum(["warm-active", "warm-passive"]).default("warm-active"),
  /** SIP OPTIONS to the service address that were lost in a row. */
  outsideFailures: z.int().optional(),
  peers: z.partialRecord(z.enum(["a", "b", "w"]), peerShape).default({}),
});

export const scenarioShape = z.strictObject({
  name: z.string(),
  given: givenShape.prefault({}),
  verdict: z.strictObject({
    mayHold: z.boolean(),
    light: z.enum(["green", "amber", "red"]),
    /** All of them, word for word. */
    reasons: z.array(z.string()).default([]),
  }),
  agent: agentShape.prefault({}),
  when: whenShape.default("tick"),
  /** All of them, in their order (decide.ts); missing: only the verdict is compared. */
  actions: z.array(z.record(z.string(), z.unknown())).optional(),
});

type Given = z.infer<typeof givenShape>;

const conditions: Record<z.infer<typeof condition>, PartReport> = {
  ok: { phase: "running", ok: true, detail: "answers", restarts: 0, sinceMs: 60_000 },
  dead: { phase: "backoff", ok: false, detail: "killed by SIGKILL", restarts: 1, sinceMs: 10 },
  hung: { phase: "sick", ok: false, detail: "does not answer", restarts: 0, sinceMs: 1000 },
  busy: {
    phase: "running",
    ok: true,
    detail: "answers",
    busy: "waits for a processor, 80 % of the last second",
    restarts: 0,
    sinceMs: 60_000,
  },
  "too-busy": {
    phase: "sick",
    ok: false,
    detail: "does not answer",
    busy: "waits for a processor, 80 % of the last second",
    restarts: 0,
    sinceMs: 1000,
  },
  starting: { phase: "starting", ok: false, detail: "started, not yet answering", restarts: 0, sinceMs: 100 },
};

function partsOf(role: "node" | "witness", changed: z.infer<typeof partsShape>): HostReport["parts"] {
  const names =
    role === "node"
      ? (["mariadb", "redis", "rtpengine", "kamailio", "haproxy", "keepalived", "app"] as const)
      : (["garbd"] as const);
  return Object.fromEntries(names.map((name) => [name, conditions[changed[name] ?? "ok"]]));
}

function functionalOf(how: z.infer<typeof functional>, ageMs = 1000): NonNullable<HostReport["functional"]> {
  const failures = { works: 0, fails: 3, "fails-twice": 2, "not-stored": 0 }[how];
  const storeFailures = how === "not-stored" ? 3 : 0;
  const detail = {
    works: "event read back",
    fails: "no answer to INVITE",
    "fails-twice": "no answer to INVITE",
    "not-stored": "the call's event is not in the database after 4 s",
  }[how];
  return { ok: failures === 0, failures, storeFailures, detail, ms: 10, ageMs };
}

/** A disk that is slow answers in the end; one that hangs is told first, and then moved from. */
const silence = (how: Given["hardware"]): { silentMs?: number } =>
  how === "disk-hangs"
    ? { silentMs: 1600 }
    : how === "disk-hangs-not-long"
      ? { silentMs: 1200 }
      : how === "disk-slow"
        ? { silentMs: 400 }
        : {};

function hardwareOf(how: Given["hardware"], cpu: number | undefined): NonNullable<HostReport["hardware"]> {
  const disk = {
    path: "/var/lib/dialtone",
    freeBytes: 5e11,
    bytes: 1e12,
    freeInodes: 900,
    inodes: 1000,
    readOnly: how === "read-only",
    ...silence(how),
  };
  if (how === "disk-full") disk.freeBytes = 1e6;
  if (how === "disk-low") disk.freeBytes = 5e7;
  if (how === "no-inodes") disk.freeInodes = 1;
  const availableBytes = how === "no-memory" ? 1e8 : 8e9;
  return {
    disks: [disk],
    journalReserved: how === "no-reserve" ? 0 : 2e8,
    memory: { totalBytes: 16e9, availableBytes },
    link: how === "no-link" ? "down" : "up",
    ...(cpu === undefined ? {} : { pressure: { cpu, io: 0 } }),
  };
}

const disk = { initialised: true, uuid: "u", seqno: 1, safeToBootstrap: false, view: true };

function peerOf(host: string, said: z.infer<typeof peerShape>): PeerNews | undefined {
  if (said === "never-heard") return undefined;
  const p = said === "silent" ? { ...peerShapeDefaults, ageMs: 5000 } : said;
  const role = host === "w" ? "witness" : "node";
  const facts = { primary: p.primary, state: "Synced", size: 3, seqno: 1, uuid: "u" };
  const report: HostReport = {
    host,
    role,
    cluster: "lab",
    release: "0",
    config: "c",
    wallMs: 0,
    agentPid: 1,
    agentUptimeMs: p.agentUptimeMs,
    stopping: false,
    holds: p.holds,
    term: p.term,
    parts: partsOf(role, p.parts),
    verdict: { mayHold: p.mayHold ?? role === "node", light: "green", reasons: [] },
    ...(role === "node" ? { database: { phase: "running", disk, settled: false, facts } } : {}),
    ...(p.functional ? { functional: functionalOf(p.functional, p.functionalAgeMs) } : {}),
    ...(p.hardware || p.pressure !== undefined
      ? { hardware: hardwareOf(p.hardware ?? "well", p.pressure) }
      : {}),
    ...(p.handover === undefined ? {} : { handover: p.handover }),
    sees: p.sees satisfies Record<string, Sighting>,
  };
  return { ageMs: p.ageMs, report };
}
const peerShapeDefaults = {
  ageMs: 100,
  holds: false,
  term: 2,
  mayHold: undefined,
  primary: true,
  parts: {},
  sees: {},

  hardware: undefined,
  pressure: undefined,
  functional: undefined,
  functionalAgeMs: 1000,
  handover: undefined,
  agentUptimeMs: 600_000,
};

const dutyOf = (policy: Duty["policy"], holds: boolean): Duty => ({
  policy,
  holds,
  stopping: false,
  expected: false,
  proven: true,
  shipped: true,
  heldMs: holds ? 600_000 : 0,
  sipDownMs: 0,
});

/** @throws nothing: pure. */
export function observationOf(g: Given): Observation {
  const role = g.host === "w" ? "witness" : "node";
  const others = ["a", "b", "w"].filter((name) => name !== g.host);
  const holds = g.holds ?? g.host === "a";
  const peers = others.map((name) => [
    name,
    peerOf(name, g.peers[name as "a" | "b" | "w"] ?? peerShapeDefaults),
  ]);
  return {
    host: g.host,
    role,
    stance: g.stance,
    nodeOrder: ["a", "b"],
    stopping: g.stopping,

    drained: g.drained,
    yielding: g.yielding,
    holds,
    term: g.term,
    primary: role === "node" && g.primary,
    ...(g.quorumLostSeconds === undefined ? {} : { quorumLostMs: 1000 * g.quorumLostSeconds }),
    ...(g.replication === undefined
      ? {}
      : { replication: g.replication === "well" ? {} : { problem: g.replication } }),
    members: g.members,
    hosts: 3,
    parts: partsOf(role, g.parts),
    others,
    upstream: g.upstream === "not-configured" || role === "witness" ? undefined : g.upstream,
    peers: Object.fromEntries(peers) as Observation["peers"],
    heldMs: holds ? 1000 * g.heldSeconds : 0,
    ...(g.failbackSeconds === undefined ? {} : { failbackAfterMs: 1000 * g.failbackSeconds }),
    hardware: hardwareOf(g.hardware, g.pressure),
    ...(g.policy === "warm-active" ? {} : { duty: dutyOf(g.policy, holds) }),
    ...(role === "node" ? { functional: functionalOf(g.functional) } : {}),
    ...(g.outsideFailures === undefined
      ? {}
      : {
          outside: { failures: g.outsideFailures, detail: "no answer to SIP OPTIONS", ageMs: 1, sinceMs: 1 },
        }),
  };
}
