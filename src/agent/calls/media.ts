import { messageOf } from "../../base/message.ts";
import { type HostContext, mediaPeer, servesAtOwnAddress } from "../../cluster/facts.ts";
import { kamailioRpc } from "../../components/kamailio/rpc.ts";
import { askRedis } from "../../components/redis/client.ts";
import { redisServer } from "../../components/redis/index.ts";
import { rtpengineCommand } from "../../components/rtpengine/control.ts";
import type { Gate, Part } from "../parts/part.ts";

/**
 * Keeps the media relay in step with the service address: the holder's rtpengine owns all sessions, the other one
 * follows them in the holder's redis. docs/decisions/0010-media.md
 */

const pollMs = 250;
/** While the peer's redis answers and says that it is followed. */
const calmPollMs = 1000;
const deadlineMs = 200;
/** An answer of the peer's redis counts for so long. */
const freshMs = 1500;
/** A relay does not wait longer for redis: without the peer's sessions it can still carry new calls. */
const patienceMs = 5000;
/** rtpengine subscribes again by itself when it notices that the connection broke; a half-open one it never does. */
const unsubscribedMs = 3000;
/**
 * After a move the old holder's sessions are not to be trusted: packets that still came made some of them its own again,
 * and it does not hear when those end. It restarts once the new holder has written all of them into its redis.
 */
const renewAfterMs = 3000;
/**
 * After a move each call's own packets make the new holder's relay take it over (active-switchover). The order for all of
 * them at once, which writes all sessions to redis, waits until that is done: it would delay packets.
 */
const settledMs = 400;
/** rtpengine leaves a redis that failed alone for 5 s (redis-disable-time): tell it again after that. */
const againMs = 6500;
/** A relay that did not answer an order gets it again. */
const retryMs = 200;

export interface MediaParts {
  redis: Part;
  rtpengine: Part;
  kamailio: Part;
}

type Tell = (subject: string, text: string) => void;

export class MediaRelay {
  private readonly context: HostContext;
  private readonly parts: MediaParts;
  private readonly tell: Tell;
  private holds = false;
  private peerHolds = false;
  private peerSeenAt = Number.NEGATIVE_INFINITY;
  /** Since when the peer's redis says that nobody of this host follows it; undefined: it is followed. */
  private unsubscribedSince: number | undefined;
  private waitingSince: number | undefined;
  private polling = false;
  private nextPoll = 0;
  private wasOk = { redis: false, rtpengine: false, kamailio: false };
  private claims: number[] = [];
  /** When the relay of a former holder has to restart as a follower. */
  private renewAt: number | undefined;

  constructor(context: HostContext, parts: MediaParts, tell: Tell) {
    this.context = context;
    this.parts = parts;
    this.tell = tell;
  }

  /** Does this node have calls of its own? The holder; and every node where users reach nodes at their own addresses. */
  private get carries(): boolean {
    return this.holds || servesAtOwnAddress(this.context.cluster);
  }

  /** When may rtpengine start? `bootstrap` tells its component that it starts as a follower. */
  gate(): ReturnType<Gate> {
    const now = performance.now();
    if (this.carries) {
      this.waitingSince = undefined;
      return { go: true, bootstrap: false };
    }
    this.waitingSince ??= now;
    const own = this.parts.redis.report().ok;
    const peer = now - this.peerSeenAt < freshMs;
    const waited = now - this.waitingSince > patienceMs;
    if (!waited && !own) return { go: false, why: "waits for the own redis" };
    if (!waited && !peer && mediaPeer(this.context.cluster, this.context.self.name))
      return { go: false, why: "waits for the other node's redis, to know its calls" };
    this.waitingSince = undefined;
    this.unsubscribedSince = undefined;
    this.renewAt = undefined;
    return { go: true, bootstrap: true };
  }

  /** The service address came or went. */
  addressChanged(holds: boolean): void {
    this.renewAt = this.holds && !holds ? performance.now() + renewAfterMs : undefined;
    this.holds = holds;
    this.claims.push(performance.now() + settledMs);
    void this.pings();
  }

  private order(what: "active" | "standby"): void {
    rtpengineCommand(what, AbortSignal.timeout(1000)).catch((error: unknown) => {
      // Not running: the next start of it is told, and media itself makes it take calls over (active-switchover).
      if (!this.parts.rtpengine.report().ok) return;
      this.tell("relay", `could not be told '${what}': ${messageOf(error)}`);
      // Told what holds then: the address may have moved on meanwhile.
      this.claims.push(performance.now() + retryMs);
    });
  }

  /** Only the holder pings telephones behind NATs. */
  private async pings(): Promise<void> {
    try {
      await kamailioRpc(
        this.context,
        "nathelper.enable_ping",
        [this.carries ? 1 : 0],
        AbortSignal.timeout(1000),
      );
    } catch (error) {
      if (this.parts.kamailio.report().ok) this.tell("pings", messageOf(error));
    }
  }

  /** Called with each tick of the agent. */
  tick(peerHolds: boolean): void {
    this.peerHolds = peerHolds;
    const now = performance.now();
    const ok = {
      redis: this.parts.redis.report().ok,
      rtpengine: this.parts.rtpengine.report().ok,
      kamailio: this.parts.kamailio.report().ok,
    };
    const came = (part: keyof typeof ok) => ok[part] && !this.wasOk[part];
    // A redis that was restarted is empty: `active` writes all sessions into it.
    if (came("redis")) this.claims.push(now, now + againMs);
    if (came("rtpengine")) {
      this.claims.push(now);
      void this.relayIsBack();
    }
    if (came("kamailio")) {
      void this.pings();
      if (ok.rtpengine) void this.relayIsBack();
    }
    this.wasOk = ok;
    if (this.claims.some((at) => at <= now)) {
      this.claims = this.claims.filter((at) => at > now);
      if (ok.rtpengine) this.order(this.carries ? "active" : "standby");
    }
    if (!this.polling && now >= this.nextPoll) void this.lookAtPeer();
    this.renewSubscription(now);
  }

  /** Kamailio leaves a relay that hung alone for 5 s (sip/media.cfg, route[RELAY]), unless it is told. */
  private async relayIsBack(): Promise<void> {
    for (const [method, ...params] of [
      ["htable.delete", "app", "relay"],
      ["rtpengine.ping", "all"],
    ] as const)
      try {
        await kamailioRpc(this.context, method, params, AbortSignal.timeout(1000));
      } catch {
        // No such key, which is normal; or no Kamailio yet: it asks the relay itself at its start.
      }
  }

  private async lookAtPeer(): Promise<void> {
    const { context } = this;
    const peer = mediaPeer(context.cluster, context.self.name);
    this.polling = true;
    let well = false;
    try {
      if (!peer) return;
      const said = await askRedis(
        redisServer(context, peer.address),
        ["PING", "CLIENT LIST TYPE pubsub"],
        AbortSignal.timeout(deadlineMs),
      );
      if (said.includes("+PONG")) this.peerSeenAt = performance.now();
      const followed = said.includes(` addr=${context.self.address}:`);
      well = followed && said.includes("+PONG");
      this.unsubscribedSince = followed ? undefined : (this.unsubscribedSince ?? performance.now());
    } catch {
      // Silence shows as the age of the last answer; nothing is known about the subscription.
      this.unsubscribedSince = undefined;
    } finally {
      this.polling = false;
      this.nextPoll = performance.now() + (well ? calmPollMs : pollMs);
    }
  }

  /** Never on the holder, and only when the other one holds the calls: a restart forgets what is not in its redis. */
  private renewSubscription(now: number): void {
    const { rtpengine } = this.parts;
    if (
      this.renewAt !== undefined &&
      now >= this.renewAt &&
      this.peerHolds &&
      now - this.peerSeenAt < freshMs
    ) {
      this.renewAt = undefined;
      this.unsubscribedSince = undefined;
      if (rtpengine.report().ok)
        rtpengine.kill("the other node has the calls now: restarting as its follower");
      return;
    }
    const since = this.unsubscribedSince;
    if (since === undefined || now - since < unsubscribedMs) return;
    if (
      this.holds ||
      !this.peerHolds ||
      !rtpengine.report().ok ||
      rtpengine.report().sinceMs < unsubscribedMs
    )
      return;
    this.unsubscribedSince = undefined;
    rtpengine.kill("it does not follow the other node's calls any more");
  }
}
