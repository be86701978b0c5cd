import { join } from "node:path";
import { Maintenance } from "../change/maintenance.ts";
import { type HostContext, replicatesAsynchronously, runFiles } from "../cluster/facts.ts";
import type { Component } from "../components/common/component.ts";
import { badLines } from "../explain/lossy-lines.ts";
import { Fencing } from "../fencing/keeper.ts";
import { Notifier } from "../host/notify.ts";
import { DnsMover } from "../movers/dns.ts";
import type { PartName } from "../report/parts.ts";
import { Actor } from "./address/act.ts";
import { Claim } from "./address/claim.ts";
import { decideOnExit } from "./address/decide.ts";
import { Handover } from "./address/switchover.ts";
import { CarrierWatch } from "./calls/carrier-watch.ts";
import { DialogSweep } from "./calls/dialog-sweep.ts";
import { AudioWatch } from "./calls/ended-audio.ts";
import { FreeswitchWatch } from "./calls/freeswitch-watch.ts";
import { MediaRelay } from "./calls/media.ts";
import { Moves } from "./calls/moves.ts";
import { Registrar } from "./calls/registrar.ts";
import { RegistrationsCopy } from "./calls/registrations.ts";
import { Serving } from "./calls/serving.ts";
import { WebCertificateKeeper } from "./chores/web-certificate.ts";
import { DatabaseKeeper } from "./database/keeper.ts";
import { ReplicationKeeper } from "./database/replication-keeper.ts";
import { EventLog } from "./observe/events.ts";
import type { Peers } from "./observe/peers.ts";
import { SelfView } from "./observe/self-view.ts";
import { Watch } from "./observe/watch.ts";
import { DutyKeeper } from "./parts/duty.ts";
import { type Gate, Part } from "./parts/part.ts";
import { Parts } from "./parts/parts.ts";
import { sipGate } from "./parts/sip-gate.ts";
import { Weights } from "./parts/weights.ts";

/** How an agent ends: for good; or for the next one to start, all parts too or the agent alone. */
export type Ending = "stop" | "restart-all" | "restart-agent";

/** What those who keep something need of the agent that they belong to. */
interface Ties {
  startedAt: number;
  stopping(): boolean;
  /** Undefined: it has not begun to ask. */
  peers(): Peers | undefined;
  /** Look, judge, act: now. */
  tick(): void;
  /** The address may have come or gone. */
  noticeAddress(): void;
  end(ending: Ending): void;
  /** Begins a drill. @throws Error when none may begin */
  drill(name: string, runs: number, who: string): string;
}

/** All that one host's agent consists of, each told only what it needs. Nothing runs yet. */
export function makeKeepers(context: HostContext, components: Component[], agent: Ties) {
  const log = new EventLog(join(context.dirs.log, "events.jsonl"), context.self.name);
  const teller = (kind: string) => (subject: string, text: string) => log.add(kind, subject, text);
  const claim = new Claim(context, teller("address"));
  const part = (name: PartName): Part | undefined => parts.find(name);
  const news = () => agent.peers()?.news() ?? {};
  const moves = new Moves(context, (why) => log.add("address", "move-not-kept", why));
  const watch = new Watch(context, log);
  const notifier = new Notifier(process.env, (why) => log.add("agent", "systemd", why));
  const peers = () => agent.peers()?.reports() ?? {};
  const database =
    replicatesAsynchronously(context.cluster) && context.self.role === "node"
      ? new ReplicationKeeper(context, { part, peers, tell: teller("database") })
      : new DatabaseKeeper(context, {
          part,
          peers,
          tell: teller("database"),
          holds: () => claim.holds,
          lineIsBad: () => badLines(context.self.name, news(), agent.peers()?.heardPercent ?? {}).length > 0,
        });
  const registrations = new RegistrationsCopy(context, teller("policy"));
  const fencing = new Fencing(context, teller("fencing"));
  const duty = new DutyKeeper(context, {
    part,
    tell: teller("policy"),
    hasRegistrations: () => registrations.some,
  });
  const self = new SelfView(context, {
    part,
    stopping: agent.stopping,
    primary: () => database.facts?.primary === true,
    tell: (kind, subject, text) => log.add(kind, subject, text),
  });
  const gates: Partial<Record<PartName, Gate>> = {
    mariadb: () => database.startGate(),
    garbd: () => database.voteGate(),
    rtpengine: () => media?.gate() ?? { go: false, why: "no redis here" },
    kamailio: () =>
      context.self.role === "edge"
        ? { go: true, bootstrap: false }
        : sipGate({
            policy: context.cluster.policy,
            peers: news(),
            ownApp: part("app")?.mayHaveAnswered ?? false,
            waitedMs: performance.now() - Math.max(agent.startedAt, duty.since),
          }),
  };
  const partOf = (component: Component): Part => {
    const { name } = component;
    const events = {
      happened: (kind: string, text: string) => {
        log.add(`part-${kind}`, name, text);
        if (kind === "exited") actor.carryOut(decideOnExit(name));
      },
      changed: () => queueMicrotask(agent.tick),
    };
    return new Part(component, context, events, gates[name], () => duty.rest(name));
  };
  const parts = new Parts(runFiles(context.dirs).parts, components.map(partOf), teller("agent"));
  const dns = new DnsMover(context, teller("dns"));
  const serving = new Serving(context, (text) => log.add("serving", "own address", text));
  const weights = new Weights(agent.startedAt, {
    parts: () => parts,
    carries: () => claim.holds || serving.verdict?.ok === true,
    donor: () => (database.facts?.state.startsWith("Donor") ? part("mariadb")?.report().pid : undefined),
    tell: teller("agent"),
  });
  const handover = new Handover(context, {
    state: () => ({ holds: claim.holds, stopping: agent.stopping() }),
    peers: agent.peers,
    tell: teller("switchover"),
    looked: agent.noticeAddress,
    judgeNow: agent.tick,
  });
  const actor = new Actor(context, {
    part,
    fencing,
    handover,
    tell: teller("address"),
    readDisk: () => database.readDisk(),
  });
  const maintenance = new Maintenance(context, {
    holds: () => claim.holds,
    switchOver: (force, accept) => handover.start(force, accept),
    restart: (all) => agent.end(all ? "restart-all" : "restart-agent"),
    killPart: (name, why) => {
      const found = part(name);
      if (!found?.running) throw new Error(`no part '${name}' runs on ${context.self.name}`);
      found.kill(why);
    },
    drill: agent.drill,
    renewDatabase: () => {
      if (database instanceof ReplicationKeeper) return database.renew();
      throw new Error(
        "its database is a member of a Galera group and gets what it lacks by itself (database.replication: synchronous)",
      );
    },
    partDigests: () => parts.digests(),
    tell: teller("maintenance"),
  });
  const [redis, rtpengine, kamailio] = [part("redis"), part("rtpengine"), part("kamailio")];
  const media =
    redis && rtpengine && kamailio
      ? new MediaRelay(context, { redis, rtpengine, kamailio }, teller("media"))
      : undefined;
  const audioWatch = new AudioWatch(context, teller("ended-audio"));
  const registrar = new Registrar(context, teller("carrier"));
  const carrierWatch = new CarrierWatch(context, teller("carrier"));
  const freeswitchWatch = new FreeswitchWatch(context, teller("freeswitch"));
  const carriers = {
    /** Called with each tick. @param sip Kamailio answers @param app so does the app */
    tick(holds: boolean, sip: boolean, app: boolean): void {
      registrar.tick(holds, sip, app);
      carrierWatch.tick(holds, sip, app);
      freeswitchWatch.tick(holds);
    },
    report() {
      const [registrations, brokenCarriers] = [registrar.report(), carrierWatch.report()];
      const guardAlarms = carrierWatch.guardAlarms();
      const freeswitch = freeswitchWatch.report();
      return {
        ...(registrations && { registrations }),
        ...(brokenCarriers && { brokenCarriers }),
        ...(guardAlarms && { guardAlarms }),
        ...(freeswitch && { freeswitch }),
      };
    },
  };
  const webCertificate = part("haproxy") ? new WebCertificateKeeper(context, teller("web")) : undefined;
  const dialogSweep = new DialogSweep(context, teller("ended-audio"));
  return {
    log,
    teller,
    claim,
    part,
    parts,
    moves,
    watch,
    notifier,
    database,
    registrations,
    fencing,
    duty,
    self,
    dns,
    serving,
    weights,
    handover,
    actor,
    maintenance,
    media,
    audioWatch,
    dialogSweep,
    carriers,
    webCertificate,
  };
}

export type Keepers = ReturnType<typeof makeKeepers>;
