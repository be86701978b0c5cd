import type { Decision, Question } from "../call/contract.ts";
import { dialUser } from "../call/dial-user.ts";
import { canonicalNumber } from "../call/number.ts";
import type { OpenDial } from "./store.ts";

/** Dials that this node carries out, as decisions see them: the call to A is theirs, and A's call to B bears their marks. */
export class ActiveDials {
  private readonly dials = new Map<string, OpenDial>();

  use(dial: OpenDial): void {
    this.dials.set(dial.id, dial);
  }

  drop(id: string): void {
    this.dials.delete(id);
  }

  /** The decision about a call to A; undefined: it is none. Pure but for what is active. */
  decide({ user, call_id }: Question, rules_version: number): Decision | undefined {
    if (user !== dialUser) return undefined;
    const dial = this.dials.get(/^dial-([0-9a-f-]{36})@/.exec(call_id)?.[1] ?? "");
    const base = { v: 1, rule: "click-to-dial", rules_version } as const;
    if (!dial) return { ...base, action: "reject", code: 480, reason: "No Such Dial" };
    return {
      ...base,
      action: "route",
      strategy: "serial",
      targets: [{ type: "user", user: dial.user, timeout_ms: dial.wait_ms }],
      record: false,
      // Nobody talks in it.
      media: "direct",
      tags: { ...dial.tags, dial: dial.id },
    };
  }

  /** What the dial says of A's call to B is added to the decision. */
  noted({ user, number }: Question, decision: Decision): Decision {
    if (this.dials.size === 0 || user === undefined) return decision;
    const dial = [...this.dials.values()].find(
      (one) => one.user === user && one.state === "referring" && canonicalNumber(one.to) === number,
    );
    if (!dial) return decision;
    const tags = { ...decision.tags, ...dial.tags, dial: dial.id };
    if (decision.action === "reject") return { ...decision, tags };
    return {
      ...decision,
      tags,
      record: decision.record || dial.record,
      ...(dial.shown_to_b !== undefined && { caller_id: { number: dial.shown_to_b } }),
      remember: { scope: "never", until: 0 },
    };
  }
}
