import { Phone } from "./phone.ts";
import { type Credential, off, type PhoneView } from "./view.ts";

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
  view: PhoneView = off;
  /** Of all calls that ended. */
  readonly endings: string[] = [];
  /** The telephone itself; a test presses its keys. */
  phone: Phone | undefined;
  /** A call that rings is answered. */
  answers = true;
  private readonly told = new Set<string>();
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
        for (const { id, phase, ending } of view.calls) {
          if (phase === "rings-here" && this.answers && !this.told.has(`answer ${id}`)) {
            this.told.add(`answer ${id}`);
            void phone.answer(id);
          }
          if (phase === "ended" && !this.told.has(id)) {
            this.told.add(id);
            this.endings.push(String(ending));
          }
        }
      },
    });
    this.phone = phone;
    // A page that goes away hangs up, as the console's does.
    addEventListener("pagehide", () => phone.hangUpAll());
    await phone.start();
    setInterval(() => void this.sample(), sampleMs);
  }

  async dial(number: string): Promise<string | undefined> {
    return await this.phone?.dial(number);
  }

  /** Calls that have not ended. */
  get live(): PhoneView["calls"] {
    return this.view.calls.filter(({ phase }) => phase !== "ended");
  }

  /** Counts again from now. */
  mark(): void {
    this.worst = 0;
    this.grewAt = performance.now();
  }

  /** The longest time without a packet since `mark`, ms, in the call that talks and is not held; how many have come in it. */
  heard(): { gapMs: number; packets: number } {
    return {
      gapMs: Math.round(Math.max(this.worst, performance.now() - this.grewAt)),
      packets: this.packets,
    };
  }

  async levels(): Promise<{ here: number; there: number }> {
    const call = this.live.find(({ held }) => !held);
    return call && this.phone ? this.phone.levels(call.id) : { here: 0, there: 0 };
  }

  private async sample(): Promise<void> {
    const call = this.live.find(({ phase, held }) => phase === "talking" && !held);
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
