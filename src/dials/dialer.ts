import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../base/message.ts";
import type { CallStatus } from "../call/news-schema.ts";
import type { ActiveDials } from "./active.ts";
import type { DialStore, OpenDial } from "./store.ts";
import type { CallNews, Telephone } from "./telephone.ts";

/** While dials are open: who holds the service address, and what the ledger says of them, is looked at so often. */
const lookMs = 1000;
/** A's telephone that was asked by a node which died then may not have heard it. */
const referAgainMs = 5000;
/** A's telephone says nothing of B for so long: then nobody knows. */
const lostMs = 180_000;
/** A may answer so much later than it may ring. */
const graceMs = 5000;

export interface DialerParts {
  live: { dials: number; moved(signal: AbortSignal): Promise<void> };
  store: Pick<DialStore, "open" | "move">;
  active: ActiveDials;
  node: string;
  openTelephone(): Promise<Telephone>;
  /** @throws when nobody can say */
  holds(): Promise<boolean>;
  /** A's call to B, as the ledger knows it. */
  callToB(dial: OpenDial): Promise<CallStatus | undefined>;
  events: { dialFailed(id: string, error: unknown): void; dialerFailed(error: unknown): void };
}

/** Carries dials out, at the holder of the service address; whoever takes the address over goes on with them. Nothing to do: it sleeps. */
export class Dialer {
  private readonly parts: DialerParts;
  private readonly carried = new Map<string, { adoptedAt: number | undefined; referredAgain: boolean }>();
  private telephone: Telephone | undefined;
  private told = "";
  private seen = -1;

  constructor(parts: DialerParts) {
    this.parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { live, events } = this.parts;
    while (!signal.aborted) {
      let open = 1;
      const look = new AbortController();
      const moved = live.moved(AbortSignal.any([signal, look.signal]));
      try {
        if (this.seen === live.dials) open = 0;
        else {
          const at = live.dials;
          open = await this.round();
          // Only what was ordered since then is news.
          if (open === 0) this.seen = at;
          this.told = "";
        }
      } catch (error) {
        if (this.told !== messageOf(error) && !signal.aborted) events.dialerFailed(error);
        this.told = messageOf(error);
      }
      if (open > 0)
        await Promise.race([moved, delay(lookMs, undefined, { signal: look.signal })]).catch(() => {}); // aborted
      else await moved;
      look.abort();
    }
    this.telephone?.close();
  }

  /** @returns how many dials are open */
  private async round(): Promise<number> {
    const { store, active, holds } = this.parts;
    const open = await store.open();
    for (const id of this.carried.keys()) if (!open.some((dial) => dial.id === id)) this.forget(id);
    if (open.length === 0) return 0;
    if (!(await holds())) {
      for (const id of this.carried.keys()) this.forget(id);
      return open.length;
    }
    this.telephone ??= await this.parts.openTelephone();
    for (const dial of open) {
      active.use(dial);
      try {
        await this.carry(dial, this.telephone);
      } catch (error) {
        this.parts.events.dialFailed(dial.id, error);
      }
    }
    return open.length;
  }

  private forget(id: string): void {
    this.carried.delete(id);
    this.parts.active.drop(id);
    this.telephone?.forget(id);
  }

  private async carry(dial: OpenDial, telephone: Telephone): Promise<void> {
    const { store, node } = this.parts;
    const { id } = dial;
    const age = Date.now() - Date.parse(dial.created_at);
    const a = { id, user: dial.user, shown: dial.shown_to_a ?? dial.to };
    const known = this.carried.get(id);
    if (dial.cancelled && dial.state !== "referring") {
      if (await store.move(id, [dial.state], "cancelled")) telephone.end(id);
    } else if (!known && dial.state === "waiting") {
      this.carried.set(id, { adoptedAt: undefined, referredAgain: false });
      if (!(await store.move(id, ["waiting"], "calling", { node }))) return;
      telephone.call(a, this.newsOf(dial, telephone));
    } else if (!known) {
      this.carried.set(id, { adoptedAt: performance.now(), referredAgain: false });
      telephone.adopt(a, dial.dialog, this.newsOf(dial, telephone));
      if (dial.state === "answered") this.go(dial, () => this.refer(dial, telephone));
    } else if (dial.state === "calling" && age > dial.wait_ms + graceMs) {
      await this.over(dial, telephone, 408, "A did not answer");
    } else if (dial.state === "referring") await this.lookAtB(dial, telephone);
  }

  /** What A's telephone does not tell, the ledger does. */
  private async lookAtB(dial: OpenDial, telephone: Telephone): Promise<void> {
    const known = this.carried.get(dial.id);
    const call = await this.parts.callToB(dial);
    const silent = Date.now() - Date.parse(dial.changed_at);
    if (call?.answered_at) await this.over(dial, telephone, 0, "");
    else if (call?.ended_at) await this.over(dial, telephone, call.code, call.outcome);
    else if (dial.cancelled) {
      telephone.end(dial.id);
      await this.parts.store.move(dial.id, ["referring"], "cancelled");
    } else if (silent > lostMs) await this.over(dial, telephone, 408, "A's telephone did not call B");
    else if (!call && known?.adoptedAt !== undefined && !known.referredAgain) {
      if (performance.now() - known.adoptedAt < referAgainMs) return;
      known.referredAgain = true;
      this.go(dial, () => this.askA(dial, telephone));
    }
  }

  private newsOf(dial: OpenDial, telephone: Telephone): CallNews {
    const { store } = this.parts;
    return {
      answered: (dialog) =>
        this.go(dial, async () => {
          if (await store.move(dial.id, ["calling"], "answered", { dialog }))
            await this.refer(dial, telephone);
          else telephone.end(dial.id);
        }),
      failed: (code, reason) => this.go(dial, () => this.over(dial, telephone, code, reason, ["calling"])),
      told: (code, reason) => {
        if (code >= 200) this.go(dial, () => this.over(dial, telephone, code < 300 ? 0 : code, reason));
      },
      // It may have called B nevertheless: the ledger knows.
      ended: () => this.go(dial, () => this.over(dial, telephone, 487, "A has hung up", ["answered"])),
    };
  }

  private async refer(dial: OpenDial, telephone: Telephone): Promise<void> {
    const { store, active, node } = this.parts;
    // Before it is asked: asked twice, A would call B twice.
    if (!(await store.move(dial.id, ["answered"], "referring", { node }))) return;
    active.use({ ...dial, state: "referring" });
    await this.askA(dial, telephone);
  }

  private async askA(dial: OpenDial, telephone: Telephone): Promise<void> {
    const { code, reason, dialog } = await telephone.refer(dial.id, dial.to);
    if (code >= 300)
      await this.over(dial, telephone, code, `A's telephone does not call others for somebody: ${reason}`);
    else if (dialog) await this.parts.store.move(dial.id, ["referring"], "referring", { dialog });
  }

  /** @param code 0: B has answered */
  private async over(
    dial: OpenDial,
    telephone: Telephone,
    code: number,
    why: string,
    from: Parameters<DialStore["move"]>[1] = ["calling", "answered", "referring"],
  ): Promise<void> {
    const to = code === 0 ? "connected" : "failed";
    if (await this.parts.store.move(dial.id, from, to, code === 0 ? {} : { code, why }))
      telephone.end(dial.id);
  }

  /** What the telephone sets off; what fails there is seen at the next look. */
  private go(dial: OpenDial, work: () => Promise<void>): void {
    work().catch((error: unknown) => this.parts.events.dialFailed(dial.id, error));
  }
}
