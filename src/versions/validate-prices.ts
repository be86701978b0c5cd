import type { PriceBook } from "../carriers/price-book.ts";
import { priceGaps } from "../carriers/price-gaps.ts";
import { inOrder } from "../carriers/prices.ts";
import type { Snapshot } from "../routing/registry.ts";
import { type Scope, touches } from "./scope.ts";
import type { Finding } from "./version-schema.ts";

/** Prices that are missing where carriers are chosen by them. */

const gap = (key: string, field: string, message: string, todo: string): Finding => ({
  severity: "warning",
  code: "price-gap",
  part: "prices",
  key,
  field,
  message,
  todo,
});

/** Pure. @param book the sheets as they are in force now */
export function* sheets(
  snapshot: Snapshot,
  scope: Scope,
  now: number,
  book: PriceBook,
): Generator<Finding | undefined> {
  const { prices, carriers, currencies, guards } = snapshot.parts;
  if (!touches(scope, "prices", "carriers", "currencies", "guards")) return;
  for (const [key, { enabled, cost_per_day }] of guards)
    if (enabled && cost_per_day !== undefined && prices.size === 0)
      yield {
        ...gap(
          key,
          "/cost_per_day",
          "no carrier has prices: no call costs anything for it",
          "dialtone prices import CARRIER FILE, or give it other limits",
        ),
        part: "guards",
      };
  if (prices.size === 0) return;
  const inUse = new Set<string>();
  for (const [key, { enabled }] of carriers)
    if (enabled && !prices.has(key))
      yield gap(
        key,
        "",
        `carrier ${key} has no prices, others have: it is asked after them`,
        `dialtone prices import ${key} FILE`,
      );
  for (const [key, { revisions }] of prices) {
    yield undefined;
    if (!carriers.has(key))
      yield gap(key, "", `there is no carrier ${key}`, "make the carrier, or remove its prices");
    const [first, ...later] = inOrder(revisions);
    if (!first || Date.parse(first.from) > now)
      yield gap(
        key,
        "/revisions",
        `no sheet is in force${first ? ` until ${first.from}` : ""}`,
        `dialtone prices import ${key} FILE --from 'an earlier time'`,
      );
    const empty = [...(first ? [first] : []), ...later].find((one) => one.prices === 0);
    if (empty)
      yield gap(
        key,
        "/revisions",
        `the sheet of ${empty.from} has no prices`,
        "import it again, or remove it",
      );
    for (const { currency } of revisions.slice(-1)) inUse.add(currency);
  }
  const rateless = [...inUse].filter((currency) => !currencies.has(currency));
  if (inUse.size + currencies.size > 1 && rateless.length > 0)
    for (const [key, { revisions }] of prices) {
      const currency = revisions.at(-1)?.currency ?? "";
      if (rateless.includes(currency))
        yield gap(
          key,
          "/revisions",
          `its prices are in ${currency}, which has no rate: they can not be compared`,
          `dialtone prices rate ${currency} RATE`,
        );
    }
  for (const found of priceGaps(book, now))
    if (!found) yield undefined;
    else if (prices.has(found.carrier))
      yield gap(
        found.carrier,
        "/revisions",
        found.kind === "expired"
          ? `${found.prefixes} prefixes have no price any more, such as ${found.example}`
          : `${found.prefixes} prefixes have no price at some times of the week, such as ${found.example}`,
        "import a sheet that has them",
      );
}
