import type { Question } from "../call/contract.ts";
import { codeIn } from "../directory/codes.ts";
import { asked } from "./asked.ts";
import { candidates } from "./decide.ts";
import { phonesOf, userMeant } from "./desks.ts";
import type { Snapshot } from "./registry.ts";

/** So many a SIP server is asked about, for one call. */
const mostAsked = 16;

/**
 * Of whom a SIP server is to say whether they are registered before this call can be decided: it alone knows. Nobody, as nearly
 * always: no rule asks, or it has said so. Pure. @param now Unix time in milliseconds
 */
export function registrationsAsked(snapshot: Snapshot, question: Question, now: number): string[] {
  if (snapshot.indexes.rules.registered === 0 || question.registered) return [];
  const code = codeIn(snapshot.indexes.codes.codes, question.number);
  if (code && code.type !== "hide") return [];
  const names = new Set<string>();
  const call = asked(snapshot, code ? { ...question, number: code.to } : question, now);
  for (const candidate of candidates(call)) {
    const { match, action } = candidate.kind === "rule" ? candidate.rule : {};
    const named = match?.registered ?? match?.unregistered;
    const user = named === undefined ? undefined : userMeant(snapshot, named, call.question);
    if (user !== undefined) for (const phone of phonesOf(snapshot, user)) names.add(phone);
    // Who is asked may say that the next rule decides.
    else if (candidate.holds && action?.type !== "script" && action?.type !== "ask") break;
  }
  return [...names].slice(0, mostAsked);
}
