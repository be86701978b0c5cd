import type { Intruders } from "../../components/kamailio/load.ts";

/** Who forges messages sends many: told at once, then once a minute. */
const forgedEveryMs = 60_000;

/** What strangers tried at the SIP server, from its own figures; told when there is more of it. */
export class IntruderWatch {
  private readonly tell: (text: string) => void;
  private last: Intruders | undefined;
  private untold = 0;
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(tell: (text: string) => void) {
    this.tell = tell;
  }

  /** @param seen undefined: nothing is known at the moment. @param now monotonic, ms */
  look(seen: Intruders | undefined, now: number): void {
    if (seen && seen !== this.last) this.compare(seen);
    if (this.untold === 0 || now - this.toldAt < forgedEveryMs) return;
    this.tell(`${this.untold} messages in the name of a node, without the cluster's seal: not believed`);
    this.untold = 0;
    this.toldAt = now;
  }

  private compare(now: Intruders): void {
    const before = this.last ?? { banned: 0, forged: 0, guilty: "" };
    this.last = now;
    // Fewer than before: it was restarted, and counts from zero.
    const more = (key: "banned" | "forged") => (now[key] < before[key] ? now[key] : now[key] - before[key]);
    const [banned, forged] = [more("banned"), more("forged")];
    if (banned > 0)
      this.tell(
        `wrong passwords: ${banned === 1 ? "" : `${banned} sources, the last `}${now.guilty} is not answered for 5 minutes`,
      );
    this.untold += forged;
  }
}
