import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { AppHealth } from "../app/health-api.ts";
import { drainedText } from "../change/drained.ts";
import { Maintenance } from "../change/maintenance.ts";
import {
  allHosts,
  configDigest,
  type HostContext,
  nodes,
  replicates,
  runFiles,
  voters,
} from "../cluster/facts.ts";
import type { Component, PartName, partNames } from "../components/component.ts";
import { holdsServiceAddress } from "../components/keepalived.ts";
import { Fencing } from "../fencing/keeper.ts";
import { messageOf } from "../message.ts";
import { DnsMover } from "../movers/dns.ts";
import { Actor } from "./act.ts";
import { watchVrrp } from "./address.ts";
import { noPlan } from "./announcements.ts";
import { type AppRelay, relayToPeers } from "./app-relay.ts";
import { DatabaseKeeper } from "./database-keeper.ts";
import {
  type Decision,
  decide,
  decideAnnouncement,
  decideOnExit,
  decideOnNews,
  type Memory,
} from "./decide.ts";
import { DialogSweep } from "./dialog-sweep.ts";
import { startDrillSchedule } from "./drill-schedule.ts";
import { DutyKeeper } from "./duty.ts";
import { AudioWatch, listenForEndedAudio } from "./ended-audio.ts";
import { EventLog } from "./events.ts";
import { makeHostDirectories, writeComponentFiles } from "./files.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { contactMs, judge, knownNodes, type Observation, sightingOf } from "./judge.ts";
import { MediaRelay } from "./media.ts";
import { serveMetrics } from "./metrics-server.ts";
import { Moves } from "./moves.ts";
import { Notifier } from "./notify.ts";
import { type Gate, Part } from "./part.ts";
import { Peers } from "./peers.ts";
import { identify, type ProcessId } from "./process.ts";
import { type Pulse, pulseOf } from "./pulse.ts";
import { startPulses } from "./pulses.ts";
import { RegistrationsCopy } from "./registrations.ts";
import type { HostReport, Verdict } from "./report.ts";
import { SelfView } from "./self-view.ts";
import { serveAgent } from "./server.ts";
import { Serving } from "./serving.ts";
import { Handover } from "./switchover.ts";
import { Upstream } from "./upstream.ts";
import { Watch } from "./watch.ts";

const tickMs = 50;
/** An app that does not come must not keep calls from those numbers that can be routed without it. */
const waitForAppMs = 10_000;
/** A peer that says nothing for so long answers no calls' questions either. */
const silentMs = 2000;

/** How an agent ends: for good; or for the next one to start, all parts too or the agent alone. */
type Ending = "stop" | "restart-all" | "restart-agent";

/**
 * The agent of one host: supervises its parts, judges, gives or denies keepalived the address.
 * Decisions are in judge.ts, decide.ts and database-start.ts (pure); this class gathers what they look at.
 */
export class HostAgent {
  private readonly context: HostContext;
  private readonly release: string;
  private readonly config: string;
  private readonly parts: Part[];
  private readonly log: EventLog;
  private readonly run: ReturnType<typeof runFiles>;
  private readonly startedAt = performance.now();
  /** Tells this agent process from those before and after it. */
  private readonly life = randomUUID();
  private peers: Peers | undefined;
  private upstream: Upstream | undefined;
  private verdict: Verdict = { mayHold: false, light: "red", reasons: ["the agent has just started"] };
  private media: MediaRelay | undefined;
  private audioWatch: AudioWatch | undefined;
  private dialogSweep: DialogSweep | undefined;
  private readonly serving: Serving;
  private readonly dns: DnsMover;
  private holds = false;
  /** Since when `holds` is as it is. */
  private heldSince = performance.now();
  private term = 0;
  private readonly handover: Handover;
  private readonly database: DatabaseKeeper;
  private appRelay: AppRelay | undefined;
  private readonly fencing: Fencing;
  private readonly duty: DutyKeeper;
  private readonly registrations: RegistrationsCopy;
  private readonly self: SelfView;
  private readonly actor: Actor;
  private readonly moves: Moves;
  private readonly watch: Watch;
  private readonly notifier: Notifier;
  private memory: Memory = { forbiddenSince: undefined, plan: noPlan };
  private recorded = "";
  private stopping = false;
  private stopRequested = Promise.withResolvers<Ending>();
  private readonly maintenance: Maintenance;

  constructor(context: HostContext, components: Component[], release: string) {
    this.context = context;
    this.release = release;
    this.config = configDigest(context.cluster);
    this.run = runFiles(context.dirs);
    this.log = new EventLog(join(context.dirs.log, "events.jsonl"), context.self.name);
    this.moves = new Moves(context, (why) => this.log.add("address", "move-not-kept", why));
    this.watch = new Watch(context, this.log);
    this.notifier = new Notifier(process.env, (why) => this.log.add("agent", "systemd", why));
    this.database = new DatabaseKeeper(context, {
      part: (name) => this.part(name),
      peers: () => this.peers?.reports() ?? {},
      tell: (subject, text) => this.log.add("database", subject, text),
    });
    this.registrations = new RegistrationsCopy(context, (subject, text) =>
      this.log.add("policy", subject, text),
    );
    this.fencing = new Fencing(context, (subject, text) => this.log.add("fencing", subject, text));
    this.duty = new DutyKeeper(context, {
      part: (name) => this.part(name),
      tell: (subject, text) => this.log.add("policy", subject, text),
      hasRegistrations: () => this.registrations.some,
    });
    this.self = new SelfView(context, {
      part: (name) => this.part(name),
      stopping: () => this.stopping,
      primary: () => this.database.facts?.primary === true,
    });
    this.parts = components.map((component) => {
      const events = {
        happened: (kind: string, text: string) => {
          this.log.add(`part-${kind}`, component.name, text);
          if (kind === "exited") this.actor.carryOut(decideOnExit(component.name));
        },
        changed: () => queueMicrotask(() => this.tick()),
      };
      const gates: Partial<Record<PartName, Gate>> = {
        mariadb: () => this.database.startGate(),
        garbd: () => this.database.voteGate(),
        rtpengine: () => this.media?.gate() ?? { go: false, why: "no redis here" },
        kamailio: () => this.sipGate(),
      };
      return new Part(component, context, events, gates[component.name], () =>
        this.duty.rest(component.name),
      );
    });
    this.dns = new DnsMover(context, (subject, text) => this.log.add("dns", subject, text));
    this.serving = new Serving(context, (text) => this.log.add("serving", "own address", text));
    this.handover = new Handover(context, {
      state: () => ({ holds: this.holds, stopping: this.stopping }),
      peers: () => this.peers,
      tell: (subject, text) => this.log.add("switchover", subject, text),
      looked: () => this.noticeAddress(),
      judgeNow: () => this.tick(),
    });
    this.actor = new Actor(context, {
      part: (name) => this.part(name),
      fencing: this.fencing,
      handover: this.handover,
      readDisk: () => this.database.readDisk(),
      tell: (subject, text) => this.log.add("address", subject, text),
    });
    this.maintenance = new Maintenance(context, {
      holds: () => this.holds,
      switchOver: (force, accept) => this.handover.start(force, accept),
      restart: (parts) => this.stopRequested.resolve(parts ? "restart-all" : "restart-agent"),
      killPart: (name, why) => {
        const part = this.part(name);
        if (!part?.running) throw new Error(`no part '${name}' runs on ${context.self.name}`);
        part.kill(why);
      },
      partDigests: () =>
        Object.fromEntries(
          this.parts.flatMap(({ component, record }) => (record ? [[component.name, record.digest]] : [])),
        ),
      tell: (subject, text) => this.log.add("maintenance", subject, text),
    });
    const [redis, rtpengine, kamailio] = [this.part("redis"), this.part("rtpengine"), this.part("kamailio")];
    if (redis && rtpengine && kamailio)
      this.media = new MediaRelay(context, { redis, rtpengine, kamailio }, (subject, text) =>
        this.log.add("media", subject, text),
      );
  }

  private part(name: PartName): Part | undefined {
    return this.parts.find((part) => part.component.name === name);
  }

  /** Runs until `signal` aborts or a person asks for an end; then stops all parts in order, unless only the agent ends. */
  async start(signal: AbortSignal): Promise<Ending> {
    const { context } = this;
    // Who watches must not starve with those it watches.
    setPriority(process.pid, -10);
    await makeHostDirectories(context);
    const self = identify(process.pid);
    await writeFileAtomic(this.run.agentPid, JSON.stringify(self));
    const termFile = join(context.dirs.data, "term");
    if (existsSync(termFile)) this.term = Number(readFileSync(termFile, "utf8")) || 0;
    this.holds = holdsServiceAddress(context);
    if (context.self.role === "node") this.media?.addressChanged(this.holds);
    if (this.holds) this.duty.adopted();
    await this.registrations.start();
    this.adopt();
    const mariadb = this.part("mariadb");
    if (mariadb) {
      await writeComponentFiles(mariadb.component, context);
      if (!mariadb.running) await this.database.readDisk();
    }
    // Until the first verdict: not fit. keepalived reads this at its start.
    if (!this.holds) this.actor.carryOut([{ do: "write-track", fit: false }]);
    this.log.add("agent", "started", `release ${this.release}, configuration ${this.config}`);
    const stopVrrp =
      context.self.role === "node"
        ? await watchVrrp(context, (state) => {
            this.log.add("vrrp", "address", state);
            if (state === "MASTER") this.handover.confirmed();
            this.noticeAddress();
            if (this.holds) this.tick();
          })
        : () => undefined;
    this.upstream = new Upstream(context.self.role === "node" ? context.cluster.upstream : []);
    this.peers = new Peers(context, (report, before, trip) => {
      this.watch.heard(report, trip);
      this.heard(report, before);
    });
    const pulses = await startPulses(context, {
      current: () => this.pulse(),
      heard: (pulse) => this.peers?.pulse(pulse),
      tell: (text) => this.log.add("agent", "pulses", text),
    });
    if (context.self.role === "node") this.appRelay = await relayToPeers(context);
    const closeServers = await serveAgent(context, {
      report: () => this.report(),
      cluster: () => this.clusterNews(),
      events: (since) => this.log.since(since),
      registrations: () => this.registrations.snapshot,
      confirmFenced: (host) => this.fencing.confirm(host),
      watch: this.watch,
      stop: () => this.stopRequested.resolve("stop"),
      maintenance: this.maintenance,
      switchOver: (force, accept) => this.handover.start(force, accept),
    });
    const closeMetrics = await serveMetrics(context, () => this.report(), this.watch);
    const heardEnd = (call: string, text: string) => this.log.add("ended-audio", call, text);
    this.audioWatch = new AudioWatch(context, heardEnd);
    this.dialogSweep = new DialogSweep(context, heardEnd);
    const stopListening =
      context.self.role === "node"
        ? await listenForEndedAudio(context, () => this.holds || this.serving.carries, heardEnd)
        : () => undefined;
    const timer = setInterval(() => {
      this.tick();
      this.notifier.alive(performance.now(), `${this.verdict.light}. ${this.verdict.reasons.join("; ")}`);
    }, tickMs);
    this.notifier.ready();
    const stopHousekeeping = startHousekeeping(context, (subject, text) =>
      this.log.add("housekeeping", subject, text),
    );
    const stopDrills = startDrillSchedule(context, {
      holdsForMs: () => (this.holds ? performance.now() - this.heldSince : undefined),
      cluster: () => this.clusterNews(),
      tell: (subject, text) => this.log.add("drill", subject, text),
    });
    signal.addEventListener("abort", () => this.stopRequested.resolve("stop"));
    let ending: Ending;
    try {
      this.maintenance.begin();
      ending = await this.stopRequested.promise;
      if (ending !== "restart-agent") await this.stopParts();
    } finally {
      clearInterval(timer);
      await stopListening();
      await stopDrills();
      stopHousekeeping();
      this.self.close();
      pulses.close();
      await this.peers.close();
      await this.registrations.close();
      this.appRelay?.close();
      this.upstream.close();
      stopVrrp();
      await closeServers();
      await closeMetrics();
      await this.watch.close();
      await this.maintenance.close();
      this.notifier.close();
    }
    this.log.add(
      "agent",
      "stopped",
      ending === "restart-agent" ? "for the next one; parts go on" : "all parts are stopped",
    );
    return ending;
  }

  private adopt(): void {
    if (!existsSync(this.run.parts)) return;
    const records = JSON.parse(readFileSync(this.run.parts, "utf8")) as Partial<
      Record<PartName, ProcessId & { digest: string }>
    >;
    for (const part of this.parts) {
      const record = records[part.component.name];
      if (record) part.adopt(record);
    }
  }

  /** A SIP server that nobody can tell what to do would refuse the first calls: better silent until an app is there. */
  private sipGate(): ReturnType<Gate> {
    if (this.context.self.role === "edge") return { go: true, bootstrap: false };
    const ownApp = this.part("app")?.mayHaveAnswered ?? false;
    const peersApp = Object.values(this.peers?.news() ?? {}).some(
      (news) => news && news.ageMs <= contactMs && news.report.parts.app?.ok,
    );
    // At a cold takeover the other app is the one that has just died with its host.
    const anyApp = ownApp || (peersApp && this.context.cluster.policy !== "cold-passive");
    const waited = performance.now() - Math.max(this.startedAt, this.duty.since);
    if (anyApp || waited > waitForAppMs) return { go: true, bootstrap: false };
    return { go: false, why: "waits for the app, which decides its calls" };
  }

  private heard(report: HostReport, before: { report: HostReport; silenceMs: number } | undefined): void {
    this.maintenance.heard(report);
    this.moves.heard(report);
    if (!before) {
      this.log.add("peer", report.host, "heard");
      return;
    }
    this.handover.heard(report);
    const { name: host, role } = this.context.self;
    const self = {
      ...{ host, role, holds: this.holds, mayHold: this.verdict.mayHold, ready: this.duty.ready },
      ...{ taking: this.handover.taking, follows: replicates(this.context.cluster) && !this.serving.carries },
    };
    this.actor.carryOut(decideOnNews(self, report, before.silenceMs));
    this.announce();
  }

  private announce(): void {
    const { mayHold } = this.verdict;
    const situation = { now: performance.now(), observation: this.observe(), mayHold };
    this.obey(decideAnnouncement(situation, this.handover.to, this.memory));
  }

  private obey({ actions, memory }: Decision): void {
    this.memory = memory;
    this.actor.carryOut(actions);
  }

  private clusterNews(): { ageMs: number; report: HostReport }[] {
    const others = Object.values(this.peers?.news() ?? {}).flatMap((news) => (news ? [news] : []));
    return [{ ageMs: 0, report: this.report() }, ...others];
  }

  private observe(): Observation {
    const { cluster, self } = this.context;
    const facts = this.database.facts;
    return {
      host: self.name,
      role: self.role,
      stance: cluster.stance,
      nodeOrder: nodes(cluster).map((host) => host.name),
      stopping: this.stopping,
      drained: this.maintenance.drained && drainedText(this.maintenance.drained),
      yielding: this.handover.yielding,
      holds: this.holds,
      term: this.term,
      duty: this.duty.state(performance.now()),
      parts: Object.fromEntries(this.parts.map((part) => [part.component.name, part.report()])),
      primary: facts?.primary ?? false,
      quorumLostMs: this.database.quorumLostMs(performance.now()),
      members: facts?.size ?? 0,
      hosts: voters(cluster).length,
      upstream: this.upstream?.reachable,
      peers: this.peers?.news() ?? {},
      troubles: [
        ...(this.dns.problem === undefined ? [] : [`DNS: ${this.dns.problem}`]),
        ...this.fencing.troubles,
        ...(this.peers?.troubles ?? []),
      ],
      ...this.self.observation(performance.now()),
      others: allHosts(cluster).flatMap((host) => (host.name === self.name ? [] : [host.name])),
    };
  }

  private tick(): void {
    this.followDuty();
    if (!this.stopping) for (const part of this.parts) part.tick();
    this.recordParts();
    this.noticeAddress();
    this.database.tick(performance.now());
    this.media?.tick(Object.values(this.peers?.news() ?? {}).some((news) => news?.report.holds === true));
    if ((this.holds || this.serving.carries) && this.part("rtpengine")?.report().ok) {
      void this.audioWatch?.look();
      void this.dialogSweep?.look();
    }
    this.watch.tick(this.peers?.news() ?? {}, () => this.report());
    const before = this.verdict;
    const observation = this.observe();
    this.verdict = judge(observation);
    const fencing = this.fencing.tick(observation, this.verdict.mayHold, performance.now() - this.startedAt);
    this.serving.tick(observation);
    this.dns.tick(observation, this.serving.verdict?.ok ?? false);
    const now = performance.now();
    if (before.light !== this.verdict.light || before.mayHold !== this.verdict.mayHold)
      this.log.add("verdict", this.verdict.light, this.verdict.reasons.join("; ") || "all well");
    this.self.tick(now, this.holds, () => this.report(), observation.peers);
    this.maintenance.tick(now, { config: this.config, release: this.release }, observation.peers);
    if (this.context.self.role !== "node") return;
    this.moves.tick(now, this.part("app")?.report().ok === true);
    const situation = {
      ...{ now, observation, mayHold: this.verdict.mayHold, uptimeMs: now - this.startedAt, fencing },
      ...{ track: this.actor.track, keepalivedRuns: this.part("keepalived")?.running ?? true },
      handover: this.handover.state(now),
    };
    this.obey(decide(situation, this.memory));
  }

  private followDuty(): void {
    if (this.context.self.role !== "node") return;
    const news = Object.values(this.peers?.news() ?? {}).flatMap((one) =>
      one && one.ageMs <= contactMs && one.report.holds ? [one.report] : [],
    );
    for (const [host, one] of Object.entries(this.peers?.news() ?? {}))
      if (one && one.ageMs > silentMs) this.appRelay?.drop(host);
    const now = performance.now();
    const expected = news.some((report) => report.handover === this.context.self.name);
    this.duty.tick(now, expected, this.stopping);
    const holder = this.holds ? this.context.self.name : news[0]?.host;
    this.registrations.tick(now, holder, this.part("kamailio")?.report().ok ?? false);
  }

  private noticeAddress(): void {
    const holds = this.context.self.role === "node" && holdsServiceAddress(this.context);
    if (holds === this.holds) return;
    this.holds = holds;
    this.duty.addressChanged(holds);
    this.heldSince = performance.now();
    this.media?.addressChanged(holds);
    if (!holds) this.moves.heard({ ...this.report(), holds: true });
    if (holds) {
      this.moves.gained(this.handover.taking);
      const known = knownNodes(this.observe()).map((other) => other.term);
      this.term = Math.max(this.term, ...known) + 1;
      writeFileSync(join(this.context.dirs.data, "term"), String(this.term));
    }
    this.log.add("address", holds ? "gained" : "lost", holds ? `term ${this.term}` : "");
    this.announce();
  }

  private recordParts(): void {
    const records = Object.fromEntries(
      this.parts.flatMap((part) => (part.record ? [[part.component.name, part.record]] : [])),
    );
    const text = JSON.stringify(records);
    if (text === this.recorded) return;
    try {
      writeFileAtomic.sync(this.run.parts, text);
      this.recorded = text;
    } catch (error) {
      this.log.add("agent", "parts.json", messageOf(error));
    }
  }

  private async stopParts(): Promise<void> {
    this.notifier.stopping();
    this.log.add("agent", "stopping", "giving the service address up, then stopping all parts");
    this.stopping = true;
    const deadline = performance.now() + 2000;
    this.tick();
    while (this.holds && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      this.tick();
    }
    // Calls first, then what writes their records, the database last.
    for (const name of [
      "keepalived",
      "kamailio",
      "rtpengine",
      "redis",
      "app",
      "mariadb",
      "garbd",
    ] satisfies (typeof partNames)[number][])
      await this.part(name)?.stop();
    this.actor.carryOut([{ do: "drop-address", why: "keepalived is stopped" }]);
    this.recordParts();
  }

  private sees(): HostReport["sees"] {
    return Object.fromEntries(
      Object.entries(this.peers?.news() ?? {}).flatMap(([name, item]) => {
        if (!item || item.ageMs > 10 * contactMs) return [];
        return [[name, { ...sightingOf(item), ageMs: Math.round(item.ageMs) }] as const];
      }),
    );
  }

  private pulse(): Pulse {
    const { life, holds, term, verdict, stopping } = this;
    const { to } = this.handover;
    const part = (name: PartName) => {
      const report = this.part(name)?.report();
      return report ? { [name]: report } : {};
    };
    return pulseOf({
      ...{ host: this.context.self.name, life, lifeMs: performance.now(), holds, term, verdict, stopping },
      ...(to === undefined ? {} : { handover: to }),
      ...(this.serving.verdict ? { serves: this.serving.verdict } : {}),
      parts: { ...part("keepalived"), ...part("rtpengine") },
      ...{ primary: this.database.facts?.primary ?? false, sees: this.sees() },
    });
  }

  report(): HostReport {
    const { cluster, self } = this.context;
    const database = this.database.report();
    return {
      host: self.name,
      role: self.role,
      cluster: cluster.cluster,
      release: this.release,
      config: this.config,
      wallMs: Date.now(),
      agentPid: process.pid,
      agentUptimeMs: Math.round(performance.now() - this.startedAt),
      life: { id: this.life, ms: performance.now() },
      stopping: this.stopping,
      ...(this.handover.to === undefined ? {} : { handover: this.handover.to }),
      holds: this.holds,
      term: this.term,
      verdict: this.verdict,
      ...(this.serving.verdict ? { serves: this.serving.verdict } : {}),
      parts: Object.fromEntries(this.parts.map((part) => [part.component.name, part.report()])),
      ...(database ? { database } : {}),
      ...(this.upstream?.reachable === undefined ? {} : { upstream: this.upstream.reachable }),
      ...this.self.report(),
      sees: this.sees(),
      ...(this.fencing.report ? { fencing: this.fencing.report } : {}),
      ...this.maintenance.report(),
      watch: this.watch.report((this.part("app")?.health?.facts as AppHealth | undefined)?.problems),
    };
  }
}
