import { canonicalNumber } from "../call/number.ts";
import { contactOf } from "../carriers/carriers.ts";
import { codeForm, fits } from "../directory/codes.ts";
import { calledAt } from "../numbering/canonical.ts";
import { isCountry } from "../numbering/plan.ts";
import type { Range } from "../numbering/range-schema.ts";
import type { Snapshot } from "../routing/registry.ts";
import { type Scope, within } from "./scope.ts";
import type { Finding } from "./version-schema.ts";

/** Numbers, ranges, sites and codes that do not fit each other. */

type Wrong = Omit<Finding, "severity">;
const error = (wrong: Wrong): Finding => ({ severity: "error", ...wrong });
const warning = (wrong: Wrong): Finding => ({ severity: "warning", ...wrong });

/** Pure. */
function* overlaps(ranges: Iterable<Range>): Generator<Finding> {
  const ordered = [...ranges].sort((a, b) => a.first.length - b.first.length || (a.first < b.first ? -1 : 1));
  let widest: Range | undefined;
  for (const range of ordered) {
    if (widest && widest.first.length === range.first.length && range.first <= widest.last)
      yield error({
        code: "overlap",
        part: "ranges",
        key: range.name,
        field: "/first",
        message: `${range.first} to ${range.last} overlaps range ${widest.name} (${widest.first} to ${widest.last})`,
        todo: "let one of them end before the other begins",
      });
    if (!widest || widest.first.length !== range.first.length || range.last > widest.last) widest = range;
  }
}

/** Is a number never looked up so, because at every site it means another one? Pure. */
function meansAnother({ indexes }: Snapshot, number: string): string | undefined {
  if (!/^\d{6,}$/.test(number)) return undefined;
  const places = [...indexes.sites.byName.values()];
  const meant = places.map((place) => calledAt(place, number));
  return meant.every((one) => one !== number) ? meant[0] : undefined;
}

const oldForm = (number: string, meant: string) => ({
  code: "old-form",
  message: `no call has this number: ${number} is understood as ${meant} at every site`,
  todo: `write ${meant}`,
});

/** As they are looked up, beyond doubt. */
const plain = /^\+?[0-9]+$/;

function* numbersOf(snapshot: Snapshot, scope: Scope): Generator<Finding | undefined> {
  for (const entry of within(snapshot, scope, "numbers")) {
    if (!entry) {
      yield undefined;
      continue;
    }
    const [key] = entry;
    if (key.startsWith("+") && plain.test(key)) continue;
    yield undefined;
    const canonical = canonicalNumber(key);
    const place = { part: "numbers", key, field: "" };
    if (canonical !== key)
      yield error({
        code: "form",
        ...place,
        message: `calls to ${key} are looked up as ${canonical}`,
        todo: `write ${canonical}`,
      });
    const meant = meansAnother(snapshot, key);
    if (meant !== undefined) yield warning({ ...place, ...oldForm(key, meant) });
  }
  for (const entry of within(snapshot, scope, "rules")) {
    yield undefined;
    if (!entry) continue;
    const [key, { enabled, match }] = entry;
    const meant = enabled && match.number !== undefined ? meansAnother(snapshot, match.number) : undefined;
    if (meant !== undefined)
      yield warning({ part: "rules", key, field: "/match/number", ...oldForm(match.number ?? "", meant) });
  }
}

/** Pure. */
export function* dialling(snapshot: Snapshot, scope: Scope): Generator<Finding | undefined> {
  const { ranges, sites, groups, codes, carriers } = snapshot.parts;
  yield* overlaps(ranges.values());
  yield* numbersOf(snapshot, scope);
  let fallback: string | undefined;
  for (const [key, site] of [...sites.entries()].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const place = { part: "sites", key };
    if (!isCountry(site.country))
      yield error({
        code: "country",
        ...place,
        field: "/country",
        message: `no dial plan is known of ${site.country}`,
        todo: "give a country of ISO 3166 that has telephones",
      });
    if (site.default && fallback !== undefined)
      yield error({
        code: "two-defaults",
        ...place,
        field: "/default",
        message: `site ${fallback} is the default one too`,
        todo: "only one site can be it",
      });
    if (site.default) fallback = key;
  }
  for (const [key, { members }] of groups)
    if (new Set(members.map(({ user }) => user)).size < members.length)
      yield error({
        code: "twice",
        part: "groups",
        key,
        field: "/members",
        message: "a user is in it twice",
        todo: "name each user once",
      });
  const contacts = new Map<string, string>();
  for (const [key, carrier] of carriers) {
    const contact = contactOf(carrier);
    const other = contact === undefined ? undefined : contacts.get(contact);
    if (other !== undefined)
      yield error({
        code: "contact",
        part: "carriers",
        key,
        field: "/register/contact",
        message: `carrier ${other} registers as ${contact} too`,
        todo: "give one of the two another contact",
      });
    if (contact !== undefined) contacts.set(contact, key);
  }
  const dialled = new Map<string, string>();
  for (const [key, code] of codes) {
    const place = { part: "codes", key, field: "/dial" };
    if (!fits(code))
      yield error({
        code: "code",
        ...place,
        message: `${code.dial} does not fit ${code.name}`,
        todo: `it ${codeForm}`,
      });
    const other = code.enabled ? dialled.get(code.dial) : undefined;
    if (other !== undefined)
      yield error({
        code: "code",
        ...place,
        message: `${code.dial} is dialled for ${other} too`,
        todo: "give each code another one",
      });
    if (code.enabled) dialled.set(code.dial, key);
  }
}
