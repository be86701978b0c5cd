import type { SipMessage } from "../../sip/message.ts";

/**
 * A provisional answer that is repeated until PRACK comes (RFC 3262 3), and what waits until everything is agreed that
 * has to be agreed before the call is answered.
 */
export class Reliable {
  readonly invite: SipMessage;
  /** The UPDATE that follows the PRACK has come too. */
  done = false;
  private timer: NodeJS.Timeout | undefined;
  private waiting: (() => void) | undefined;

  constructor(invite: SipMessage, send: () => void) {
    this.invite = invite;
    const again = (wait: number) => {
      send();
      this.timer = setTimeout(() => again(Math.min(wait * 2, 4000)), wait);
    };
    again(500);
  }

  /** It was acknowledged, or the call is over. */
  stop(): void {
    clearTimeout(this.timer);
  }

  whenDone(next: () => void): void {
    this.waiting = next;
  }

  finish(): void {
    this.stop();
    this.done = true;
    this.waiting?.();
    this.waiting = undefined;
  }
}
