import { messageOf } from "../../base/message.ts";
import { type HostContext, nodes, runFiles } from "../../cluster/facts.ts";
import { copyFromPartner } from "../../components/mariadb/copy.ts";
import {
  asRoot,
  followSql,
  initialised,
  markForRenewal,
  marks,
  partnerOf,
  startSql,
  writableSql,
} from "../../components/mariadb/replica.ts";
import { askSocket } from "../../http/socket.ts";
import type { DatabaseFacts } from "../../report/database.ts";
import type { HostReport, PeerNews } from "../../report/host-report.ts";
import type { PartName } from "../../report/parts.ts";
import type { Gate, Part } from "../parts/part.ts";
import { databaseReport, factsOf } from "./part-report.ts";
import { decideReplicaStart, decideReplication, partnerFrom, type ReplicationAction } from "./replication.ts";

interface KeeperHost {
  part(name: PartName): Part | undefined;
  peers(): Record<string, PeerNews | undefined>;
  tell(subject: string, text: string): void;
}

/** A copy of a large ledger takes its time. */
const copyMs = 6 * 3_600_000;
const actionMs = 10_000;
/** When nobody knows since when they were parted; and the longest that journals are kept. */
const unknownHours = 24;
const mostHours = 24 * 31;
const reconcileMs = 600_000;

/** Positions in a group's history are Galera's. */
const noHistory = { uuid: "", seqno: -1, safeToBootstrap: false, view: false };

/** Starts and minds a database that follows the other node's: the asynchronous counterpart of DatabaseKeeper. */
export class ReplicationKeeper {
  private readonly context: HostContext;
  private readonly host: KeeperHost;
  private readonly partner: string;
  private readonly first: boolean;
  private waits: string | undefined;
  private busy = false;
  private readonly actedAt: Partial<Record<ReplicationAction["do"], number>> = {};
  /** Since when the other's database is known not to answer. */
  private awaySince: number | undefined;
  private partnerKnown = false;
  private followedId: string | undefined;
  /** Since when it has not followed without a break, or not been compared after that; `start`: nobody knows. */
  private partedSince: number | "start" | undefined = "start";
  private told = "";
  /** Why the last copy of the other's data failed. */
  private copyFault: string | undefined;
  readonly quorumLostMs = undefined;

  constructor(context: HostContext, host: KeeperHost) {
    this.context = context;
    this.host = host;
    this.partner = partnerOf(context).name;
    this.first = nodes(context.cluster)[0]?.name === context.self.name;
  }

  private get other() {
    return partnerFrom(this.partner, this.host.peers()[this.partner]);
  }

  readDisk(): Promise<void> {
    return Promise.resolve();
  }

  startGate(): ReturnType<Gate> {
    const decision = decideReplicaStart(initialised(this.context), this.partner, this.other);
    this.waits = decision.go ? undefined : decision.why;
    return decision.go ? { go: true, bootstrap: decision.empty } : decision;
  }

  voteGate(): ReturnType<Gate> {
    return { go: false, why: "asynchronous replication needs no vote" };
  }

  get facts(): DatabaseFacts | undefined {
    const facts = factsOf(this.host.part("mariadb"));
    return facts?.replication?.state === "copying" && this.copyFault !== undefined
      ? { ...facts, replication: { ...facts.replication, error: this.copyFault } }
      : facts;
  }

  /** One step; called often, never waits. */
  tick(now: number): void {
    const partner = this.other;
    if (partner?.works) {
      this.awaySince = undefined;
      this.partnerKnown = true;
    } else this.awaySince ??= now;
    const facts = this.facts?.replication;
    if (!facts) return;
    this.tellOf(facts.state, facts.error);
    if (facts.state !== "following") this.partedSince ??= now;
    if (this.busy) return;
    const action = decideReplication({
      facts,
      first: this.first,
      partner,
      partnerKnown: this.partnerKnown,
      followedId: this.followedId,
      parted: this.partedSince !== undefined,
      sinceMs: Object.fromEntries(Object.entries(this.actedAt).map(([kind, at]) => [kind, now - at])),
      partnerAwayMs: this.awaySince === undefined ? 0 : now - this.awaySince,
    });
    if (!action) return;
    this.busy = true;
    this.actedAt[action.do] = now;
    if (action.do === "follow" || action.do === "start" || action.do === "copy")
      this.followedId = partner?.id;
    void this.act(action).finally(() => {
      this.busy = false;
    });
  }

  private tellOf(state: string, error: string | undefined): void {
    const text = error === undefined ? state : `${state}: ${error}`;
    if (text === this.told) return;
    this.told = text;
    this.host.tell("replication", `from ${this.partner}: ${text}`);
  }

  private async act(action: ReplicationAction): Promise<void> {
    const { context } = this;
    const signal = AbortSignal.timeout(action.do === "copy" ? copyMs : actionMs);
    try {
      if (action.do === "follow") await asRoot(context, followSql(context), signal);
      else if (action.do === "start") await asRoot(context, startSql(context), signal);
      else if (action.do === "open") {
        await asRoot(context, writableSql, signal);
        this.host.tell("writable", action.why);
      } else if (action.do === "reconcile") {
        await this.reconcile();
      } else {
        this.host.tell("copy", `copies the data of ${this.partner}`);
        const began = performance.now();
        await copyFromPartner(context, signal);
        this.copyFault = undefined;
        this.host.tell("copy", `done in ${((performance.now() - began) / 1000).toFixed(1)} s`);
      }
    } catch (error) {
      const why = messageOf(error);
      if (action.do === "copy") this.copyFault = why;
      this.host.tell(action.do, why);
    }
  }

  /** The app stores what its journal has and the data lack, and makes records again that miss events. */
  private async reconcile(): Promise<void> {
    const since = this.partedSince ?? "start";
    // Cleared before: what parts them meanwhile is for the next time.
    this.partedSince = undefined;
    const hours = since === "start" ? unknownHours : Math.ceil((performance.now() - since) / 3_600_000) + 1;
    const path = `/v1/records/check?hours=${Math.min(hours, mostHours)}`;
    try {
      await askSocket(runFiles(this.context.dirs).appSocket, "GET", path, { deadlineMs: reconcileMs });
    } catch (error) {
      this.partedSince ??= since;
      throw error;
    }
  }

  /**
   * Makes the own data from scratch from the other's; what was here is put aside. Events that only this node's journal has come
   * back by the reconciler. @throws Error when the other has no data to copy.
   */
  async renew(): Promise<string> {
    if (!this.other?.works)
      throw new Error(`${this.partner}'s database does not answer: there is nothing to copy`);
    await markForRenewal(this.context);
    this.host.part("mariadb")?.kill("a person wants its data made from scratch");
    return `its data are put aside (${marks(this.context).before}) and copied from ${this.partner}`;
  }

  /** What other hosts and people are told; undefined on a host without a database. */
  report(): HostReport["database"] {
    const mariadb = this.host.part("mariadb");
    if (!mariadb) return undefined;
    const own = {
      // Asked at each tick: one that runs need not be looked for on the disk.
      disk: { ...noHistory, initialised: mariadb.running || initialised(this.context) },
      settled: !mariadb.running,
    };
    return databaseReport(mariadb, this.facts, own, this.waits);
  }
}
