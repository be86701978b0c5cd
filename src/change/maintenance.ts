import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { configDigest, type HostContext } from "../cluster/facts.ts";
import { checkout, release } from "../cluster/release.ts";
import type { Drained } from "../report/drained.ts";
import type { HostReport, PeerNews } from "../report/host-report.ts";
import type { LightCode } from "../report/light.ts";
import { contactMs } from "../report/news.ts";
import type { Order, Work } from "../report/order.ts";
import type { PartName } from "../report/parts.ts";
import { type PartDigests, restartsFor, stageProblems } from "./check.ts";
import { readDrained, writeDrained } from "./drained.ts";
import { DriftWatch } from "./drift-watch.ts";
import { OrderBook, type Outcome } from "./orders.ts";
import { lookAt } from "./releases.ts";
import { duringChange } from "./safety.ts";
import {
  beginTrial,
  changeFiles,
  chooseDirectory,
  chosenDirectory,
  endTrial,
  goBack,
  readTrial,
  replaceFile,
  started,
  wentBack,
} from "./trial.ts";
import { parseCluster } from "./yaml.ts";

/** What maintenance needs of its agent. */
interface Hands {
  holds(): boolean;
  /** Begins to hand the service address over, or says why not. */
  switchOver(force: boolean, accept: readonly LightCode[]): { to: string } | { reasons: string[] };
  /** Ends this agent so that systemd (the keeper in a lab) starts the next one; with `parts` all parts stop first. */
  restart(parts: boolean): void;
  /** Kills a part; it is started again. @throws Error when this host has none such */
  killPart(name: PartName, why: string): void;
  /** Begins a drill. @returns what was begun @throws Error when none may begin */
  drill(name: string, runs: number, who: string): string;
  /** Puts this host's data aside and copies the other node's. @throws Error when that can not be */
  renewDatabase(): Promise<string>;
  /** With what each running part was started. */
  partDigests(): PartDigests;
  tell(subject: string, text: string): void;
}

const handoverMs = 6000;

/** A host's maintenance by people: out of service and back, restarts, releases, changes of cluster.yaml. */
export class Maintenance {
  private readonly context: HostContext;
  private readonly hands: Hands;
  private readonly orders: OrderBook;
  readonly drift: DriftWatch;
  drained: Drained | undefined;

  constructor(context: HostContext, hands: Hands) {
    this.context = context;
    this.hands = hands;
    this.drained = readDrained(context.dirs);
    this.drift = new DriftWatch(context, () => Object.keys(hands.partDigests()) as PartName[], hands.tell);
    this.orders = new OrderBook(context, (order) => this.perform(order), hands.tell, wentBack(context.dirs));
  }

  /** The agent runs: whatever was on trial can at least be started. */
  begin(): void {
    const why = started(this.context.dirs);
    if (why !== undefined) this.hands.tell("went-back", why);
  }

  post(given: unknown): void {
    this.orders.post(given);
  }

  /** With each tick of the agent. */
  tick(
    now: number,
    self: Pick<HostReport, "config" | "release">,
    peers: Record<string, PeerNews | undefined>,
  ): void {
    const heard = Object.values(peers).flatMap((news) =>
      news && news.ageMs <= contactMs ? [news.report] : [],
    );
    this.drift.tick(now, self, heard);
  }

  close(): Promise<void> {
    return this.drift.close();
  }

  heard(report: HostReport): void {
    this.orders.heard(report);
  }

  report(): Pick<HostReport, "drained" | "orders" | "orderResults" | "trial" | "checkout" | "drift"> {
    const trial = readTrial(this.context.dirs);
    return {
      ...(this.drained ? { drained: this.drained } : {}),
      orders: this.orders.given,
      orderResults: this.orders.taken,
      ...(trial ? { trial: { change: trial.change, who: trial.who, wallMs: trial.wallMs } } : {}),
      checkout,
      drift: this.drift.drift,
    };
  }

  private async perform(order: Order): Promise<Outcome> {
    const { work, who } = order;
    switch (work.kind) {
      case "drain":
        if (this.hands.holds()) await this.handOver(work.force);
        this.drained = { by: who, wallMs: Date.now(), why: work.why };
        writeDrained(this.context.dirs, this.drained);
        return { text: "takes no new work" };
      case "undrain":
        if (!this.drained) return { text: "was in service already" };
        this.drained = undefined;
        writeDrained(this.context.dirs, undefined);
        return { text: "may take work again" };
      case "switchover":
        return { text: `${await this.handOver(work.force)} holds the service address` };
      case "kill-part":
        this.stayIfNeeded(true);
        this.hands.killPart(work.part, `a drill of ${who}`);
        return { text: `killed ${work.part}` };
      case "drill":
        return { text: this.hands.drill(work.name, work.runs, who) };
      case "renew-database":
        this.stayIfNeeded(true);
        return { text: await this.hands.renewDatabase() };
      case "restart":
        this.stayIfNeeded(work.parts && !work.force);
        return this.restart(work.parts, work.parts ? "restarting agent and parts" : "restarting the agent");
      case "look": {
        const found = await lookAt(this.context, work.directory);
        return { text: found.release, details: found.restarts };
      }
      case "release":
        return this.useRelease(order, work);
      case "stage":
        return this.stage(work.text);
      case "activate":
        return this.activate(order, work);
      case "confirm":
        endTrial(this.context.dirs);
        return { text: "the change stays" };
      case "back":
        return this.restart(false, `went back to the earlier ${this.goBack(order)}`);
    }
  }

  private restart(parts: boolean, text: string): Outcome {
    // The answer of this order is in its file by then; the next agent tells it.
    setTimeout(() => this.hands.restart(parts), 100);
    return { text, restarts: true };
  }

  /** Stopping parts on the node that callers talk to would cost calls. */
  private stayIfNeeded(stops: boolean): void {
    if (stops && this.hands.holds())
      throw new Error("it holds the service address: hand it over first (dialtone switchover)");
  }

  private async handOver(force: boolean): Promise<string> {
    const answer = this.hands.switchOver(force, duringChange);
    if ("reasons" in answer) throw new Error(answer.reasons.join("; "));
    const deadline = performance.now() + handoverMs;
    while (this.hands.holds()) {
      if (performance.now() > deadline)
        throw new Error(`${answer.to} has not taken the service address within ${handoverMs / 1000} s`);
      await delay(20);
    }
    return answer.to;
  }

  /** @throws Error when another change has not come to its end here. */
  private begins(order: Order): Pick<Order, "change" | "who"> & { wallMs: number } {
    const trial = readTrial(this.context.dirs);
    if (trial && trial.change !== order.change)
      throw new Error(
        `a change by ${trial.who} of ${new Date(trial.wallMs).toISOString()} is neither confirmed nor taken back here: ` +
          "'dialtone change confirm' or 'dialtone change back' first",
      );
    return { change: order.change, who: order.who, wallMs: Date.now() };
  }

  private goBack(order: Order): string {
    this.begins(order);
    return goBack(this.context.dirs, this.context.clusterFile);
  }

  private async useRelease(order: Order, work: Extract<Work, { kind: "release" }>): Promise<Outcome> {
    const { dirs } = this.context;
    const trial = this.begins(order);
    this.stayIfNeeded(!work.force);
    if (release() === work.release && checkout === work.directory)
      return { text: `runs release ${work.release} already` };
    const found = await lookAt(this.context, work.directory);
    if (found.release !== work.release)
      throw new Error(
        `${work.directory} holds release ${found.release} here, not ${work.release}: the folders differ between the hosts`,
      );
    beginTrial(dirs, { ...trial, directory: chosenDirectory(dirs) ?? null });
    chooseDirectory(dirs, work.directory);
    return this.restart(false, `starting release ${work.release}`);
  }

  private async stage(text: string): Promise<Outcome> {
    const { context } = this;
    const cluster = parseCluster(text, "cluster.yaml");
    const problems = await stageProblems(context, cluster);
    if (problems.length > 0) throw new Error(problems.join("\n"));
    const next = { ...context, cluster };
    replaceFile(changeFiles(context.dirs).staged, text);
    return { text: configDigest(cluster), details: restartsFor(next, this.hands.partDigests()) };
  }

  private activate(order: Order, work: Extract<Work, { kind: "activate" }>): Outcome {
    const { context } = this;
    const { staged } = changeFiles(context.dirs);
    const trial = this.begins(order);
    if (!existsSync(staged)) throw new Error("no cluster.yaml is staged here");
    const text = readFileSync(staged, "utf8");
    const cluster = parseCluster(text, staged);
    if (configDigest(cluster) !== work.digest)
      throw new Error("the staged cluster.yaml is another one than was checked: run 'dialtone apply' again");
    const critical = restartsFor({ ...context, cluster }, this.hands.partDigests()).some(
      (part) => part !== "app",
    );
    this.stayIfNeeded(critical && !work.force);
    beginTrial(context.dirs, { ...trial, cluster: this.drift.text });
    replaceFile(context.clusterFile, text);
    return this.restart(false, `starting with configuration ${work.digest}`);
  }
}
