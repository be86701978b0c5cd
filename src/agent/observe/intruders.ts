import type { Intruders } from "../../components/kamailio/load.ts";

/** What strangers tried at the SIP server, from its own figures; each kind is told once a look, when there is more of it. */
export class IntruderWatch {
  private readonly tell: (text: string) => void;
  private last: Intruders | undefined;

  constructor(tell: (text: string) => void) {
    this.tell = tell;
  }

  /** @param now undefined: nothing is known at the moment */
  look(now: Intruders | undefined): void {
    if (!now || now === this.last) return;
    const before = this.last ?? { banned: 0, forged: 0, guilty: "" };
    this.last = now;
    // Fewer than before: it was restarted, and counts from zero.
    const more = (key: "banned" | "forged") => (now[key] < before[key] ? now[key] : now[key] - before[key]);
    const [banned, forged] = [more("banned"), more("forged")];
    if (banned > 0)
      this.tell(
        `wrong passwords: ${banned === 1 ? "" : `${banned} sources, the last `}${now.guilty} is not answered for 5 minutes`,
      );
    if (forged > 0)
      this.tell(`${forged} messages in the name of a node, without the cluster's seal: not believed`);
  }
}
