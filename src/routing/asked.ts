import type { Question } from "../call/contract.ts";
import { Looked } from "../call/remember.ts";
import { noWorld, type World } from "../carriers/choose.ts";
import { calledAt, callerAt, type Kind, kindOf, type Place } from "../numbering/canonical.ts";
import { placeOfCall } from "../numbering/sites.ts";
import type { Snapshot } from "./registry.ts";

/** A call as the rules look at it, and what of it made a difference so far. */
export interface Asked {
  snapshot: Snapshot;
  /** Its numbers as they are meant at the call's site. */
  question: Question;
  /** As it was dialled, without escapes and separators. */
  dialled: string;
  place: Place | undefined;
  /** Unix time in milliseconds. */
  now: number;
  looked: Looked;
  /** The caller dialled that it is not to be shown. */
  hidden: boolean;
  /** Whom of a group the last call rang first, as far as it is known here. */
  lastOf(group: string): string | undefined;
  /** What carriers are chosen by. */
  world: World;
}

/** What is known beside what the database has. */
export interface Remembered {
  hidden?: boolean;
  lastOf?: (group: string) => string | undefined;
  world?: World;
}

const hidingNames = new Set(["", "anonymous", "restricted", "unavailable", "unknown", "private"]);

/** The caller does not say who it is, or wants not to be shown. Pure. */
export const isAnonymous = ({ anonymous, from }: Question): boolean =>
  anonymous === true || hidingNames.has(from.user.toLowerCase());

/** Longer than any emergency number behind a country's code: means the same everywhere. */
const sameEverywhere = /^\+[0-9]{10,}$/;

/** It mattered at which site the call is. */
export function placeMattered({ snapshot, looked }: Asked): void {
  const { byName, fallback, networks } = snapshot.indexes.sites;
  if (byName.size < 2 && fallback !== undefined) return;
  looked.add("site");
  if (networks.length > 0) looked.add("source");
}

/** Understands the numbers of a question as they are dialled at its site; without sites: as they came. Pure. */
export function asked(
  snapshot: Snapshot,
  question: Question,
  now: number,
  { hidden = false, lastOf = () => undefined, world = noWorld }: Remembered = {},
): Asked {
  const { number: dialled, from, source, user, phone = user } = question;
  const looked = new Looked();
  const plain = { snapshot, question, dialled, now, looked, hidden, lastOf, world };
  const { sites } = snapshot.indexes;
  if (sites.byName.size === 0) return { ...plain, place: undefined };
  const { users, groups, numbers } = snapshot.parts;
  const isKnown = (name: string) => users.has(name) || groups.has(name) || numbers.has(name);
  const place = placeOfCall(sites, phone === undefined ? undefined : users.get(phone)?.site, source.address);
  const call = { ...plain, place };
  if (!sameEverywhere.test(dialled)) placeMattered(call);
  if (!place) return call;
  const meant = calledAt(place, dialled);
  const number = meant !== dialled && isKnown(dialled) && !place.short.isEmergency(meant) ? dialled : meant;
  const shown = callerAt(place, from.user);
  const caller = shown !== from.user && isKnown(from.user) ? from.user : shown;
  if (number === dialled && caller === from.user) return call;
  return { ...call, question: { ...question, number, from: { ...from, user: caller } } };
}

const unknown: Kind = { class: "name", country: undefined };

/** What kind of number was called; without a site nothing is known. */
export const calledKind = ({ place, question }: Asked): Kind =>
  place ? kindOf(place, question.number) : unknown;

/** What kind of number calls. */
export const callerKind = ({ place, question }: Asked): Kind =>
  place ? kindOf(place, question.from.user) : unknown;
