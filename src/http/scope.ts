import type { IncomingMessage } from "node:http";
import type { Scope } from "./principal.ts";

/** What is in the part of the service that somebody sees: the one place that decides it (docs/access.md). Pure. */

/** Is it this number, or one that begins as the pattern says? */
const isOf = (pattern: string, number: string): boolean =>
  pattern.endsWith("*") ? number.startsWith(pattern.slice(0, -1)) : number === pattern;

const both = (one: readonly string[], other: readonly string[]): string[] =>
  one.filter((name) => other.includes(name));

/** Of each two of which one includes the other, the one that is included. */
const narrowerPatterns = (one: readonly string[], other: readonly string[]): string[] => [
  ...new Set([
    ...one.filter((pattern) => other.some((wide) => isOf(wide, pattern))),
    ...other.filter((pattern) => one.some((wide) => isOf(wide, pattern))),
  ]),
];

/** What is in both; undefined: everything. Kind by kind, so that it is never more than both give. */
export function narrowest(one: Scope | undefined, other: Scope | undefined): Scope | undefined {
  if (!one || !other) return one ?? other;
  return {
    sites: both(one.sites, other.sites),
    groups: both(one.groups, other.groups),
    numbers: narrowerPatterns(one.numbers, other.numbers),
  };
}

/** What belongs to what, as calls are decided by it. */
export interface Related {
  users: { get(name: string): { site?: string | undefined } | undefined };
  groups: { get(name: string): { members: readonly { user: string }[] } | undefined };
  numbers: { get(number: string): { user: string } | undefined };
}

/** Whose call it is. Missing and empty: nobody's. */
export interface CallOf {
  /** Who called, if it is a user. */
  user: string;
  /** What was called. */
  number: string;
  /** The number that it means at the caller's site. */
  meant?: string;
  /** Who took it in somebody's place. */
  taken_by?: string;
}

/** Says of each thing whether it is in a scope. */
export class Narrowing {
  readonly scope: Scope;
  private readonly related: () => Related;

  /** @param related as it is whenever something is asked: a stream lasts longer than a change */
  constructor(scope: Scope, related: () => Related) {
    this.scope = scope;
    this.related = related;
  }

  site(name: string | null | undefined): boolean {
    return typeof name === "string" && this.scope.sites.includes(name);
  }

  group(name: string): boolean {
    return this.scope.groups.includes(name);
  }

  /** Is it in one of the scope's groups? @param but not this one */
  isMember(user: string, but?: string): boolean {
    const { groups } = this.related();
    return this.scope.groups.some(
      (name) => name !== but && groups.get(name)?.members.some((member) => member.user === user),
    );
  }

  /** Is it of one of the scope's sites? */
  ofSite(user: string): boolean {
    return this.site(this.related().users.get(user)?.site);
  }

  /** A user of the scope's sites, or a member of its groups. @param site null: it has none; missing: as calls are decided */
  user(name: string, site: string | null | undefined = this.related().users.get(name)?.site): boolean {
    return this.site(site) || this.isMember(name);
  }

  /** One of the scope's own numbers, whoever has it; or all that begin so. */
  pattern(number: string): boolean {
    return this.scope.numbers.some((pattern) => isOf(pattern, number));
  }

  /** A number of the scope's own, or of one of its users. */
  number(number: string, owner = this.related().numbers.get(number)?.user): boolean {
    return this.pattern(number) || (owner !== undefined && this.user(owner));
  }

  /** Made by one of the scope's users, or to something that is in the scope. */
  call({ user, number, meant = "", taken_by = "" }: CallOf): boolean {
    return (
      [user, taken_by].some((name) => name !== "" && this.user(name)) ||
      [number, meant].some((to) => this.called(to))
    );
  }

  private called(to: string): boolean {
    return to !== "" && (this.user(to) || this.group(to) || this.number(to));
  }
}

const narrowings = new WeakMap<IncomingMessage, { narrowing: Narrowing; asked: boolean }>();

interface Request {
  raw: IncomingMessage;
}

/** For the guard alone. */
export const narrow = (request: Request, narrowing: Narrowing): void => {
  narrowings.set(request.raw, { narrowing, asked: false });
};

/** What whoever asks may see of a route that is narrowed; undefined: everything. */
export function narrowingOf(request: Request): Narrowing | undefined {
  const found = narrowings.get(request.raw);
  if (found) found.asked = true;
  return found?.narrowing;
}

/** Did the route that answers not ask what may be seen, although it had to? */
export const forgotNarrowing = (request: Request): boolean => narrowings.get(request.raw)?.asked === false;
