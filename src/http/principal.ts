import type { IncomingMessage } from "node:http";
import type { Role } from "./access.ts";

/** Who asks, once the guard let the request in (auth.ts). */

/** What a person may see and change; a kind that is missing: nothing of it. */
export interface Scope {
  sites: readonly string[];
  groups: readonly string[];
  /** Numbers, or with * at the end all that begin so. */
  numbers: readonly string[];
}

/** Somebody who is logged in, or a program with a token that somebody made for it. */
export interface Person {
  name: string;
  display: string;
  role: Role;
  /** Missing: everything. */
  scope?: Scope;
  /** The telephone user that this person is. */
  user?: string;
}

export type Principal =
  /** `lacking`: its role needs a second factor, and this login has proven none. */
  | { kind: "session"; person: Person; session: Buffer; lacking: boolean }
  /** `person` is called `token:NAME`. `areas`: the parts of the API that it is for (areaOf); missing: all. */
  | { kind: "token"; person: Person; areas?: readonly string[] }
  /** The API's token, or the unix socket: they may do everything, and say themselves who asks. */
  | { kind: "api" | "socket" };

const known = new WeakMap<IncomingMessage, Principal>();

/** For the guard alone. */
export const letIn = (request: { raw: IncomingMessage }, principal: Principal): void => {
  known.set(request.raw, principal);
};

/** Undefined: an open route, or one that other nodes or hosts ask. */
export const principalOf = (request: { raw: IncomingMessage }): Principal | undefined =>
  known.get(request.raw);
