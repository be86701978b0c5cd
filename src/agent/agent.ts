import { randomUUID } from "node:crypto";
import { configDigest, type HostContext, replicates } from "../cluster/facts.ts";
import type { Component } from "../components/common/component.ts";
import { lookUp } from "../components/kamailio/locations.ts";
import { writeComponentFiles } from "../host/files.ts";
import { closeSockets } from "../http/socket.ts";
import type { HostReport } from "../report/host-report.ts";
import { contactMs, knownNodes } from "../report/news.ts";
import type { Observation } from "../report/observation.ts";
import type { Verdict } from "../report/verdict.ts";
import { noPlan } from "./address/announcements.ts";
import { type Decision, decide, decideAnnouncement, decideOnNews, type Memory } from "./address/decide.ts";
import { judge } from "./address/judge.ts";
import { watchVrrp } from "./address/service-address.ts";
import { type AppRelay, relayToPeers } from "./calls/app-relay.ts";
import { listenForEndedAudio } from "./calls/ended-audio.ts";
import { calmTickMs, isCalm, matter, type Signs } from "./calm.ts";
import { startCarrying } from "./chores/carry.ts";
import { type Drills, startDrills } from "./chores/drill-schedule.ts";
import { startHousekeeping } from "./chores/housekeeping.ts";
import { serveMetrics } from "./doors/metrics-server.ts";
import { serveAgent } from "./doors/server.ts";
import { type Ending, type Keepers, makeKeepers } from "./keepers.ts";
import { Peers } from "./observe/peers.ts";
import { calmBeatMs } from "./observe/pulse-pace.ts";
import { type Pulses, startPulses } from "./observe/pulses.ts";
import { Upstream } from "./observe/upstream.ts";
import { prepareHost } from "./prepare.ts";
import { type AgentState, observationOf, type PulseState, pulse, reportOf } from "./views.ts";

const tickMs = 50;
/** An agent that did nothing for so long has not heard what was said meanwhile. */
const deafMs = 150;
/** After keepalived spoke, or this agent began, every tick is a full one. */
const unsettledMs = 2000;
/** A peer that says nothing for so long answers no calls' questions either. */
const silentMs = 2000;
/** A page of registrations is asked for no longer than this. */
const lookUpMs = 2000;

/**
 * The agent of one host: supervises its parts, judges, gives or denies keepalived the address.
 * Decisions are in judge.ts, decide.ts and database-start.ts (pure); keepers.ts makes those that watch and act; this class
 * says what happens when.
 */
export class HostAgent {
  private readonly context: HostContext;
  private readonly release: string;
  private readonly config: string;
  private readonly startedAt = performance.now();
  private readonly life = randomUUID();
  private readonly keepers: Keepers;
  private peers: Peers | undefined;
  private upstream: Upstream | undefined;
  private drills: Drills | undefined;
  private appRelay: AppRelay | undefined;
  private verdict: Verdict = { mayHold: false, light: "red", reasons: ["the agent has just started"] };
  private memory: Memory = { forbiddenSince: undefined, plan: noPlan };
  private stopping = false;
  private awakeAt = performance.now();
  private listening = false;
  private signs: Signs | undefined;
  private calm = false;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private unsettledUntil = performance.now() + unsettledMs;
  /** What others act on of the last report, and how often that has changed. */
  private said = { matter: "", version: 0 };
  private pulses: Pulses | undefined;
  private readonly ending = Promise.withResolvers<Ending>();

  constructor(context: HostContext, components: Component[], release: string) {
    this.context = context;
    this.release = release;
    this.config = configDigest(context.cluster);
    this.keepers = makeKeepers(context, components, {
      startedAt: this.startedAt,
      stopping: () => this.stopping,
      peers: () => this.peers,
      tick: () => this.tick(),
      noticeAddress: () => this.noticeAddress(),
      end: (ending) => this.ending.resolve(ending),
      drill: (name, runs, who) => {
        if (!this.drills) throw new Error("the agent has just started: try again in a moment");
        return this.drills.begin(name, runs, who);
      },
    });
  }

  /** Runs until `signal` aborts or a person asks for an end; then stops all parts in order, unless only the agent ends. */
  async start(signal: AbortSignal): Promise<Ending> {
    const { context, keepers } = this;
    const { claim, log, maintenance, notifier, registrations, serving, teller, watch } = keepers;
    const isNode = context.self.role === "node";
    await prepareHost(context);
    await this.takeOver();
    log.add("agent", "started", `release ${this.release}, configuration ${this.config}`);
    const stopCarrying = isNode ? startCarrying(context, teller("journal")) : () => Promise.resolve();
    const stopVrrp = isNode
      ? await watchVrrp(context, (state) => {
          log.add("vrrp", "address", state);
          this.unsettledUntil = performance.now() + unsettledMs;
          if (state === "MASTER") keepers.handover.confirmed();
          this.noticeAddress();
          if (claim.holds) this.tick();
        })
      : () => undefined;
    this.upstream = new Upstream(isNode ? context.cluster.upstream : []);
    const onNews: ConstructorParameters<typeof Peers>[1] = (report, before, trip) => {
      watch.heard(report, trip);
      this.heard(report, before);
    };
    this.peers = new Peers(context, onNews, () => this.calm);
    const pulses = await startPulses(context, {
      current: () => pulse(keepers, this.pulseState),
      heard: (one) => {
        const at = this.peers?.pulse(one);
        if (at !== undefined) keepers.moves.pulsed(one, at);
      },
      tell: (text) => log.add("agent", "pulses", text),
    });
    this.pulses = pulses;
    if (isNode) this.appRelay = await relayToPeers(context);
    const closeServers = await serveAgent(context, {
      report: () => this.report(),
      cluster: () => this.clusterNews(),
      events: (since) => log.since(since),
      registrations: () => registrations.snapshot,
      confirmFenced: (host) => keepers.fencing.confirm(host),
      watch,
      maintenance,
      stop: () => this.ending.resolve("stop"),
      switchOver: (force, accept) => keepers.handover.start(force, accept),
      contactsOf: (users) => lookUp(context, users, AbortSignal.timeout(lookUpMs)),
    });
    const closeMetrics = await serveMetrics(context, () => this.report(), watch);
    const stopListening = isNode
      ? await listenForEndedAudio(context, () => claim.holds || serving.carries, teller("ended-audio"))
      : () => undefined;
    let timer: NodeJS.Timeout | undefined;
    const beat = () => {
      timer = setTimeout(beat, this.beat());
      notifier.alive(performance.now(), `${this.verdict.light}. ${this.verdict.reasons.join("; ")}`);
    };
    beat();
    notifier.ready();
    const stopHousekeeping = startHousekeeping(context, teller("housekeeping"));
    const drills = startDrills(context, {
      holdsForMs: () => claim.heldForMs,
      cluster: () => this.clusterNews(),
      tell: teller("drill"),
    });
    this.drills = drills;
    signal.addEventListener("abort", () => this.ending.resolve("stop"));
    let ending: Ending;
    try {
      maintenance.begin();
      ending = await this.ending.promise;
      if (ending !== "restart-agent") await this.stopParts();
    } finally {
      clearTimeout(timer);
      await stopCarrying();
      await stopListening();
      await drills.stop();
      stopHousekeeping();
      keepers.self.close();
      pulses.close();
      await this.peers.close();
      await registrations.close();
      this.appRelay?.close();
      this.upstream.close();
      stopVrrp();
      await closeServers();
      await closeMetrics();
      await watch.close();
      await maintenance.close();
      await closeSockets();
      notifier.close();
    }
    const how = ending === "restart-agent" ? "for the next one; parts go on" : "all parts are stopped";
    log.add("agent", "stopped", how);
    await log.settled(1000);
    return ending;
  }

  /** Goes on from what the agent before left: address, registrations, running parts, the database on the disk. */
  private async takeOver(): Promise<void> {
    const { actor, claim, database, duty, media, part, parts, registrations } = this.keepers;
    claim.restore();
    if (this.context.self.role === "node") media?.addressChanged(claim.holds);
    if (claim.holds) duty.adopted();
    await registrations.start();
    parts.adopt();
    const mariadb = part("mariadb");
    if (mariadb) {
      await writeComponentFiles(mariadb.component, this.context);
      // Nobody waits for it: the database's start does by itself (its gate).
      if (!mariadb.running) void database.readDisk();
    }
    // Until the first verdict: not fit. keepalived reads this at its start.
    if (!claim.holds) actor.carryOut([{ do: "write-track", fit: false }]);
  }

  private get pulseState(): PulseState {
    const { context, life, stopping, verdict } = this;
    return { context, life, version: this.said.version, stopping, verdict, peers: this.peers?.news() ?? {} };
  }

  private get state(): AgentState {
    const { release, config, startedAt } = this;
    return {
      ...this.pulseState,
      release,
      config,
      startedAt,
      troubles: this.peers?.troubles ?? [],
      heardPercent: this.peers?.heardPercent ?? {},
      upstream: this.upstream?.reachable,
      drilling: this.drills?.running(),
    };
  }

  private observe(): Observation {
    return observationOf(this.keepers, this.state);
  }

  private report(): HostReport {
    return reportOf(this.keepers, this.state);
  }

  private clusterNews(): { ageMs: number; report: HostReport }[] {
    const others = Object.values(this.peers?.news() ?? {}).flatMap((news) => (news ? [news] : []));
    return [{ ageMs: 0, report: this.report() }, ...others];
  }

  private heard(report: HostReport, before: { report: HostReport; silenceMs: number } | undefined): void {
    const { actor, claim, duty, handover, log, maintenance, moves, serving } = this.keepers;
    maintenance.heard(report);
    moves.heard(report);
    if (report.version !== before?.report.version) this.lookedAt = Number.NEGATIVE_INFINITY;
    if (!before) {
      log.add("peer", report.host, "heard");
      return;
    }
    handover.heard(report);
    const { name: host, role } = this.context.self;
    const self = {
      host,
      role,
      holds: claim.holds,
      mayHold: this.verdict.mayHold,
      ready: duty.ready,
      taking: handover.taking,
      follows: replicates(this.context.cluster) && !serving.carries,
    };
    actor.carryOut(decideOnNews(self, report, before.silenceMs));
    this.announce();
  }

  private announce(): void {
    const situation = { now: performance.now(), observation: this.observe(), mayHold: this.verdict.mayHold };
    this.obey(decideAnnouncement(situation, this.keepers.handover.to, this.memory));
  }

  private obey({ actions, memory }: Decision): void {
    this.memory = memory;
    this.keepers.actor.carryOut(actions);
  }

  private look(): Signs {
    const { database, handover, parts } = this.keepers;
    const handing = handover.to !== undefined || handover.taking;
    return {
      green: this.verdict.light === "green",
      busy: this.stopping || handing || parts.inDoubt || performance.now() < this.unsettledUntil,
      silentMs: this.peers?.silentMs ?? Number.POSITIVE_INFINITY,
      upstream: this.upstream?.reachable,
      primary: database.facts?.primary === true,
    };
  }

  /**
   * The parts' supervision and a pulse; and the rest when something may have changed, or was not looked at for long.
   * @returns when to beat again, ms
   */
  private beat(): number {
    const now = performance.now();
    const before = this.calm;
    this.calm = now - this.awakeAt <= deafMs && isCalm(this.look(), this.signs, this.context.self.role);
    if (before && !this.calm) this.peers?.look();
    if (!this.calm || now - this.lookedAt >= calmTickMs - tickMs / 2) this.tick();
    else {
      this.awakeAt = now;
      this.keepers.parts.tick();
    }
    this.pulses?.beat(this.calm);
    return this.calm ? calmBeatMs : tickMs;
  }

  /** Others are to read the report soon when it says something new. */
  private tell(): void {
    const now = matter(this.report());
    if (now === this.said.matter) return;
    this.said = { matter: now, version: this.said.version + 1 };
    this.pulses?.send();
  }

  /**
   * Follow, look, judge, act, tell. Never waits. After a stall of its own an agent hears first what waits in its sockets:
   * that it heard nothing meanwhile was not the others' silence.
   */
  private tick(): void {
    if (performance.now() - this.awakeAt > deafMs && !this.listening) {
      this.listening = true;
      setImmediate(() => this.tick());
      return;
    }
    this.listening = false;
    this.awakeAt = this.lookedAt = performance.now();
    this.judgeAndAct();
    this.signs = this.look();
    this.tell();
  }

  private judgeAndAct(): void {
    const { actor, claim, database, fencing, handover, log, part, parts, serving } = this.keepers;
    const news = this.peers?.news() ?? {};
    this.followDuty(news);
    if (!this.stopping) parts.tick();
    parts.record();
    this.noticeAddress();
    database.tick(performance.now());
    this.keepers.media?.tick(Object.values(news).some((one) => one?.report.holds === true));
    if ((claim.holds || serving.carries) && part("rtpengine")?.report().ok) {
      void this.keepers.audioWatch.look();
      void this.keepers.dialogSweep.look();
    }
    this.keepers.watch.tick(news, () => this.report());
    const [before, observation] = [this.verdict, this.observe()];
    this.verdict = judge(observation);
    const { mayHold, light, reasons } = this.verdict;
    this.keepers.weights.tick(performance.now(), this.verdict, news);
    const fenced = fencing.tick(observation, mayHold, performance.now() - this.startedAt);
    serving.tick(observation);
    this.keepers.dns.tick(observation, serving.verdict?.ok ?? false);
    const now = performance.now();
    if (before.light !== light || before.mayHold !== mayHold)
      log.add("verdict", light, reasons.join("; ") || "all well");
    this.keepers.self.tick(now, claim.holds, () => this.report(), observation.peers);
    const { config, release } = this;
    this.keepers.maintenance.tick(now, { config, release }, observation.peers);
    if (this.context.self.role !== "node") return;
    const [app, sip] = [part("app")?.report().ok === true, part("kamailio")?.report().ok === true];
    this.keepers.moves.tick(now, app);
    this.keepers.carriers.tick(claim.holds, sip, app);
    this.keepers.webCertificate?.tick(part("haproxy")?.report().ok === true);
    const situation = {
      now,
      observation,
      mayHold,
      uptimeMs: now - this.startedAt,
      fencing: fenced,
      track: actor.track,
      keepalivedRuns: part("keepalived")?.running ?? true,
      handover: handover.state(now),
    };
    this.obey(decide(situation, this.memory));
  }

  private followDuty(peers: Observation["peers"]): void {
    const { name, role } = this.context.self;
    if (role !== "node") return;
    const { claim, duty, part, registrations } = this.keepers;
    const holders = Object.values(peers).flatMap((one) =>
      one && one.ageMs <= contactMs && one.report.holds ? [one.report] : [],
    );
    for (const [host, one] of Object.entries(peers))
      if (one && one.ageMs > silentMs) this.appRelay?.drop(host);
    const now = performance.now();
    const expected = holders.some((report) => report.handover === name);
    duty.tick(now, expected, this.stopping);
    const holder = claim.holds ? name : holders[0]?.host;
    registrations.tick(now, holder, part("kamailio")?.report().ok ?? false);
  }

  private noticeAddress(): void {
    const { claim, duty, handover, log, media, moves } = this.keepers;
    if (!claim.look()) return;
    const { holds } = claim;
    duty.addressChanged(holds);
    media?.addressChanged(holds);
    if (!holds) moves.heard({ ...this.report(), holds: true });
    if (holds) {
      moves.gained(handover.taking);
      claim.renew(knownNodes(this.observe()).map((other) => other.term));
    }
    log.add("address", holds ? "gained" : "lost", holds ? `term ${claim.term}` : "");
    this.announce();
  }

  private async stopParts(): Promise<void> {
    const { actor, claim, log, notifier, parts } = this.keepers;
    notifier.stopping();
    log.add("agent", "stopping", "giving the service address up, then stopping all parts");
    this.stopping = true;
    const deadline = performance.now() + 2000;
    this.tick();
    while (claim.holds && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      this.tick();
    }
    await parts.stop();
    actor.carryOut([{ do: "drop-address", why: "keepalived is stopped" }]);
    parts.record();
  }
}
