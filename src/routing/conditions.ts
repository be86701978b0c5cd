import { isName } from "../carriers/names.ts";
import { boundariesOf, inDates, inWindow, sameUntil, wallAt } from "../circumstances/clock.ts";
import { openingAt } from "../circumstances/opening.ts";
import { keyOf, rowFor } from "../circumstances/tables.ts";
import { networkTest } from "../directory/networks.ts";
import { blockOf } from "../numbering/blocks.ts";
import type { Kind } from "../numbering/canonical.ts";
import { type Asked, calledKind, callerKind, isAnonymous, placeMattered } from "./asked.ts";
import { phonesOf, userMeant } from "./desks.ts";
import type { Match } from "./rule-schema.ts";

/**
 * The conditions of a rule beside number, caller, user and source, which the index finds (rule-index.ts). Each one notes in
 * `looked` what it looked at, and until when it stays as it is.
 */

/** Whether it holds, and why: for people who ask (`dialtone route test`). */
export interface Verdict {
  holds: boolean;
  why(): string;
}

const verdict = (holds: boolean, why: () => string): Verdict => ({ holds, why });

type Condition = (match: Match, call: Asked, rule: string) => Verdict | undefined;

function kindCondition(
  call: Asked,
  what: string,
  kind: () => Kind,
  classes: readonly string[] | undefined,
  countries: readonly string[] | undefined,
): Verdict | undefined {
  if (!classes && !countries) return undefined;
  placeMattered(call);
  const { class: found, country } = kind();
  const holds =
    (!classes || classes.includes(found)) &&
    (!countries || (country !== undefined && countries.includes(country)));
  return verdict(holds, () => `the ${what} is ${found}${country === undefined ? "" : ` (${country})`}`);
}

const called: Condition = (match, call) =>
  kindCondition(call, "number", () => calledKind(call), match.number_class, match.number_country);

const caller: Condition = (match, call) => {
  const { caller_class: classes, caller_country: countries } = match;
  if (classes || countries) call.looked.add("caller");
  return kindCondition(call, "caller", () => callerKind(call), classes, countries);
};

const carrier: Condition = (match, { snapshot, question, looked, world }) => {
  if (match.carrier === undefined) return undefined;
  looked.add("source");
  const { address } = question.source;
  const { addresses = [] } = snapshot.parts.carriers.get(match.carrier) ?? {};
  const isPlace = () =>
    addresses.some(
      (one) =>
        isName(one) && world.reach?.placesOf(one)?.some((place) => networkTest(place.address)(address)),
    );
  const holds = (snapshot.indexes.carriers.get(match.carrier)?.(address) ?? false) || isPlace();
  return verdict(holds, () => `${address} is ${holds ? "" : "not "}one of carrier ${match.carrier}`);
};

const range: Condition = (match, { snapshot, question }) => {
  if (match.range === undefined) return undefined;
  const found = blockOf(snapshot.indexes.ranges, question.number);
  return verdict(found === match.range, () => `the number is in ${found ? `range ${found}` : "no range"}`);
};

const anonymous: Condition = (match, { question, looked }) => {
  if (match.anonymous === undefined) return undefined;
  // Kamailio remembers by the number that is shown, not by the wish to hide it.
  looked.add(question.anonymous ? "call" : "caller");
  const hides = isAnonymous(question);
  return verdict(hides === match.anonymous, () => `the caller ${hides ? "hides" : "shows"} its number`);
};

const site: Condition = (match, call) => {
  if (match.site === undefined) return undefined;
  placeMattered(call);
  const name = call.place?.site.name;
  return verdict(
    name === match.site,
    () => `the call is at ${name === undefined ? "no site" : `site ${name}`}`,
  );
};

const group: Condition = (match, { snapshot, question, looked }) => {
  if (match.group === undefined) return undefined;
  looked.add("user");
  const { user } = question;
  const members = snapshot.parts.groups.get(match.group)?.members ?? [];
  const isIn = members.some((member) => member.user === user);
  return verdict(isIn, () => `${user ?? "nobody"} is ${isIn ? "" : "not "}in group ${match.group}`);
};

const flags: Condition = (match, { snapshot }) => {
  if (!match.flags) return undefined;
  const isOn = (name: string) => snapshot.parts.flags.get(name)?.on ?? false;
  const wanted = Object.entries(match.flags);
  const wrong = wanted.find(([name, on]) => isOn(name) !== on);
  return verdict(!wrong, () =>
    (wrong ? [wrong] : wanted).map(([name]) => `flag ${name} is ${isOn(name) ? "on" : "off"}`).join(", "),
  );
};

/** As people of that time zone write it. */
const clock = (ms: number, zone: string): string =>
  new Date(ms).toLocaleString("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });

const opening: Condition = (match, { snapshot, now, looked }) => {
  const name = match.open ?? match.closed ?? match.holiday;
  if (name === undefined) return undefined;
  const calendar = snapshot.indexes.calendars.get(name);
  if (!calendar) return verdict(false, () => `there is no calendar ${name}`);
  const { state, day, until } = openingAt(calendar, now);
  looked.holdsUntil(until);
  const isOpen = state === "open";
  const holds =
    match.open !== undefined ? isOpen : match.closed !== undefined ? !isOpen : state === "holiday";
  const { time_zone: zone } = calendar.calendar;
  return verdict(
    holds,
    () => `calendar ${name} is ${state}${day === "" ? "" : ` (${day})`} at ${clock(now, zone)} ${zone}`,
  );
};

const times: Condition = (match, call) => {
  if (!match.times && !match.dates) return undefined;
  const { now, looked, place } = call;
  if (match.time_zone === undefined) placeMattered(call);
  const zone = match.time_zone ?? place?.site.time_zone ?? "UTC";
  const wall = wallAt(now, zone);
  looked.holdsUntil(sameUntil(now, zone, boundariesOf(match.times ?? [])));
  const holds =
    (!match.times || match.times.some((window) => inWindow(window, wall))) &&
    (!match.dates || match.dates.some((dates) => inDates(dates, wall.date)));
  return verdict(holds, () => `it is ${clock(now, zone)} in ${zone}`);
};

const table: Condition = (match, { snapshot, question, looked }) => {
  if (!match.table) return undefined;
  const { name, by, column, is, listed } = match.table;
  const found = snapshot.parts.tables.get(name);
  if (!found) return verdict(false, () => `there is no table ${name}`);
  if (by !== "number") looked.add(by);
  const key = keyOf(match.table, question);
  const row = rowFor(found, key, column);
  const fits = row !== undefined && (!is || is.includes(row.value));
  return verdict(fits === listed, () =>
    row
      ? `${key} stands in table ${name}: ${row.value}`
      : `${key === "" ? "nobody" : key} is not in table ${name}`,
  );
};

/** 0 to 99.99, as even as chance, the same for each question of a call (FNV-1a, 32 bits, with a last mixing). Pure. */
export function shareOf(callId: string, rule: string): number {
  let hash = 0x811c9dc5;
  for (const text of [rule, "\0", callId])
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) % 10_000) / 100;
}

/** What changes with every call: remembered for so long at the most, ms. */
const shortMs = 900_000;

/** It mattered how things stand just now. */
const standsNow = ({ looked, now }: Asked): void =>
  looked.holdsUntil((Math.floor(now / shortMs) + 1) * shortMs);

const registered: Condition = (match, call) => {
  const named = match.registered ?? match.unregistered;
  if (named === undefined) return undefined;
  if (named === "{user}") call.looked.add("user");
  const user = userMeant(call.snapshot, named, call.question);
  if (user === undefined) return verdict(false, () => `${named} is no user`);
  standsNow(call);
  const { registered: said } = call.question;
  const phones = phonesOf(call.snapshot, user);
  const known = phones.filter((phone) => said?.[phone] !== undefined);
  const isThere = known.length < phones.length || known.some((phone) => said?.[phone]);
  const word = known.length < phones.length ? "registered, as far as is known" : "registered";
  return verdict(
    isThere === (match.registered !== undefined),
    () => `${user} is ${isThere ? "" : "not "}${word}`,
  );
};

const calls: Condition = (match, call) => {
  const { calls_at_least: least, calls_below: below } = match;
  if (least === undefined && below === undefined) return undefined;
  standsNow(call);
  const count = call.world.users.inProgress(call.question.call_id);
  const holds = (least === undefined || count >= least) && (below === undefined || count < below);
  return verdict(holds, () => `${count} calls are in progress`);
};

const overloaded: Condition = (match, call) => {
  if (match.overloaded === undefined) return undefined;
  standsNow(call);
  const isSo = call.question.overloaded === true;
  return verdict(isSo === match.overloaded, () => `the node is ${isSo ? "" : "not "}overloaded`);
};

const percent: Condition = (match, { question, looked }, rule) => {
  const { percent: share } = match;
  if (share === undefined) return undefined;
  looked.add("call");
  const drawn = shareOf(question.call_id, rule);
  return verdict(drawn < share, () => `this call drew ${drawn} of 100`);
};

/** In the order in which they are looked at: cheap ones, and those of most use to what is remembered, first. */
const all: readonly Condition[] = [
  carrier,
  range,
  flags,
  opening,
  times,
  called,
  site,
  group,
  anonymous,
  caller,
  table,
  overloaded,
  calls,
  registered,
  percent,
];

/** Whether all conditions of a rule hold; else the first that does not. */
export function judge(match: Match, rule: string, call: Asked): Verdict {
  const held: Verdict[] = [];
  for (const condition of all) {
    const found = condition(match, call, rule);
    if (found && !found.holds) return found;
    if (found) held.push(found);
  }
  return verdict(true, () => held.map(({ why }) => why()).join("; "));
}
