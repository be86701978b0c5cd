import { messageOf } from "../../base/message.ts";
import { makeNice } from "../../host/priority.ts";
import { familyOf } from "../../host/process.ts";
import type { PeerNews } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";
import type { Verdict } from "../../report/verdict.ts";
import type { Parts } from "./parts.ts";

/** Behind its own database too, and behind ordinary programs where nice levels count among all (systemd). */
const copyWeight = 15;
/** The programs that make and send a copy of the database start one after the other. */
const copyEveryMs = 250;

interface Hands {
  parts(): Parts;
  /** Calls are here. */
  carries(): boolean;
  /** Process of the database while it gives another one a copy of itself, or what that has missed. */
  donor(): number | undefined;
  tell(subject: string, text: string): void;
}

/** Gives all parts of this host the weight that they should have now (weight.ts). */
export class Weights {
  private readonly hands: Hands;
  private readonly startedAt: number;
  private wasGreen = false;
  private copyAt = 0;
  private told = "";

  constructor(startedAt: number, hands: Hands) {
    this.startedAt = startedAt;
    this.hands = hands;
  }

  /** With each look of the agent. */
  tick(
    now: number,
    { mayHold, light }: Pick<Verdict, "mayHold" | "light">,
    peers: Record<string, PeerNews | undefined>,
  ): void {
    const { parts, carries, donor } = this.hands;
    this.wasGreen ||= light === "green";
    const copied = donor();
    const standing = {
      othersCarry: Object.values(peers).some((one) => one && one.ageMs <= contactMs && one.report.holds),
      carries: carries(),
      mayHold,
      wasGreen: this.wasGreen,
      donates: copied !== undefined,
      forMs: now - this.startedAt,
    };
    try {
      parts().weigh(standing);
      if (copied !== undefined) this.weighCopy(copied, now);
      this.told = "";
    } catch (error) {
      if (messageOf(error) !== this.told) this.hands.tell("weight", messageOf(error));
      this.told = messageOf(error);
    }
  }

  /** mariadb-backup and socat, which mariadbd starts by a script that knows no such option (wsrep_sst_mariabackup). */
  private weighCopy(database: number, now: number): void {
    if (now < this.copyAt) return;
    this.copyAt = now + copyEveryMs;
    for (const helper of familyOf(database).slice(1)) makeNice(helper, copyWeight);
  }
}
