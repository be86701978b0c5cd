import type { Answer } from "../call/answer.ts";
import type { Decision, Question } from "../call/contract.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import type { CallOrder, DeskOrder, FeatureOrder } from "../directory/code-schema.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { asked } from "./asked.ts";
import { assigned } from "./assigned.ts";
import type { Snapshot } from "./registry.ts";

/** What becomes of a call to a star code. All pure. */

const never = { remember: { scope: "never", until: 0 } } as const;

const mustProve = { action: "reject", code: 407, reason: "Proxy Authentication Required" } as const;
const forbidden = (reason: string) => ({ action: "reject", code: 403, reason }) as const;

/** An order is carried out for the user who dialled it, before it is answered. @param alone nobody can be asked */
export function ordering(
  order: FeatureOrder | DeskOrder,
  snapshot: Snapshot,
  question: Question,
  answers: ReadonlyMap<string, Answer>,
  alone: boolean,
): Decision | Consultation {
  const rule = `code:${order.order}`;
  const base = { v: 1, rule, rules_version: snapshot.version, ...never } as const;
  if (question.user === undefined) return { ...base, ...mustProve };
  const said = answers.get(rule);
  if (said?.action === "reject") return { ...base, action: "reject", code: said.code, reason: said.reason };
  return alone
    ? { ...base, action: "reject", code: 503, reason: "Not Carried Out" }
    : { rule, action: order.order === "desk-login" ? loginOf(order, snapshot, question) : order };
}

/** How long a call waits in its slot, and then rings where it came from. */
const parkedMs = 60_000;
const ringsBackMs = 30_000;

const isSlot = /^[A-Za-z0-9]{1,16}$/;
const noSlot = { action: "reject", code: 404, reason: "No Such Slot" } as const;

const groupsOf = (user: UserEntry | undefined): readonly string[] => user?.features?.pickup ?? [];

/** The user whom a name or number rings. */
function userOf(number: string, snapshot: Snapshot, question: Question): string | undefined {
  if (snapshot.parts.users.has(number)) return number;
  const meant = asked(snapshot, { ...question, number }, 0).question.number;
  const whose = assigned(snapshot, meant).find(({ holds }) => holds);
  return whose && whose.kind !== "group" ? whose.user : undefined;
}

/** Who logs in, by the number that rings there; "" where that is nobody's. */
const loginOf = (
  order: Extract<DeskOrder, { order: "desk-login" }>,
  snapshot: Snapshot,
  question: Question,
): DeskOrder => ({
  ...order,
  to: userOf(order.to, snapshot, question) ?? "",
  // The SIP server tells it apart.
  pin: question.pin ?? order.pin,
});

/** Who picks up whom: themselves, and those with whom they have a pickup group in common. */
function pickup(number: string | undefined, snapshot: Snapshot, question: Question) {
  const { users } = snapshot.parts;
  const { user = "" } = question;
  const groups = groupsOf(users.get(user));
  if (number === undefined)
    return groups.length === 0 ? forbidden("In No Pickup Group") : taking({ groups: [...groups] });
  const whose = userOf(number, snapshot, question);
  if (whose === undefined) return { action: "reject", code: 404, reason: "No Such User" } as const;
  const shared = groupsOf(users.get(whose)).some((group) => groups.includes(group));
  return shared ? taking({ user: whose }) : forbidden("In No Pickup Group With You");
}

const taking = (take: NonNullable<Extract<Decision, { action: "reject" }>["take"]>) =>
  ({ action: "reject", code: 480, reason: "Nothing To Take", take }) as const;

/** A call is taken, or parked. */
export function callOrder(order: CallOrder, snapshot: Snapshot, question: Question): Decision {
  const base = { v: 1, rule: `code:${order.order}`, rules_version: snapshot.version, ...never } as const;
  const { user, referred_by } = question;
  const { users } = snapshot.parts;
  if (order.order === "park") {
    const parker = users.get(userOf(referred_by ?? "", snapshot, question) ?? "");
    if (!parker?.enabled) return { ...base, ...forbidden("Transfer A Call Here") };
    if (!isSlot.test(order.to)) return { ...base, ...noSlot };
    return {
      ...base,
      action: "route",
      strategy: "serial",
      park: { slot: order.to, wait_ms: parkedMs },
      targets: [{ type: "user", user: parker.name, timeout_ms: ringsBackMs }],
      record: false,
    };
  }
  if (user === undefined) return { ...base, ...mustProve };
  const by = question.phone === undefined ? {} : { by: user };
  if (order.order === "park-take" && !isSlot.test(order.to)) return { ...base, ...noSlot };
  if (order.order === "park-take") return { ...base, ...taking({ slot: order.to, ...by }) };
  const found = pickup(order.to, snapshot, question);
  return { ...base, ...found, ...("take" in found && { take: { ...found.take, ...by } }) };
}

/** A decision with who may take the call while it rings, and which telephones of a user ring. */
export function withPickup(decision: Decision, { parts, indexes }: Snapshot): Decision {
  if (decision.action !== "route" || indexes.users.pickers === 0) return decision;
  const targets = decision.targets.map((target) => {
    if (target.type !== "user") return target;
    const { pickup: groups = [], phones } = parts.users.get(target.user)?.features ?? {};
    const newest = phones === "newest";
    if (groups.length === 0 && !newest) return target;
    return {
      ...target,
      ...(groups.length > 0 && { pickup: [...groups] }),
      ...(newest && { newest }),
    };
  });
  return { ...decision, targets };
}
