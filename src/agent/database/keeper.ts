import { messageOf } from "../../base/message.ts";
import { allHosts, type HostContext, nodes } from "../../cluster/facts.ts";
import { configFile } from "../../components/mariadb/config.ts";
import { readDiskState, recoverPosition } from "../../components/mariadb/state.ts";
import type { DatabaseFacts, DiskState } from "../../report/database.ts";
import type { HostReport, PeerNews } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";
import type { PartName } from "../../report/parts.ts";
import type { Gate, Part } from "../parts/part.ts";
import { databaseReport, factsOf } from "./part-report.ts";
import { decideDatabaseStart, decideRescue, decideVote, mustRejoin, type StartSituation } from "./start.ts";

/** How long to leave the field to the node with the newest data. */
const yieldMs = 60_000;

/** What the keeper needs of its agent. */
interface KeeperHost {
  part(name: PartName): Part | undefined;
  peers(): Record<string, PeerNews | undefined>;
  /** This host has the service address. */
  holds(): boolean;
  /** Many packets between this host and another are lost. */
  lineIsBad(): boolean;
  tell(subject: string, text: string): void;
}

/** When and how this host's database (or its vote) is started, and what is done when it does not come back by itself. */
export class DatabaseKeeper {
  private readonly context: HostContext;
  private readonly host: KeeperHost;
  private disk: DiskState = { initialised: false, uuid: "", seqno: -1, safeToBootstrap: false, view: false };
  private readingDisk = false;
  /** `disk` is where the database ended. */
  private diskRead = false;
  /** The database has not been started since its position was read. */
  private fresh = false;
  private waits: string | undefined;
  private forceBootstrap = false;
  /** The arbitrator was stopped so that a new component can form: it must forget the old one. */
  private abstained = false;
  /** Since when the database runs outside of a Primary Component, and whether another node is in one. */
  private outsideSince: { at: number; peerPrimary: boolean } | undefined;
  /** Its position, and since when that has been so. */
  private still: { seqno: number; since: number } = { seqno: -1, since: Number.NEGATIVE_INFINITY };
  /** undefined: it has not been in the Primary Component yet. */
  private quorum: { lostMs: number; at: number } | undefined;
  /** Keep the database down until that node is Primary (or does not come to it). */
  private yieldsTo: { name: string; until: number } | undefined;

  constructor(context: HostContext, host: KeeperHost) {
    this.context = context;
    this.host = host;
  }

  /** One step; called often, never waits. */
  tick(now: number): void {
    if (this.facts?.primary) this.quorum = { lostMs: 0, at: now };
    else if (this.quorum) {
      const passed = this.host.lineIsBad() ? 0 : now - this.quorum.at;
      this.quorum = { lostMs: this.quorum.lostMs + passed, at: now };
    }
    this.rescue(now);
    this.abstain();
  }

  async readDisk(): Promise<void> {
    const { dirs } = this.context;
    this.readingDisk = true;
    this.diskRead = false;
    try {
      let disk = readDiskState(dirs.mariadb);
      if (disk.initialised && disk.seqno < 0)
        disk = {
          ...disk,
          ...(await recoverPosition(configFile(this.context), AbortSignal.timeout(120_000))),
        };
      this.disk = disk;
      this.diskRead = true;
      this.fresh = true;
    } catch (error) {
      this.host.tell("position", messageOf(error));
    } finally {
      this.readingDisk = false;
    }
  }

  private startSituation(): StartSituation {
    const { cluster, self } = this.context;
    const nodeOrder = nodes(cluster).map((host) => host.name);
    const witnesses = allHosts(cluster).flatMap((host) => (host.role === "witness" ? [host.name] : []));
    return { host: self.name, nodeOrder, disk: this.disk, peers: this.host.peers(), witnesses };
  }

  startGate(): ReturnType<Gate> {
    // InnoDB's files can be opened by one process at a time: no start while the position is being read.
    if (this.readingDisk) return { go: false, why: "reading the position of the last transaction" };
    const decision = decideDatabaseStart(this.startSituation());
    if (this.yieldsTo) {
      const { name, until } = this.yieldsTo;
      const news = this.host.peers()[name];
      if (
        performance.now() < until &&
        news &&
        news.ageMs <= contactMs &&
        !news.report.database?.facts?.primary
      )
        return { go: false, why: `${name} starts the database first` };
      this.yieldsTo = undefined;
    }
    if (this.forceBootstrap || decision.action === "bootstrap") {
      const why = decision.action === "bootstrap" ? decision.why : "no Primary Component formed";
      this.forceBootstrap = false;
      this.waits = undefined;
      this.host.tell("bootstrap", why);
      return this.start(true);
    }
    this.waits = decision.action === "wait" ? decision.why : undefined;
    return decision.action === "join" ? this.start(false) : { go: false, why: decision.why };
  }

  /** A position costs a start of its own (mariadbd --wsrep-recover): one that was read just now is not read again. */
  private start(bootstrap: boolean): ReturnType<Gate> {
    const { uuid, seqno } = this.disk;
    const known = this.fresh && seqno >= 0;
    this.fresh = false;
    return { go: true, bootstrap, ...(known && { position: { uuid, seqno } }) };
  }

  voteGate(): ReturnType<Gate> {
    const { nodeOrder, peers } = this.startSituation();
    const decision = decideVote(nodeOrder, peers);
    if (decision.action === "wait") return { go: false, why: decision.why };
    const forget = this.abstained;
    this.abstained = false;
    return { go: true, bootstrap: forget };
  }

  private abstain(): void {
    const part = this.host.part("garbd");
    if (!part?.running) return;
    const { nodeOrder, peers } = this.startSituation();
    const decision = decideVote(nodeOrder, peers);
    if (decision.action !== "wait") return;
    this.abstained = true;
    this.host.tell("abstains", decision.why);
    part.kill(decision.why);
  }

  get facts(): DatabaseFacts | undefined {
    return factsOf(this.host.part("mariadb"));
  }

  /**
   * How long the database could have come back into the Primary Component and has not, ms: the time with a bad line does
   * not count, there it can not. undefined: it has not been in it yet.
   */
  get quorumLostMs(): number | undefined {
    return this.quorum?.lostMs;
  }

  /** Databases that do not come back by themselves: see database-start.ts. */
  private rescue(now: number): void {
    const part = this.host.part("mariadb");
    const facts = this.facts;
    const phase = part?.report().phase;
    const { nodeOrder, peers } = this.startSituation();
    const peerPrimary = nodeOrder.some((name) => {
      const news = peers[name];
      return news !== undefined && news.ageMs <= contactMs && news.report.database?.facts?.primary === true;
    });
    // A hung database is the business of its probe; here it is about one that works, but alone.
    const outside =
      part?.running === true && !facts?.primary && (phase === "starting" || facts !== undefined);
    if (!outside) this.outsideSince = undefined;
    else this.outsideSince ??= { at: now, peerPrimary };
    if (!part || !this.outsideSince) return;
    // Two different situations with clocks of their own: others have the quorum, or nobody has.
    if (this.outsideSince.peerPrimary !== peerPrimary) this.outsideSince = { at: now, peerPrimary };
    const forMs = now - this.outsideSince.at;
    if (facts && facts.seqno !== this.still.seqno) this.still = { seqno: facts.seqno, since: now };
    if (peerPrimary) {
      const state = facts?.state ?? "";
      const stillMs = Math.min(forMs, now - this.still.since);
      const holderLostMs = this.host.holds() ? (this.quorumLostMs ?? forMs) : undefined;
      if (!facts || !mustRejoin({ primary: false, peerPrimary, state, forMs, stillMs, holderLostMs })) return;
      part.kill(
        `outside of the Primary Component for ${Math.round(forMs / 1000)} s (${state}): it must join again`,
      );
    } else {
      const position = { uuid: facts?.uuid || this.disk.uuid, seqno: facts?.seqno ?? this.disk.seqno };
      const decision = decideRescue({ ...this.startSituation(), withoutPrimaryMs: forMs, position });
      if (decision.action === "wait") return;
      this.host.tell(
        "rescue",
        decision.action === "yield"
          ? `${decision.to} has the newest data: down until it is Primary`
          : decision.why,
      );
      if (decision.action === "bootstrap") this.forceBootstrap = true;
      else this.yieldsTo = { name: decision.to, until: now + yieldMs };
      part.kill("no Primary Component with data comes about");
    }
    this.outsideSince = undefined;
  }

  /** What other hosts and people are told; undefined on a witness. */
  report(): HostReport["database"] {
    const mariadb = this.host.part("mariadb");
    if (!mariadb) return undefined;
    const own = {
      disk: this.disk,
      ...(this.outsideSince && !this.outsideSince.peerPrimary
        ? { withoutPrimaryMs: Math.round(performance.now() - this.outsideSince.at) }
        : {}),
      settled: !mariadb.running && this.diskRead && !this.readingDisk,
    };
    return databaseReport(mariadb, this.facts, own, this.waits);
  }
}
