import { readdirSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { messageOf } from "../../base/message.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { kamailioEtc } from "../../components/kamailio/config.ts";
import type { AppHealth } from "../../report/app-health.ts";
import type { PartName } from "../../report/parts.ts";
import { type Duty, isPassive, restingParts, restReason } from "../../report/policy.ts";
import type { Part } from "./part.ts";

/** How this host stands to its duty (policy.ts): remembers what the pure rules need, and does what they say. */

/** What a redundancy is worth that nobody tried: a cold standby starts everything once a day, and checks in between. */
const rehearsalEveryMs = 86_400_000;
const checkEveryMs = 300_000;
/** Events of the last calls reach the former holder's journal a little later than the address leaves. */
const lastEventsMs = 5000;

interface Hands {
  part(name: PartName): Part | undefined;
  tell(subject: string, text: string): void;
  /** Registrations are known that Kamailio must read at its start. */
  hasRegistrations(): boolean;
}

export class DutyKeeper {
  private readonly context: HostContext;
  private readonly hands: Hands;
  private readonly answered = new Set<PartName>();
  private provenAt = 0;
  private checkedAt = 0;
  private heldSince: number | undefined;
  private lostAt = Number.NEGATIVE_INFINITY;
  private sipDownSince: number | undefined;
  private expected = false;
  private stopping = false;
  /** Nothing of earlier calls waits here, since the address was here last. */
  private settled = false;
  /** Has Kamailio read the registrations since it was last needed? */
  private loaded = false;

  constructor(context: HostContext, hands: Hands) {
    this.context = context;
    this.hands = hands;
  }

  private get proven(): boolean {
    return restingParts.every((name) => this.answered.has(name));
  }

  state(now: number): Duty {
    return {
      policy: this.context.cluster.policy,
      holds: this.heldSince !== undefined,
      stopping: this.stopping,
      expected: this.expected,
      proven: this.proven,
      shipped: this.shipped(now),
      heldMs: this.heldSince === undefined ? 0 : now - this.heldSince,
      sipDownMs: this.sipDownSince === undefined ? 0 : now - this.sipDownSince,
    };
  }

  rest(part: PartName): string | undefined {
    return restReason(part, this.state(performance.now()));
  }

  /** Since when this host has had to serve; a SIP server waits for its app from then on. */
  get since(): number {
    return this.heldSince ?? Number.NEGATIVE_INFINITY;
  }

  /** May the address be taken beside a holder that hands it over? */
  get ready(): boolean {
    const sip = this.hands.part("kamailio")?.report().ok ?? false;
    return sip && (!isPassive(this.context.cluster.policy) || this.loaded);
  }

  addressChanged(holds: boolean): void {
    const now = performance.now();
    this.heldSince = holds ? now : undefined;
    this.settled = false;
    if (holds) {
      this.load();
      return;
    }
    this.lostAt = now;
    this.loaded = false;
    // Calls that it carried are none of this node's any more, and nobody tells it when they end.
    if (this.context.cluster.policy === "warm-passive")
      this.hands.part("rtpengine")?.kill("the other node has the address: its calls are forgotten");
  }

  /** The restarted agent found the address here: Kamailio serves already. */
  adopted(): void {
    this.heldSince = performance.now();
    this.loaded = true;
  }

  tick(now: number, expected: boolean, stopping: boolean): void {
    this.stopping = stopping;
    if (expected && !this.expected && this.heldSince === undefined) this.load();
    if (!expected && this.heldSince === undefined) this.loaded = false;
    this.expected = expected;
    if (this.hands.part("kamailio")?.report().ok) this.sipDownSince = undefined;
    else this.sipDownSince ??= now;
    if (this.context.cluster.policy !== "cold-passive") return;
    this.prove(now);
  }

  /** A Kamailio that runs without the holder's registrations restarts, in 30 ms, and reads them. */
  private load(): void {
    if (this.loaded || !isPassive(this.context.cluster.policy)) return;
    this.loaded = true;
    const sip = this.hands.part("kamailio");
    if (sip?.running && this.hands.hasRegistrations()) sip.kill("restarting with all registrations");
  }

  /** A cold standby is believed when everything has answered once with this release and configuration. */
  private prove(now: number): void {
    const before = this.proven;
    for (const name of restingParts) if (this.hands.part(name)?.report().ok) this.answered.add(name);
    if (this.proven && !before) {
      this.provenAt = now;
      this.checkedAt = now;
      this.hands.tell("proven", "all parts have been started and have answered");
    }
    if (!this.proven || this.heldSince !== undefined) return;
    if (now - this.provenAt > rehearsalEveryMs) this.rehearse("a day has passed");
    else if (now - this.checkedAt > checkEveryMs) {
      this.checkedAt = now;
      void this.check();
    }
  }

  private rehearse(why: string): void {
    this.answered.clear();
    this.hands.tell("rehearsal", `${why}: all parts are started once`);
  }

  /** kamailio(8) -c: the configuration as it lies on the disk. */
  private async check(): Promise<void> {
    const file = join(kamailioEtc(this.context), "kamailio.cfg");
    try {
      await execa("kamailio", ["-c", "-f", file], { timeout: 20_000 });
    } catch (error) {
      this.rehearse(`the check of ${file} failed (${messageOf(error)})`);
    }
  }

  /** Nothing of earlier calls waits on this host: its journal is in the ledger, its recordings are everywhere. */
  private shipped(now: number): boolean {
    const app = this.hands.part("app");
    if (this.settled || now - this.lostAt < lastEventsMs || !app?.report().ok) return this.settled;
    const facts = app.health?.facts as AppHealth | undefined;
    this.settled = facts?.shipper.pending_bytes === 0 && !this.hasCaptures();
    return this.settled;
  }

  private hasCaptures(): boolean {
    try {
      return readdirSync(join(this.context.dirs.captures, "pcaps")).length > 0;
    } catch {
      // The relay has not made it yet: nothing was recorded.
      return false;
    }
  }
}
