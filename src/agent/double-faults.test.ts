import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { HostReport, PeerNews } from "../report/host-report.ts";
import type { Observation } from "../report/observation.ts";
import type { PartName, PartReport } from "../report/parts.ts";
import type { Sighting, Verdict } from "../report/verdict.ts";
import { judge } from "./address/judge.ts";

/**
 * Every fault and every pair of faults of two nodes and a witness, played to its end: the agents judge, VRRP elects among
 * those that may, until nothing changes. The outcome of each is in scenarios/double-faults.md, for people to read.
 */

type Name = "a" | "b" | "w";
const names: Name[] = ["a", "b", "w"];
type Fault =
  | { dead: Name }
  | { cut: [Name, Name] }
  | { part: PartName; on: Name }
  | { function: Name }
  | { upstream: Name };

const faults: Fault[] = [
  ...names.map((dead) => ({ dead })),
  ...(
    [
      ["a", "b"],
      ["a", "w"],
      ["b", "w"],
    ] as [Name, Name][]
  ).map((cut) => ({ cut })),
  ...(["a", "b"] as const).flatMap((on): Fault[] => [
    ...(["kamailio", "rtpengine", "redis", "mariadb", "app", "keepalived"] as const).map((part) => ({
      part,
      on,
    })),
    { function: on },
    { upstream: on },
  ]),
  { part: "garbd", on: "w" },
];

function text(fault: Fault): string {
  if ("dead" in fault) return `${fault.dead} dead`;
  if ("cut" in fault) return `${fault.cut.join("–")} cut`;
  if ("part" in fault) return `${fault.part} on ${fault.on}`;
  return "function" in fault ? `calls fail on ${fault.function}` : `no upstream at ${fault.upstream}`;
}

const ok: PartReport = { phase: "running", ok: true, detail: "answers", restarts: 0, sinceMs: 60_000 };
const broken: PartReport = { phase: "backoff", ok: false, detail: "dead", restarts: 1, sinceMs: 1000 };
const disk = { initialised: true, uuid: "u", seqno: 1, safeToBootstrap: false, view: true };

class World {
  readonly faults: Fault[];
  readonly stance: "availability" | "consistency";
  readonly verdicts = new Map<Name, Verdict>();
  readonly terms: Record<Name, number> = { a: 3, b: 2, w: 0 };
  holders = new Set<Name>(["a"]);
  /** When each got the address; a has had it for long. */
  readonly heldSince: Partial<Record<Name, number>> = { a: -1e6 };
  private round = 0;
  private dice: number;
  /** Verdicts, holders and terms after the last judgement. */
  private state = "";

  /** @param seed in which order the hosts come to judge: they do not do it at once */
  constructor(happened: Fault[], stance: "availability" | "consistency", seed = 1) {
    this.dice = seed;
    this.faults = happened;
    this.stance = stance;
    if (!this.alive("a")) this.holders.delete("a");
    for (const name of names) this.verdicts.set(name, { mayHold: name !== "w", light: "green", reasons: [] });
  }

  alive(name: Name): boolean {
    return !this.faults.some((fault) => "dead" in fault && fault.dead === name);
  }
  works(part: PartName, on: Name): boolean {
    return this.alive(on) && !this.faults.some((f) => "part" in f && f.part === part && f.on === on);
  }
  linked(one: Name, other: Name): boolean {
    if (!this.alive(one) || !this.alive(other)) return false;
    return !this.faults.some((f) => "cut" in f && f.cut.includes(one) && f.cut.includes(other));
  }

  /** Galera: members that reach each other, also by way of a third one, with a majority of the three. */
  component(of: Name): Name[] {
    const votes = (name: Name) => this.works(name === "w" ? "garbd" : "mariadb", name);
    const found = new Set<Name>(votes(of) ? [of] : []);
    for (let grown = true; grown; ) {
      const more = names.filter(
        (name) => !found.has(name) && votes(name) && [...found].some((member) => this.linked(member, name)),
      );
      for (const name of more) found.add(name);
      grown = more.length > 0;
    }
    return [...found];
  }
  primary(name: Name): boolean {
    return name !== "w" && this.component(name).length >= 2;
  }

  private functional(name: Name): HostReport["functional"] {
    const fails = this.faults.some((fault) => "function" in fault && fault.function === name);
    if (name === "w" || !this.works("kamailio", name)) return undefined;
    const failures = fails ? 5 : 0;
    return { ok: !fails, failures, storeFailures: 0, detail: "no answer to INVITE", ms: 5, ageMs: 1000 };
  }

  private parts(name: Name): HostReport["parts"] {
    const wanted = (
      name === "w" ? ["garbd"] : ["mariadb", "redis", "rtpengine", "kamailio", "keepalived", "app"]
    ) as PartName[];
    return Object.fromEntries(wanted.map((part) => [part, this.works(part, name) ? ok : broken]));
  }

  private report(name: Name): HostReport {
    const facts = { primary: this.primary(name), state: "Synced", size: 3, seqno: 1, uuid: "u" };
    const functional = this.functional(name);
    return {
      host: name,
      role: name === "w" ? "witness" : "node",
      cluster: "lab",
      release: "0",
      config: "c",
      wallMs: 0,
      agentPid: 1,
      agentUptimeMs: 1e6,
      stopping: false,
      holds: this.holders.has(name),
      term: this.terms[name],
      parts: this.parts(name),
      verdict: this.verdicts.get(name) ?? { mayHold: false, light: "red", reasons: [] },
      ...(name === "w" ? {} : { database: { phase: "running", disk, settled: false, facts } }),
      ...(functional ? { functional } : {}),
      sees: Object.fromEntries(
        names.flatMap((other): [string, Sighting][] =>
          other !== name && this.linked(name, other) ? [[other, this.sighting(other)]] : [],
        ),
      ),
    };
  }
  private sighting(name: Name): Sighting {
    const mayHold = this.verdicts.get(name)?.mayHold ?? false;
    const holds = this.holders.has(name);
    return { ageMs: 100, holds, term: this.terms[name], mayHold, primary: this.primary(name) };
  }

  private observe(name: Name): Observation {
    const peers = names.flatMap((other): [string, PeerNews][] =>
      other === name
        ? []
        : [[other, { ageMs: this.linked(name, other) ? 100 : 9000, report: this.report(other) }]],
    );
    const upstream = !this.faults.some((fault) => "upstream" in fault && fault.upstream === name);
    return {
      host: name,
      role: name === "w" ? "witness" : "node",
      stance: this.stance,
      nodeOrder: ["a", "b"],
      stopping: false,
      yielding: false,
      holds: this.holders.has(name),
      term: this.terms[name],
      parts: this.parts(name),
      primary: this.primary(name),
      members: this.component(name).length,
      hosts: 3,
      upstream: name === "w" ? undefined : upstream,
      peers: Object.fromEntries(peers),

      others: names.filter((other) => other !== name),
      heldMs: 1000 * (this.round - (this.heldSince[name] ?? this.round)),
      functional: this.functional(name),
    };
  }

  /** xorshift: the same order in every run of the tests. */
  private random(below: number): number {
    this.dice ^= this.dice << 13;
    this.dice ^= this.dice >>> 17;
    this.dice ^= this.dice << 5;
    return Math.abs(this.dice) % below;
  }

  /** One host judges, then VRRP elects. @returns whether anything changed */
  private judgeAt(name: Name): boolean {
    const before = this.state;
    this.round++;
    if (this.alive(name)) this.verdicts.set(name, judge(this.observe(name)));
    const stand = (["a", "b"] as const).filter(
      (node) => this.works("keepalived", node) && this.verdicts.get(node)?.mayHold,
    );
    const elected = new Set<Name>(stand);
    // In contact one of them holds; nobody is thrown out by a return (nopreempt).
    if (stand.length === 2 && this.linked("a", "b"))
      elected.delete(this.holders.has("b") && !this.holders.has("a") ? "a" : "b");
    for (const node of elected)
      if (!this.holders.has(node)) {
        this.terms[node] = Math.max(this.terms.a, this.terms.b) + 1;
        this.heldSince[node] = this.round;
      }
    this.holders = elected;
    this.state = JSON.stringify([...this.verdicts, [...this.holders].sort(), this.terms]);
    return this.state !== before;
  }

  /** @returns judgements until nothing changed any more; Infinity: it goes on for ever */
  settle(): number {
    for (let quiet = 0, count = 0; count < 200; count++) {
      quiet = this.judgeAt(names[this.random(3)] ?? "a") ? 0 : quiet + 1;
      if (quiet >= 20) return count - 20;
    }
    return Number.POSITIVE_INFINITY;
  }
}

const cases: Fault[][] = [
  ...faults.map((fault) => [fault]),
  ...faults.flatMap((one, index) => faults.slice(index + 1).map((other) => [one, other])),
];
const title = (happened: Fault[]) => happened.map(text).join(" + ");

describe.each(["availability", "consistency"] as const)("stance %s", (stance) => {
  test.each(cases.map((happened) => [title(happened), happened] as const))("%s", (_, happened) => {
    for (let seed = 1; seed <= 8; seed++) check(happened, stance, seed);
  });
});

function check(happened: Fault[], stance: "availability" | "consistency", seed: number): void {
  const world = new World(happened, stance, seed);
  expect(world.settle(), "the address must come to rest").toBeLessThan(60);
  const holders = [...world.holders];
  // Two holders only where no host sees both.
  const seen = world.linked("a", "b") || (world.linked("a", "w") && world.linked("b", "w"));
  if (seen) expect(holders.length).toBeLessThanOrEqual(1);
  for (const name of holders) {
    expect(world.works("kamailio", name), `${name} answers SIP`).toBe(true);
    if (stance === "consistency") expect(world.primary(name), `${name} has the quorum`).toBe(true);
  }
  const able = (["a", "b"] as const).filter(
    (name) => world.works("kamailio", name) && world.works("keepalived", name),
  );
  const quorate = able.some((name) => world.primary(name));
  const connected = able.some((name) => !happened.some((f) => "upstream" in f && f.upstream === name));
  if (quorate || (stance === "availability" && connected))
    expect(holders.length, "somebody answers calls").toBeGreaterThanOrEqual(1);
}

test("the table of outcomes", async () => {
  const rows = cases.map((happened) => {
    const cells = (["availability", "consistency"] as const).map((stance) => {
      const world = new World(happened, stance);
      world.settle();
      return [...world.holders].join(" and ") || "nobody";
    });
    const world = new World(happened, "availability");
    world.settle();
    const why = (["a", "b"] as const).flatMap((name) => {
      const verdict = world.verdicts.get(name);
      return world.alive(name) && verdict?.mayHold === false ? [`${name}: ${verdict.reasons[0]}`] : [];
    });
    return `| ${title(happened)} | ${cells.join(" | ")} | ${why.join("; ")} |`;
  });
  const head = [
    "# Who holds the service address after one fault and after two",
    "",
    "Two nodes, a witness; a held the address. Made by `src/agent/double-faults.test.ts`, which plays each case with the",
    "judge's own rules and fails when an outcome changes (`vitest -u` writes it again: read the difference).",
    "The last column: why a living node may not hold it (stance `availability`).",
    "",
    "| faults | availability | consistency | why not |",
    "|---|---|---|---|",
  ];
  const file = join(import.meta.dirname, "scenarios/double-faults.md");
  await expect(`${[...head, ...rows].join("\n")}\n`).toMatchFileSnapshot(file);
});
