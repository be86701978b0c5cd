import type { Decision, Question } from "./contract.ts";
import { understood } from "./number.ts";
import { decideProbe } from "./probe-user.ts";

/** Who asks: by JSON-RPC (Kamailio) or by HTTP. */
export type Asker = "rpc" | "http";

/** What a decision is made with. */
export interface Deciding {
  /** The rules as this node knows them. */
  live: {
    decide(question: Question): Decision;
    state(): { version: number; source: "empty" | "disk" | "database" };
  };
  /** What remains of a decision by the space that recordings have left. */
  guard: { apply(decision: Decision): Decision };
  /** Users of the functional test, which are in no directory. */
  probes: ReadonlyMap<string, unknown>;
  events: {
    decided(by: Asker, action: Decision["action"], micros: number): void;
    undecided(by: Asker, callId: string, error: unknown): void;
  };
}

/** A call could not be decided by a fault of ours, which is in the log with the call's id. */
export class UndecidedError extends Error {
  constructor(callId: string, cause: unknown) {
    super(`call ${callId} could not be decided: see the app's log`, { cause });
    this.name = "UndecidedError";
  }
}

/**
 * Decides this call: from memory, whoever asks, by the canonical form of its numbers (number.ts). Calls of the functional test are no people's, so they are not counted.
 * @throws UndecidedError
 */
export function ask({ live, guard, probes, events }: Deciding, by: Asker, question: Question): Decision {
  try {
    const started = performance.now();
    const meant = understood(question);
    const probe = decideProbe(probes, meant, live.state(), Date.now());
    if (probe) return probe;
    const decision = guard.apply(live.decide(meant));
    events.decided(by, decision.action, (performance.now() - started) * 1000);
    return decision;
  } catch (error) {
    events.undecided(by, question.call_id, error);
    throw new UndecidedError(question.call_id, error);
  }
}
