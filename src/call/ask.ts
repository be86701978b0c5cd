import { type Answer, type Consulted, isDecision } from "./answer.ts";
import type { Decision, Question } from "./contract.ts";
import { understood } from "./number.ts";
import { decideProbe } from "./probe-user.ts";

/** Who asks: by JSON-RPC (Kamailio) or by HTTP. */
export type Asker = "rpc" | "http";

/** What a decision is made with. */
export interface Deciding<C extends Consulted> {
  /** The rules as this node knows them. */
  live: {
    /** The question as it is meant: who calls, where somebody is logged in at that telephone. */
    seated(question: Question): Question;
    /** A decision that rings where users are logged in. */
    atDesks(decision: Decision): Decision;
    /** The decision, or whom to ask before there is one: then again with the answers, by the rules' names. */
    consult(question: Question, answers: ReadonlyMap<string, Answer>): Decision | C;
    state(): { version: number; source: "empty" | "disk" | "database" };
  };
  /** Those whom rules name: never throws. */
  others: { answer(consultation: C, question: Question): Promise<Answer> };
  /** Counts calls through carriers (carriers/live-calls.ts). */
  calls: { decided(callId: string, user: string, decision: Decision): void };
  /** What remains of a decision by the space that recordings have left. */
  guard: { apply(decision: Decision): Decision };
  /** Click-to-dial (dials/active.ts): the calls to A are its own, and A's calls to B bear its marks. */
  dials: {
    decide(question: Question, rulesVersion: number): Decision | undefined;
    noted(question: Question, decision: Decision): Decision;
  };
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

/** So many rules may leave a call to somebody else before none is asked any more. */
const maxAsked = 4;

const noAnswers: ReadonlyMap<string, Answer> = new Map();

/**
 * Decides this call: from memory, whoever asks, by the canonical form of its numbers (number.ts). Calls of the functional test are no
 * people's, so they are not counted. A promise only where a rule leaves the decision to somebody else: a script, a web
 * application.
 * @throws UndecidedError, or the promise rejects with it
 */
export function ask<C extends Consulted>(
  deciding: Deciding<C>,
  by: Asker,
  question: Question,
): Decision | Promise<Decision> {
  try {
    const { live, probes } = deciding;
    const started = performance.now();
    const meant = live.seated(understood(question));
    const probe = decideProbe(probes, meant, live.state(), Date.now());
    if (probe) return probe;
    const dialled = deciding.dials.decide(meant, live.state().version);
    if (dialled) return live.atDesks(dialled);
    const found = live.consult(meant, noAnswers);
    if (isDecision(found)) return done(deciding, by, meant, found, started);
    return askOthers(deciding, by, meant, found, started);
  } catch (error) {
    return undecided(deciding, by, question, error);
  }
}

function done<C extends Consulted>(
  { guard, calls, dials, events }: Deciding<C>,
  by: Asker,
  question: Question,
  found: Decision,
  started: number,
): Decision {
  const { call_id, user } = question;
  const decision = guard.apply(dials.noted(question, found));
  if (question.method === undefined) calls.decided(call_id, user ?? "", decision);
  events.decided(by, decision.action, (performance.now() - started) * 1000);
  return decision;
}

function undecided<C extends Consulted>(
  { events }: Deciding<C>,
  by: Asker,
  { call_id }: Question,
  error: unknown,
): never {
  events.undecided(by, call_id, error);
  throw new UndecidedError(call_id, error);
}

async function askOthers<C extends Consulted>(
  deciding: Deciding<C>,
  by: Asker,
  question: Question,
  first: C,
  started: number,
): Promise<Decision> {
  try {
    const answers = new Map<string, Answer>();
    let found: Decision | C = first;
    while (!isDecision(found)) {
      answers.set(
        found.rule,
        answers.size < maxAsked ? await deciding.others.answer(found, question) : { action: "next" },
      );
      found = deciding.live.consult(question, answers);
    }
    return done(deciding, by, question, found, started);
  } catch (error) {
    return undecided(deciding, by, question, error);
  }
}
