import type { SipLoad } from "../../components/kamailio/load.ts";
import { type Refusing, refusingText } from "../../report/refusing.ts";

/** What the SIP server says at its probe socket, in a row: does it refuse calls, and how many a second? */

/** Probes come every 400 ms, and refusals in bursts. */
const windowMs = 1500;

interface Look {
  at: number;
  load: SipLoad;
}

export class Refusals {
  private readonly tell: (text: string) => void;
  private looks: Look[] = [];
  private since: number | undefined;
  private first = 0;

  constructor(tell: (text: string) => void) {
    this.tell = tell;
  }

  /** @param load undefined: nothing is known, e.g. this host does not hold the address. @param now monotonic, ms */
  look(load: SipLoad | undefined, now: number): void {
    const last = this.looks.at(-1);
    if (!load || (last && load.refused < last.load.refused)) this.looks = [];
    if (load && load !== last?.load) this.looks.push({ at: now, load });
    while (this.looks.length > 2 && (this.looks[1]?.at ?? now) < now - windowMs) this.looks.shift();
    const refusing = this.report(now);
    if (refusing && this.since === undefined) {
      this.since = now;
      this.first = this.looks[0]?.load.refused ?? 0;
      this.tell(refusingText(refusing));
    } else if (!refusing && this.since !== undefined) {
      const count = (load?.refused ?? this.first) - this.first;
      this.tell(
        `takes all calls again after ${((now - this.since) / 1000).toFixed(1)} s; ${count} were refused`,
      );
      this.since = undefined;
    }
  }

  /** undefined: it takes all calls. */
  report(now: number): Refusing | undefined {
    const [oldest, newest] = [this.looks[0], this.looks.at(-1)];
    if (!oldest || !newest || oldest === newest) return undefined;
    const refused = newest.load.refused - oldest.load.refused;
    if (refused === 0) return undefined;
    return {
      perSecond: Math.max(1, Math.round((refused * 1000) / Math.max(1, newest.at - oldest.at))),
      limit: newest.load.limit,
      total: newest.load.refused,
      sinceMs: Math.round(now - (this.since ?? now)),
    };
  }
}
