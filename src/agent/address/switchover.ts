import { messageOf } from "../../base/message.ts";
import { whyNotSwitchOver } from "../../change/why-not-switch-over.ts";
import type { HostContext } from "../../cluster/facts.ts";
import type { HostReport } from "../../report/host-report.ts";
import { isPassive } from "../../report/policy.ts";
import type { Peers } from "../observe/peers.ts";
import type { HandoverState } from "./decide.ts";
import { addServiceAddress } from "./service-address.ts";

/**
 * Planned handing over of the service address. The other node takes the address while this one still has it (so that
 * no packet meets a moment without a holder), says so, and this one lets go.
 */

/** How long both have the address: the successor's announcement must have reached the neighbours before we let go. */
const overlapMs = 60;
/** A successor that has not taken the address beside us by then does not know how: let VRRP move it. */
const besideMs = 800;
/** A passive successor has to start its parts, or load its registrations, before it takes the address. */
const passiveMs = 15_000;

/** What a handover needs of its agent. */
interface Hands {
  state(): { holds: boolean; stopping: boolean };
  peers(): Peers | undefined;
  tell(subject: string, text: string): void;
  /** The address has changed: look, and announce it. */
  looked(): void;
  judgeNow(): void;
}

/** Both sides of a handover, as one host lives them. */
export class Handover {
  private readonly context: HostContext;
  private readonly hands: Hands;
  private giving: { to: string; since: number; takenAt?: number } | undefined;
  /** When this host took the address beside a holder that hands it over; undefined: not, or VRRP confirmed it. */
  private takenAt: number | undefined;

  constructor(context: HostContext, hands: Hands) {
    this.context = context;
    this.hands = hands;
  }

  /** To whom this host is handing the address over, while it does. */
  get to(): string | undefined {
    return this.giving?.to;
  }

  private get extraMs(): number {
    return isPassive(this.context.cluster.policy) ? passiveMs : 0;
  }

  /** This host has taken the address, or is about to, beside a holder that hands it over. */
  get taking(): boolean {
    return this.takenAt !== undefined;
  }

  /** The successor did not take the address beside us: give it up without that. */
  get yielding(): boolean {
    return this.giving !== undefined && performance.now() - this.giving.since > besideMs + this.extraMs;
  }

  /** For the rules (decide.ts). */
  state(now: number): HandoverState {
    const { giving, takenAt } = this;
    return {
      overlaps: giving?.takenAt !== undefined && now - giving.takenAt < overlapMs,
      ...(giving ? { giving: { to: giving.to, forMs: now - giving.since, extraMs: this.extraMs } } : {}),
      ...(takenAt === undefined ? {} : { takenMs: now - takenAt }),
    };
  }

  /** A person wants it, or the agent (decide.ts); `only`: to nobody else. */
  start(force: boolean, accept: readonly string[], only?: string): ReturnType<typeof whyNotSwitchOver> {
    const { holds, stopping } = this.hands.state();
    const peers = this.hands.peers();
    const news = Object.values(peers?.news() ?? {})
      .filter((item) => item !== undefined)
      .filter(({ report }) => only === undefined || report.host === only);
    const answer = whyNotSwitchOver({ host: this.context.self.name, holds, stopping }, news, force, accept);
    if ("reasons" in answer) {
      this.hands.tell("refused", answer.reasons.join("; "));
      return answer;
    }
    this.hands.tell("started", `to ${answer.to}`);
    this.giving = { to: answer.to, since: performance.now() };
    if (peers) peers.hurried = true;
    return answer;
  }

  heard(report: HostReport): void {
    if (this.giving?.to !== report.host || !report.holds || this.giving.takenAt !== undefined) return;
    this.giving.takenAt = performance.now();
    // The verdict of that moment lets go of it.
    setTimeout(() => this.hands.judgeNow(), overlapMs);
  }

  /** Takes the address beside its holder. */
  async take(holder: string): Promise<void> {
    this.takenAt = performance.now();
    this.hands.tell("taking", `${holder} hands the service address over`);
    try {
      await addServiceAddress(this.context);
      this.hands.looked();
    } catch (error) {
      this.takenAt = undefined;
      this.hands.tell("not-taken", messageOf(error));
    }
  }

  /** VRRP made this host the master, or it took too long. */
  confirmed(): void {
    this.takenAt = undefined;
  }

  /** `done`: the address has left this host. */
  end(done: boolean): void {
    if (!this.giving) return;
    this.hands.tell(done ? "done" : "failed", `to ${this.giving.to}`);
    this.giving = undefined;
    const peers = this.hands.peers();
    if (peers) peers.hurried = false;
  }
}
