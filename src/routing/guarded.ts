import type { Decision } from "../call/contract.ts";
import type { Guard } from "../carriers/guard-schema.ts";
import { nothingUsed, tooMuch, type Watched } from "../carriers/spending.ts";
import { type Asked, calledKind } from "./asked.ts";
import { isEmergency } from "./emergency.ts";

/** Guards against fraud: calls through carriers and farms count for them. All pure. */

function counts({ enabled, number_class, number_country, prefixes }: Guard, call: Asked): boolean {
  const { class: kind, country } = calledKind(call);
  return (
    enabled &&
    (!number_class || number_class.includes(kind)) &&
    (!number_country || (country !== undefined && number_country.includes(country))) &&
    (!prefixes || prefixes.some((prefix) => call.question.number.startsWith(prefix)))
  );
}

/** Which guards count a call, and for whom. */
export function watchedBy(call: Asked): { guard: Guard; watched: Watched }[] {
  const { snapshot, question } = call;
  return [...snapshot.parts.guards.values()]
    .filter((guard) => counts(guard, call))
    .map((guard) => {
      const subject = guard.per === "all" ? "" : (question.user ?? question.source.address);
      return { guard, watched: { guard: guard.name, subject } };
    });
}

/** A decision as guards let it be: those who have called too much get 403, but for emergency calls. */
export function guarded(decision: Decision, call: Asked): Decision {
  if (decision.action !== "route" || call.snapshot.parts.guards.size === 0) return decision;
  // They count calls.
  if (call.question.method !== undefined) return decision;
  const isOutside = decision.targets.some((target) => target.type === "uri" && target.carrier !== undefined);
  if (!isOutside || isEmergency(call)) return decision;
  const found = watchedBy(call);
  if (found.length === 0) return decision;
  call.looked.add("user");
  const over = found.flatMap(({ guard, watched }) => {
    const why = tooMuch(guard, call.world.usage?.(watched) ?? nothingUsed);
    return why === undefined ? [] : [{ ...watched, why, stops: guard.action === "stop" }];
  });
  const alarms = over.map(({ guard, subject, why }) => ({ guard, subject, why }));
  const { v, rule, rules_version } = decision;
  if (over.some(({ stops }) => stops))
    return { v, rule, rules_version, action: "reject", code: 403, reason: "Limit Reached", alarms };
  return {
    ...decision,
    watched: found.map(({ watched }) => watched).slice(0, 16),
    ...(alarms.length > 0 && { alarms }),
  };
}
