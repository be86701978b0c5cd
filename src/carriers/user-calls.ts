import type { CallEvent, Decision } from "../call/contract.ts";
import type { Patience, UserNews } from "./call-news.ts";

/**
 * In how many calls users are, and since when they are in none: as far as this app knows from its own decisions, its node's journal
 * and the other apps (live-calls.ts feeds it, and tells the others).
 */

interface Talk {
  /** When it became known, ms of the clock. */
  at: number;
  caller: string;
  /** Users at whom it may ring. */
  callees: readonly string[];
  /** Who answered; "": nobody yet, or no user. */
  callee: string;
}

export class UserCalls {
  private readonly talks = new Map<string, Talk>();
  private readonly out = new Map<string, number>();
  private readonly in = new Map<string, number>();
  /** When the last call of a user ended, ms of the clock. */
  private readonly ends = new Map<string, number>();
  private readonly clock: () => number;

  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** Calls that it makes, from the decision on, and those that it has answered. @param callId but this one */
  callsOf(user: string, callId?: string): { out: number; in: number } {
    const own = callId === undefined ? undefined : this.talks.get(callId);
    return {
      out: (this.out.get(user) ?? 0) - Number(own?.caller === user),
      in: (this.in.get(user) ?? 0) - Number(own?.callee === user),
    };
  }

  /** Calls, answered or not yet. @param callId but this one */
  inProgress(callId: string): number {
    return this.talks.size - Number(this.talks.has(callId));
  }

  /** For how long the user has been in no call; 0: it is in one; undefined: nobody knows of any. */
  idleMs(user: string): number | undefined {
    if (this.in.has(user) || this.out.has(user)) return 0;
    const end = this.ends.get(user);
    return end === undefined ? undefined : this.clock() - end;
  }

  /** What others are to be told of a decision of this app. */
  decided(id: string, user: string, decision: Extract<Decision, { action: "route" }>): UserNews {
    const before = this.talks.get(id);
    const rung = decision.targets.flatMap((target) => (target.type === "user" ? [target.user] : []));
    const callees = [...new Set([...(before?.callees ?? []), ...rung])];
    // A later pass of a call that came back to us is made for whoever forwards it.
    const caller = before ? before.caller : user;
    return this.set(id, {
      at: before?.at ?? this.clock(),
      caller,
      callees,
      callee: before?.callee ?? "",
    });
  }

  /** Somebody answered. */
  answered({ call_id: id, taken_by, answered_by, target }: CallEvent): UserNews | undefined {
    const talk = this.talks.get(id);
    if (talk?.callee !== "") return undefined;
    const contact = /^sips?:([^@;]+)@/.exec(target)?.[1] ?? "";
    const [only = ""] = talk.callees;
    const known = talk.callees.includes(contact) || talk.callees.length !== 1 ? contact : only;
    return this.set(id, { ...talk, callee: taken_by ?? answered_by ?? known });
  }

  private set(id: string, talk: Talk): UserNews {
    this.remove(id);
    this.talks.set(id, talk);
    add(this.out, talk.caller, 1);
    add(this.in, talk.callee, 1);
    return newsOf(id, talk);
  }

  private remove(id: string): Talk | undefined {
    const talk = this.talks.get(id);
    if (!talk) return undefined;
    this.talks.delete(id);
    add(this.out, talk.caller, -1);
    add(this.in, talk.callee, -1);
    return talk;
  }

  ended(id: string): void {
    const talk = this.remove(id);
    if (!talk) return;
    for (const user of [talk.caller, talk.callee]) if (user !== "") this.ends.set(user, this.clock());
  }

  take(news: UserNews): void {
    if (news.kind === "talk") this.set(news.id, { at: this.clock(), ...news });
    else if (!this.ends.has(news.user)) this.ends.set(news.user, this.clock() - news.ms);
  }

  /** Everything, for who knows nothing. */
  all(): UserNews[] {
    return [
      ...[...this.talks].map(([id, talk]) => newsOf(id, talk)),
      ...[...this.ends].map(([user, at]): UserNews => ({ kind: "idle", user, ms: this.clock() - at })),
    ];
  }

  /** Forgets what can not be in progress any more. */
  sweep({ maxSetupMs, maxCallMs }: Patience): void {
    for (const [id, { at, callee }] of this.talks)
      if (this.clock() - at > (callee === "" ? maxSetupMs : maxCallMs)) this.ended(id);
  }
}

const newsOf = (id: string, { caller, callees, callee }: Talk): UserNews => ({
  kind: "talk",
  id,
  caller,
  callees: [...callees],
  callee,
});

function add(counts: Map<string, number>, key: string, by: number): void {
  if (key === "") return;
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
