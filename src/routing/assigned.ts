import { blockOf } from "../numbering/blocks.ts";
import type { Snapshot } from "./registry.ts";

/** Whom a number rings without any rule: the user it is assigned to, the user or group of that name, the user or group of its range. */
export type Assigned =
  | { kind: "number"; number: string; user: string; holds: boolean; why(): string }
  | { kind: "user"; user: string; holds: boolean; why(): string }
  | { kind: "group"; group: string; holds: boolean; why(): string }
  | { kind: "range"; range: string; user: string; holds: boolean; why(): string };

/** In the order in which they count. Pure. */
export function* assigned(snapshot: Snapshot, number: string): Generator<Assigned> {
  const { users, groups, numbers } = snapshot.parts;
  const owner = numbers.get(number)?.user;
  const isUsable = (name: string) => users.get(name)?.enabled === true;
  const gone = (name: string) => `user ${name} is disabled or gone`;
  if (owner !== undefined) {
    const holds = isUsable(owner);
    const why = () => (holds ? `the number is assigned to ${owner}` : gone(owner));
    yield { kind: "number", number, user: owner, holds, why };
  }
  const user = users.get(number);
  if (user) {
    const why = () => (user.enabled ? "a user of this name exists" : "the user is disabled");
    yield { kind: "user", user: number, holds: user.enabled, why };
  }
  if (groups.has(number))
    yield { kind: "group", group: number, holds: true, why: () => "a group of this name exists" };
  const range = blockOf(snapshot.indexes.ranges, number);
  const block = range === undefined ? undefined : snapshot.parts.ranges.get(range);
  const { group } = block ?? {};
  if (group !== undefined) {
    const holds = groups.has(group);
    const why = () =>
      holds ? `the number is in range ${range}, of group ${group}` : `group ${group} is gone`;
    yield { kind: "group", group, holds, why };
  }
  const digits = block?.extension_digits;
  const whose = block?.user ?? (digits === undefined ? undefined : number.slice(-digits));
  if (range === undefined || whose === undefined) return;
  const holds = isUsable(whose);
  const why = () => (holds ? `the number is in range ${range}, of ${whose}` : gone(whose));
  yield { kind: "range", range, user: whose, holds, why };
}
