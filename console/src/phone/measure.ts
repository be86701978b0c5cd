import { type Credential, Phone, type PhoneView } from "./phone.ts";

/**
 * The telephone without a page, for bench/browser-phone.ts and tests: it answers what rings, and tells for how long no
 * audio came at worst. Not a part of the console.
 */

declare global {
  /** From outside of the page: asks the API. */
  function credential(user: string): Promise<Credential>;
  var measured: Measured;
}

const sampleMs = 20;

class Measured {
  view: PhoneView = { registration: "off", why: undefined, calls: [] };
  /** Of all calls that ended. */
  readonly causes: string[] = [];
  private phone: Phone | undefined;
  private packets = 0;
  private grewAt = 0;
  private worst = 0;

  async start(user: string): Promise<void> {
    const phone = new Phone({
      url: `wss://${location.host}/ws`,
      credential: () => credential(user),
      instance: crypto.randomUUID(),
      changed: (view) => {
        this.view = view;
        for (const { id, phase, cause } of view.calls) {
          if (phase === "rings-here") phone.answer(id);
          if (phase === "ended") this.causes.push(String(cause));
        }
      },
    });
    this.phone = phone;
    await phone.start();
    setInterval(() => void this.sample(), sampleMs);
  }

  dial(number: string): string {
    if (!this.phone) throw new Error("not started");
    return this.phone.dial(number);
  }

  hangUp(): void {
    for (const { id } of this.view.calls) this.phone?.hangUp(id);
  }

  /** Counts again from now. */
  mark(): void {
    this.worst = 0;
  }

  /** The longest time without a packet since `mark`, ms; and how many have come in all. */
  heard(): { gapMs: number; packets: number } {
    return {
      gapMs: Math.round(Math.max(this.worst, performance.now() - this.grewAt)),
      packets: this.packets,
    };
  }

  async levels(): Promise<{ here: number; there: number }> {
    const call = this.view.calls[0];
    return call && this.phone ? this.phone.levels(call.id) : { here: 0, there: 0 };
  }

  private async sample(): Promise<void> {
    const call = this.view.calls.find(({ phase }) => phase === "talking");
    const [receiver] = (call && this.phone?.connectionOf(call.id)?.getReceivers()) ?? [];
    if (!receiver) return;
    for (const stat of (await receiver.getStats()).values()) {
      const { type, packetsReceived = 0 } = stat as { type: string; packetsReceived?: number };
      if (type !== "inbound-rtp" || packetsReceived === this.packets) continue;
      const now = performance.now();
      if (this.packets > 0) this.worst = Math.max(this.worst, now - this.grewAt);
      this.packets = packetsReceived;
      this.grewAt = now;
    }
  }
}

globalThis.measured = new Measured();
