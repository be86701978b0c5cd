import type { IncomingMessage } from "node:http";

/** What a request changed, as the route that did it knows: for the record of changes (access/audit.ts). */
export interface Noted {
  /** As the API shows it; missing: there was, or is, none. */
  before?: unknown;
  after?: unknown;
  /** The version of what decides calls that came of it. */
  version?: number;
}

const noted = new WeakMap<IncomingMessage, Noted>();

/** Says what was before and after. A route that says nothing is recorded with what it was sent. */
export const noteChange = (request: { raw: IncomingMessage }, change: Noted): void => {
  noted.set(request.raw, { ...noted.get(request.raw), ...change });
};

export const notedOf = (request: { raw: IncomingMessage }): Noted | undefined => noted.get(request.raw);
