import type { PartName } from "../report/parts.ts";
import { partFaults } from "./faults.ts";

/** What can be drilled, as data: what happens, how long callers may be without service, where it is safe. Pure. */

/** Roles as they are when the drill begins; they stay with their hosts while it lasts. */
export type Role = "active" | "standby" | "witness";

/** One thing that is done to the cluster; a drill is a list of them. Everything is undone by the end of the drill. */
export type Step =
  /** Power cut of the host; `unsynced`: its journal loses what no disk had yet. */
  | { do: "kill"; on: Role; unsynced?: boolean }
  | { do: "kill-part" | "pause-part"; on: Role; part: PartName | "agent" }
  /** Frames between two hosts are dropped, or `loss` percent of them. */
  | { do: "cut"; from: Role; to: Role | "everyone"; oneWay?: boolean; loss?: number }
  /** The wall clock of all processes of the host jumps; the monotonic one does not. */
  | { do: "clock"; on: Role; seconds: number }
  /** Nothing more can be written to the host's data directory. */
  | { do: "fill-disk"; on: Role }
  /** Whoever writes to the host's data directory, or syncs, stands still. */
  | { do: "hang-disk"; on: Role }
  /** Busy loops on the host, at the priority of ordinary programs. */
  | { do: "busy"; on: Role; loops: number }
  | { do: "wait"; ms: number }
  | { do: "switchover" }
  /** All hosts are restarted, one after the other, standby first: `dialtone restart --rolling`. */
  | { do: "rolling-restart" };

/** What a lab's nodes need before a fault can be made: they are restarted with it. */
export type Fitting = "movable-clock" | "small-disk" | "hangable-disk";

export interface DrillKind {
  name: string;
  /** For people: what happens. */
  title: string;
  steps: Step[];
  /** How it is undone. */
  undo: string;
  /** The service may be gone so long (z), ms. */
  outageMs: number;
  /** How long the fault lasts at least, ms. */
  holdMs: number;
  /** Safe where real callers are: they notice no more than of a planned switchover. */
  production: boolean;
  /** Callers' patience, ms. */
  patienceMs: number;
  /** The service can come back by the repair alone. */
  fatal: boolean;
  fitting?: Fitting;
  /** The holder serves all the time: the address must not move. */
  stays?: boolean;
}

/** Distance of calls and the unevenness of a busy machine: what counts as "callers notice nothing". */
const unnoticedMs = 400;
/** A dead or cut host: VRRP's 150 ms and what a busy machine adds. */
const takeoverMs = 1000;

type Given = Pick<DrillKind, "name" | "title" | "steps"> & Partial<DrillKind>;

const drill = (given: Given): DrillKind => ({
  undo: "power, cables and processes as before",
  outageMs: unnoticedMs,
  holdMs: 0,
  production: false,
  patienceMs: 4000,
  fatal: false,
  ...given,
});

const hosts: DrillKind[] = [
  drill({
    name: "host-death",
    title: "power cut of the active node",
    steps: [{ do: "kill", on: "active" }],
    outageMs: takeoverMs,
    undo: "power on",
  }),
  drill({
    name: "host-death-unsynced",
    title: "the same, and its journal loses what was not yet on the disk",
    steps: [{ do: "kill", on: "active", unsynced: true }],
    outageMs: takeoverMs,
    undo: "power on",
  }),
  drill({
    name: "standby-death",
    title: "power cut of the standby node",
    steps: [{ do: "kill", on: "standby" }],
    undo: "power on",
  }),
  drill({
    name: "witness-death",
    title: "power cut of the witness",
    steps: [{ do: "kill", on: "witness" }],
    holdMs: 4000,
    undo: "power on",
  }),
  drill({
    name: "all-power-off",
    title: "all hosts lose power for two seconds",
    steps: [
      { do: "kill", on: "active" },
      { do: "kill", on: "standby" },
      { do: "kill", on: "witness" },
    ],
    outageMs: 90_000,
    holdMs: 2000,
    fatal: true,
    undo: "power on",
  }),
];

/** Only processes that carry no calls, on a host that carries none. */
const safePart = (on: Role, how: "kill" | "pause"): boolean => on === "standby" && how === "kill";

const parts: DrillKind[] = partFaults.map(({ on, part, how, outageMs }) =>
  drill({
    name: `${part}-${how === "kill" ? "death" : "hang"}-${on}`,
    title: `${part} ${how === "kill" ? "is killed" : "is stopped for 10 s"} on ${on === "witness" ? "the witness" : `the ${on} node`}`,
    steps: [{ do: how === "kill" ? "kill-part" : "pause-part", on, part }],
    outageMs: outageMs ?? unnoticedMs,
    holdMs: how === "kill" ? 0 : 10_000,
    // (Consoles at that node's own address would be cut off for a moment.)
    production: part !== "haproxy" && safePart(on, how),
    // Telephones do not need it: moving the address would cost them more than browsers gain.
    stays: part === "haproxy",
    undo: how === "kill" ? "the agent (for the agent: systemd) starts it again" : "it goes on",
  }),
);

const network: DrillKind[] = [
  drill({
    name: "link-loss-active",
    title: "the active node's cable is out",
    steps: [{ do: "cut", from: "active", to: "everyone" }],
    outageMs: 2000,
    holdMs: 4000,
    undo: "cable in",
  }),
  drill({
    name: "link-loss-standby",
    title: "the standby node's cable is out",
    steps: [{ do: "cut", from: "standby", to: "everyone" }],
    holdMs: 4000,
    undo: "cable in",
  }),
  drill({
    name: "one-way-active",
    title: "nothing that the active node sends arrives; it hears everybody",
    steps: [{ do: "cut", from: "active", to: "everyone", oneWay: true }],
    outageMs: 2000,
    holdMs: 4000,
    undo: "cable whole",
  }),
  drill({
    name: "one-way-nodes",
    title: "the standby node hears nothing of the active one, which hears it",
    steps: [{ do: "cut", from: "active", to: "standby", oneWay: true }],
    outageMs: 2000,
    holdMs: 4000,
    undo: "cable whole",
  }),
  drill({
    name: "partition",
    title: "the two nodes are cut from each other; both see witness and callers",
    steps: [{ do: "cut", from: "active", to: "standby" }],
    outageMs: 2000,
    holdMs: 4000,
    undo: "cables whole",
  }),
  drill({
    name: "active-without-witness",
    title: "the active node is cut from the witness",
    steps: [{ do: "cut", from: "active", to: "witness" }],
    holdMs: 4000,
    undo: "cables whole",
  }),
  drill({
    name: "witness-loss",
    title: "the witness is cut from everyone",
    steps: [{ do: "cut", from: "witness", to: "everyone" }],
    holdMs: 4000,
    undo: "cable in",
  }),
  ...[5, 20].map((loss) =>
    drill({
      name: `packet-loss-${loss}`,
      title: `${loss} % of the packets from and to the active node are lost for 10 s`,
      steps: [{ do: "cut", from: "active", to: "everyone", loss }],
      // Callers' packets are lost too: SIP repeats them for 32 s (RFC 3261, timers B and F), and z reaches from the first
      // moment to the last in which, by chance, none came through.
      outageMs: 12_000,
      holdMs: 10_000,
      patienceMs: 32_000,
      stays: true,
      undo: "cable whole",
    }),
  ),
];

const sequences: DrillKind[] = [
  drill({
    name: "standby-then-witness",
    title: "standby and, 2 s later, witness lose power: no quorum is left",
    steps: [
      { do: "kill", on: "standby" },
      { do: "wait", ms: 2000 },
      { do: "kill", on: "witness" },
    ],
    holdMs: 3000,
    undo: "power on",
  }),
  drill({
    name: "witness-then-active",
    title: "witness and, 3 s later, active node lose power",
    steps: [
      { do: "kill", on: "witness" },
      { do: "wait", ms: 3000 },
      { do: "kill", on: "active" },
    ],
    outageMs: takeoverMs,
    undo: "power on",
  }),
  drill({
    name: "sip-death-then-host-death",
    title: "the active SIP server is killed; the node that took over loses power 2 s later",
    steps: [
      { do: "kill-part", on: "active", part: "kamailio" },
      { do: "wait", ms: 2000 },
      { do: "kill", on: "standby" },
    ],
    // Two outages, and the time between them if calls fail in it too.
    outageMs: 3000 + takeoverMs,
    undo: "power on",
  }),
  drill({
    name: "partition-then-active",
    title: "the nodes lose each other; 2 s later the active one loses power",
    steps: [
      { do: "cut", from: "active", to: "standby" },
      { do: "wait", ms: 2000 },
      { do: "kill", on: "active" },
    ],
    outageMs: 4000,
    undo: "power on, cables whole",
  }),
];

const machine: DrillKind[] = [
  drill({
    name: "cpu-starvation",
    title: "four busy loops beside the active node's processes for 10 s",
    steps: [{ do: "busy", on: "active", loops: 4 }],
    outageMs: 1500,
    holdMs: 10_000,
    stays: true,
    undo: "the loops end",
  }),
  ...(["active", "standby"] as const).flatMap((on) => [
    ...[3600, -3600].map((seconds) =>
      drill({
        name: `clock-${seconds > 0 ? "forward" : "back"}-${on}`,
        title: `the ${on} node's clock jumps an hour ${seconds > 0 ? "forward" : "back"}`,
        steps: [{ do: "clock", on, seconds }],
        outageMs: 1500,
        holdMs: 5000,
        undo: "the clock jumps back",
        fitting: "movable-clock",
      }),
    ),
    drill({
      name: `disk-full-${on}`,
      title: `the ${on} node's disk (journal, database, logs) is full for 8 s`,
      steps: [{ do: "fill-disk", on }],
      outageMs: 1500,
      holdMs: 8000,
      undo: "space is freed",
      fitting: "small-disk",
    }),
  ]),
  ...(["active", "standby", "witness", "both"] as const).map((on) =>
    drill({
      name: `disk-hang-${on}`,
      title: `${on === "both" ? "both nodes' disks do" : on === "witness" ? "the witness's disk does" : `the ${on} node's disk does`} not answer for 10 s`,
      steps: (on === "both" ? (["active", "standby"] as const) : [on]).map((role) => ({
        do: "hang-disk",
        on: role,
      })),
      holdMs: 10_000,
      undo: "they answer again",
      fitting: "hangable-disk",
      // One that is as bad is no better.
      stays: on !== "active",
    }),
  ),
];

const planned: DrillKind[] = [
  drill({
    name: "switchover",
    title: "the service address is handed over by plan",
    steps: [{ do: "switchover" }],
    holdMs: 1000,
    production: true,
    undo: "nothing to undo",
  }),
  drill({
    name: "rolling-restart",
    title: "all hosts are restarted by plan, one after the other",
    steps: [{ do: "rolling-restart" }],
    holdMs: 1000,
    undo: "nothing to undo",
  }),
];

/** All drills, in the order of the catalogue. */
export const catalogue: readonly DrillKind[] = [
  ...planned,
  ...hosts,
  ...network,
  ...sequences,
  ...machine,
  ...parts,
];

/** @throws Error that says where the names are */
export function drillNamed(name: string): DrillKind {
  const found = catalogue.find((kind) => kind.name === name);
  if (!found) throw new Error(`there is no drill '${name}'; 'dialtone drill list' shows them`);
  return found;
}
