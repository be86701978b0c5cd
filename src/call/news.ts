import type { CallEvent } from "./contract.ts";
import type { NewsType } from "./news-schema.ts";

/**
 * Under which name people's programs are told of an event; undefined: not at all. Later passes of a call that came back to us
 * are ours alone. Pure.
 */
export function newsTypeOf({ kind, pass, code }: CallEvent): NewsType | undefined {
  if (pass !== undefined) return undefined;
  if (kind === "start") return "call.started";
  if (kind === "ring") return "call.ringing";
  if (kind === "answer") return "call.answered";
  if (kind === "attempt") return "call.attempt-failed";
  if (kind === "refer") return "call.transferred";
  if (kind === "fail") return "call.ended";
  // A second one with 481: nobody knew the dialog.
  return kind === "end" && code !== 481 ? "call.ended" : undefined;
}
