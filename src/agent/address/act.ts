import { writeInPlace } from "../../base/in-place.ts";
import { messageOf } from "../../base/message.ts";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import type { Fencing } from "../../fencing/keeper.ts";
import { holdsServiceAddress } from "../../host/held-address.ts";
import type { PartName } from "../../report/parts.ts";
import type { Part } from "../parts/part.ts";
import type { Action, Situation } from "./decide.ts";
import { announceServiceAddress, removeServiceAddress } from "./service-address.ts";
import type { Handover } from "./switchover.ts";

/** What actions are done with. */
interface Hands {
  part(name: PartName): Part | undefined;
  fencing: Fencing;
  handover: Handover;
  readDisk(): Promise<void>;
  tell(subject: string, text: string): void;
}

/** Does what decide.ts says; remembers what the track file says. */
export class Actor {
  private readonly context: HostContext;
  private readonly hands: Hands;
  private written: Situation["track"] = { fit: undefined, fails: false };

  constructor(context: HostContext, hands: Hands) {
    this.context = context;
    this.hands = hands;
  }

  get track(): Situation["track"] {
    return this.written;
  }

  /** In their order. What takes time goes on behind; what fails is told in the incident log. */
  carryOut(actions: readonly Action[]): void {
    for (const action of actions) this.act(action);
  }

  private act(action: Action): void {
    const { part, fencing, handover, readDisk, tell } = this.hands;
    switch (action.do) {
      case "write-track":
        this.writeTrack(action.fit);
        break;
      case "kill-part":
        part(action.part)?.kill(action.why);
        break;
      case "drop-address":
        this.dropAddress(action.why);
        break;
      case "take-address":
        void handover.take(action.from);
        break;
      case "end-taking":
        handover.confirmed();
        break;
      case "end-handover":
        handover.end(action.done);
        break;
      case "hand-over":
        tell("handing-over", action.why);
        // Whether that node is fit has been decided; its light may be amber, for example because this one's disk is full.
        handover.start(true, [], action.to);
        break;
      case "announce":
        announceServiceAddress(this.context, (why) => tell("announce", why));
        break;
      case "fence":
        void fencing.fence(action.host, action.term);
        break;
      case "read-disk":
        void readDisk();
        break;
    }
  }

  private writeTrack(fit: boolean): void {
    try {
      writeInPlace(runFiles(this.context.dirs).track, fit ? "0\n" : "1\n");
      this.written = { fit, fails: false };
    } catch (error) {
      this.written = { ...this.written, fails: true };
      this.hands.tell("track-file", messageOf(error));
    }
  }

  private dropAddress(why: string): void {
    if (!holdsServiceAddress(this.context)) return;
    this.hands.tell("removed", why);
    removeServiceAddress(this.context).catch((error: unknown) =>
      this.hands.tell("remove-failed", messageOf(error)),
    );
  }
}
