import { numbersOf } from "../directory/numbers.ts";
import { registry, type Snapshot } from "../routing/registry.ts";
import { fieldsOf, type Reference } from "./named.ts";
import { called } from "./references.ts";
import { type Scope, whole, within } from "./scope.ts";
import type { Finding } from "./version-schema.ts";

/** Names of what is not there, or is switched off. */

/** The kinds whose documents name others. */
const naming = ["users", "groups", "ranges", "rules", "desks"] as const;

const isOff = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "enabled" in value && value.enabled === false;

/** What is touched and is not there, or is switched off: `PART\nNAME`. */
function goneIn({ parts }: Snapshot, { touched }: Scope): Set<string> {
  const gone = new Set<string>();
  for (const [part, keys] of touched ?? [])
    for (const key of keys) {
      const value: unknown = parts[part as keyof typeof parts].get(key);
      if (value === undefined || isOff(value)) gone.add(`${part}\n${key}`);
    }
  return gone;
}

function judged(snapshot: Snapshot, part: string, key: string, reference: Reference): Finding | undefined {
  const { to, name, field, soft } = reference;
  const value: unknown = snapshot.parts[to].get(name);
  const place = { part, key, field };
  const what = `${called(to)} ${name}`;
  if (value === undefined)
    return soft
      ? {
          severity: "warning",
          code: "unknown-flag",
          ...place,
          message: `there is no ${what}: it counts as off`,
          todo: `make it: dialtone flag set ${name} off`,
        }
      : {
          severity: "error",
          code: "unknown-name",
          ...place,
          message: `there is no ${what}`,
          todo: "make it first, or name another one",
        };
  if (!isOff(value)) return undefined;
  return {
    severity: "warning",
    code: "disabled",
    ...place,
    message: `${what} is disabled`,
    todo: "enable it, or name another one",
  };
}

/** Numbers name users only, and there may be a million of them. */
function* numbersIn(snapshot: Snapshot, scope: Scope): Generator<Finding | undefined> {
  const { users } = snapshot.parts;
  for (const entry of within(snapshot, scope, "numbers")) {
    if (!entry) {
      yield undefined;
      continue;
    }
    const [key, { user }] = entry;
    if (!users.get(user)?.enabled)
      yield judged(snapshot, "numbers", key, { field: "/user", to: "users", name: user });
  }
  for (const user of scope.touched?.get("users") ?? [])
    if (!users.get(user)?.enabled)
      for (const key of numbersOf(snapshot.indexes.numbers, user))
        yield judged(snapshot, "numbers", key, { field: "/user", to: "users", name: user });
}

/** Pure. */
export function* names(snapshot: Snapshot, scope: Scope): Generator<Finding | undefined> {
  const gone = goneIn(snapshot, scope);
  for (const part of naming) {
    for (const entry of within(snapshot, scope, part)) {
      yield undefined;
      if (!entry) continue;
      const [key, value] = entry;
      if (part === "rules" && isOff(value)) continue;
      for (const reference of fieldsOf(part, value)) yield judged(snapshot, part, key, reference);
    }
    if (gone.size === 0) continue;
    // Who names what is touched and is not there any more, or is switched off?
    for (const entry of within(snapshot, whole, part)) {
      yield undefined;
      if (!entry) continue;
      const [key, value] = entry;
      if (scope.touched?.get(part)?.has(key) || (part === "rules" && isOff(value))) continue;
      for (const reference of fieldsOf(part, value))
        if (gone.has(`${reference.to}\n${reference.name}`)) yield judged(snapshot, part, key, reference);
    }
  }
  yield* numbersIn(snapshot, scope);
  for (const [name] of snapshot.parts.groups)
    if (snapshot.parts.users.has(name))
      yield {
        severity: "error",
        code: "same-name",
        part: "groups",
        key: name,
        field: "",
        message: `there is a ${registry.users.kind} ${name} too`,
        todo: "give the group another name: both are dialled by it",
      };
}
