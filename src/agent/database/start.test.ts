import { describe, expect, test } from "vitest";
import type { DatabaseFacts, DiskState } from "../../report/database.ts";
import type { PeerNews } from "../../report/host-report.ts";
import { decideDatabaseStart, decideRescue, decideVote, mustRejoin, type StartSituation } from "./start.ts";

const never: DiskState = { initialised: false, uuid: "", seqno: -1, safeToBootstrap: false, view: false };
const left: DiskState = { initialised: true, uuid: "u", seqno: 100, safeToBootstrap: false, view: false };
const leftLast: DiskState = { ...left, safeToBootstrap: true };
const crashed: DiskState = { ...left, view: true };

interface Options {
  primary?: boolean;
  ageMs?: number;
  phase?: "down" | "starting" | "running";
  settled?: boolean;
  sinceMs?: number;
  facts?: DatabaseFacts;
  withoutPrimaryMs?: number;
}

function peer(disk: DiskState, options: Options = {}): PeerNews {
  const facts = { primary: true, state: "Synced", size: 2, seqno: 100, uuid: "u" };
  const phase = options.phase ?? (options.primary ? "running" : "down");
  const settled = options.settled ?? phase === "down";
  const database = {
    phase,
    disk,
    settled,
    withoutPrimaryMs: options.withoutPrimaryMs ?? 20_000,
    ...(options.primary ? { facts } : options.facts ? { facts: options.facts } : {}),
  };
  const report = {
    host: "x",
    role: "node" as const,
    cluster: "lab",
    release: "0",
    config: "c",
    wallMs: 0,
    agentPid: 1,
    agentUptimeMs: 1,

    stopping: false,
    holds: false,
    term: 0,
    parts: {
      mariadb: {
        phase: "starting" as const,
        ok: false,
        detail: "",
        restarts: 0,
        sinceMs: options.sinceMs ?? 20_000,
      },
    },
    sees: {},
    verdict: { mayHold: false, light: "red" as const, reasons: [] },
    database,
  };
  return { ageMs: options.ageMs ?? 100, report };
}

const at = (host: "a" | "b", disk: DiskState, other?: PeerNews): StartSituation => ({
  host,
  nodeOrder: ["a", "b"],
  disk,
  witnesses: ["w"],
  peers: other ? { [host === "a" ? "b" : "a"]: other } : {},
});

describe("decideDatabaseStart", () => {
  test.each([
    ["a new cluster: the first node bootstraps", at("a", never, peer(never)), "bootstrap"],
    ["a new cluster: the second waits", at("b", never, peer(never)), "wait"],
    ["a new cluster, the other not heard: it may have data", at("a", never), "wait"],
    ["the other's last word is too old", at("a", never, peer(never, { ageMs: 5000 })), "wait"],
    ["empty disk, the other is Primary", at("a", never, peer(left, { primary: true })), "join"],
    ["empty disk on the first node, the other has data", at("a", never, peer(left)), "wait"],
    ["data here, an empty disk there", at("b", left, peer(never)), "bootstrap"],
    ["crashed: pc.recovery finds the others", at("a", crashed), "join"],
    ["crashed here and there", at("a", crashed, peer(crashed)), "join"],
    ["orderly stop of all: who left last starts", at("b", leftLast, peer(left)), "bootstrap"],
    ["orderly stop of all: who left before waits", at("a", left, peer(leftLast)), "wait"],
    ["both left at once: the newest data starts", at("b", { ...left, seqno: 101 }, peer(left)), "bootstrap"],
    ["both left at once with equal data: the first of cluster.yaml", at("a", left, peer(left)), "bootstrap"],
    ["stopped in order long ago, the other crashed later", at("a", leftLast, peer(crashed)), "wait"],
    ["stopped in order, the other not heard", at("a", leftLast), "wait"],
    [
      "killed here, the other runs but hangs (paused as a donor)",
      at("a", left, peer(left, { phase: "running" })),
      "join",
    ],
    ["killed here, the other is being started", at("a", left, peer(left, { phase: "starting" })), "join"],
    ["empty here, the other runs but hangs", at("a", never, peer(left, { phase: "running" })), "wait"],
    [
      "the other died just now, its position is not read yet",
      at("a", left, peer(left, { settled: false })),
      "wait",
    ],
    [
      "an interrupted state transfer is no data",
      at("a", { ...left, uuid: "", seqno: 900 }, peer(left)),
      "wait",
    ],
  ])("%s", (_name, situation, action) => {
    expect(decideDatabaseStart(situation).action).toBe(action);
  });
});

describe("decideRescue", () => {
  const stuck = { withoutPrimaryMs: 20_000 };
  const here = (seqno: number, uuid = "u") => ({ ...stuck, position: { uuid, seqno } });
  const facts = (seqno: number) => ({ primary: false, state: "Joining", size: 1, seqno, uuid: "u" });
  test.each([
    [
      "newest, the other must go down first",
      { ...at("b", crashed, peer({ ...crashed, seqno: 6 }, { phase: "starting" })), ...here(7) },
      "wait",
    ],
    [
      "newest, the other is down",
      { ...at("b", crashed, peer({ ...crashed, seqno: 6 })), ...here(7) },
      "bootstrap",
    ],
    [
      "the other is newer",
      { ...at("a", crashed, peer({ ...crashed, seqno: 7 }, { phase: "starting" })), ...here(6) },
      "yield",
    ],
    [
      "the other runs without quorum, and is newer than its disk said",
      { ...at("a", crashed, peer(crashed, { phase: "running", facts: facts(900) })), ...here(500) },
      "yield",
    ],
    [
      "equal: the first of cluster.yaml",
      { ...at("b", crashed, peer(crashed, { phase: "starting" })), ...here(100) },
      "yield",
    ],
    [
      "an orderly stop long ago says nothing now",
      { ...at("a", leftLast, peer({ ...crashed, seqno: 7 }, { phase: "starting" })), ...here(6) },
      "yield",
    ],
    ["not long enough", { ...at("a", crashed, peer(crashed)), ...here(100), withoutPrimaryMs: 3000 }, "wait"],
    ["the other is not heard", { ...at("a", crashed), ...here(100) }, "wait"],
    [
      "the other runs but hangs",
      { ...at("a", crashed, peer(crashed, { phase: "running" })), ...here(100) },
      "wait",
    ],
    [
      "the other was started just now",
      { ...at("a", crashed, peer(crashed, { phase: "starting", sinceMs: 300 })), ...here(100) },
      "wait",
    ],
    ["the other is Primary", { ...at("a", crashed, peer(crashed, { primary: true })), ...here(100) }, "wait"],
    [
      "two histories are for a person",
      { ...at("a", crashed, peer({ ...crashed, uuid: "v", seqno: 6 })), ...here(7) },
      "wait",
    ],
    ["the other has no data at all", { ...at("b", crashed, peer(never)), ...here(7) }, "bootstrap"],
  ])("%s", (_name, situation, action) => {
    expect(decideRescue(situation).action).toBe(action);
  });
});

describe("the witness's vote", () => {
  const vote = (a?: PeerNews, b?: PeerNews) =>
    decideVote(["a", "b"], { ...(a ? { a } : {}), ...(b ? { b } : {}) }).action;
  const starting = { phase: "starting" as const };

  test("counts while a data node is Primary, hangs, is not heard, or remembers the last component", () => {
    expect(vote(peer(left, { primary: true }), peer(left))).toBe("join");
    expect(vote(peer(left, { phase: "running" }), peer(left))).toBe("join");
    expect(vote(peer(left))).toBe("join");
    expect(vote(peer(crashed), peer(left))).toBe("join");
    expect(vote(peer(crashed, { ...starting, withoutPrimaryMs: 2000 }), peer(crashed, starting))).toBe(
      "join",
    );
  });

  test("is taken back when all data nodes are down in order, or wait in vain", () => {
    expect(vote(peer(never), peer(never))).toBe("wait");
    expect(vote(peer(left), peer(leftLast))).toBe("wait");
    expect(vote(peer(crashed, starting), peer(crashed, starting))).toBe("wait");
    expect(vote(peer(crashed, starting), peer(crashed))).toBe("wait");
  });

  test("stands in the way of a new component", () => {
    const garbd = { phase: "running" as const, ok: true, detail: "", restarts: 0, sinceMs: 1, pid: 9 };
    const w = peer(never);
    w.report.parts = { garbd };
    const situation = at("a", left, peer(left));
    expect(decideDatabaseStart(situation).action).toBe("bootstrap");
    expect(decideDatabaseStart({ ...situation, peers: { ...situation.peers, w } }).action).toBe("wait");
  });
});

test("a database outside of the Primary Component joins again when it does not do so by itself", () => {
  const outside = {
    primary: false,
    peerPrimary: true,
    state: "Disconnected",
    forMs: 30_000,
    stillMs: 30_000,
  };
  expect(mustRejoin(outside)).toBe(true);
  expect(mustRejoin({ ...outside, forMs: 5000 })).toBe(false);
  expect(mustRejoin({ ...outside, state: "Joined" })).toBe(false);
  expect(mustRejoin({ ...outside, state: "Joined", forMs: 90_000, stillMs: 59_000 })).toBe(false);
  expect(mustRejoin({ ...outside, state: "Joining", forMs: 90_000, stillMs: 61_000 })).toBe(true);
  expect(mustRejoin({ ...outside, holderLostMs: 64_000, forMs: 64_000 })).toBe(false);
  expect(mustRejoin({ ...outside, holderLostMs: 65_000, forMs: 65_000 })).toBe(true);
  // On a bad line it waits for as long as that lasts.
  expect(mustRejoin({ ...outside, holderLostMs: 1000, forMs: 600_000 })).toBe(false);
  expect(mustRejoin({ ...outside, peerPrimary: false })).toBe(false);
  expect(mustRejoin({ ...outside, primary: true })).toBe(false);
});
