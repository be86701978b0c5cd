import { expect, it } from "vitest";
import { chargeOf, digitsSent, tariffOf } from "./charge.ts";
import { compile } from "./price-book.ts";
import { forever, tableOf } from "./price-table.ts";

it.each([
  ["{number}", "sip:+4930123456@c.example", "030123456", "4930123456"],
  ["{number}", "sip:030123456@c.example", "030123456", ""],
  ["00{digits}", "sip:004930123456@c.example;transport=tcp", "030123456", "4930123456"],
  ["{digits}", "sip:112@c.example", "112", ""],
  ["9{rest}", "sip:9123456@c.example", "+4930123456", "4930123456"],
])("%s: %s dialled as %s is %s", (form, target, dialled, digits) =>
  expect(digitsSent(form, target, dialled)).toBe(digits),
);

it("charges by the sheet in force when the call began", () => {
  const terms = {
    fee: 50_000,
    first: 60,
    next: 60,
    minimum: 0,
    from: 0,
    to: forever,
    band: 0,
    blocked: false,
  };
  const sheet = (perMinute: number) =>
    tableOf({ currency: "EUR", zone: "UTC", bands: [] }, [{ prefix: "49", perMinute, terms, name: "" }]);
  const book = compile([
    { revision: { carrier: "gold", digest: "1", from: 0, until: 1000 }, table: sheet(10_000) },
    {
      revision: { carrier: "gold", digest: "2", from: 1000, until: Number.POSITIVE_INFINITY },
      table: sheet(20_000),
    },
  ]);
  const call = {
    carrier: "gold",
    target: "sip:+4930123456@c.example",
    number: "030123456",
    startedMs: 999,
    durationMs: 61_000,
  };
  const charge = { currency: "EUR", per_minute: "0.01", billed_seconds: 120, cost: "0.07" };
  expect(chargeOf(book, "{number}", call)).toEqual(charge);
  expect(chargeOf(book, "{number}", { ...call, startedMs: 1000 })).toEqual({
    ...charge,
    per_minute: "0.02",
    cost: "0.09",
  });
  expect(chargeOf(book, "{number}", { ...call, carrier: "iron" })).toBeNull();
});

it("knows what a call costs while it goes on, in the money that prices are compared in", () => {
  const terms = {
    fee: 50_000,
    first: 60,
    next: 1,
    minimum: 0,
    from: 0,
    to: forever,
    band: 0,
    blocked: false,
  };
  const table = tableOf({ currency: "USD", zone: "UTC", bands: [] }, [
    { prefix: "49", perMinute: 10_000, terms, name: "" },
  ]);
  const revision = { carrier: "gold", digest: "1", from: 0, until: Number.POSITIVE_INFINITY };
  const book = compile([{ revision, table }]);
  const call = { carrier: "gold", target: "sip:004930123456@c.example", number: "030123456", startedMs: 1 };
  const tariff = { perMinute: 9_200, fee: 46_000, first: 60, next: 1, minimum: 0 };
  const usd = new Map([["USD", 920_000]]);
  expect(tariffOf(book, "00{digits}", usd, call)).toEqual(tariff);
  expect(tariffOf(book, "00{digits}", new Map(), call)).toMatchObject({ perMinute: 10_000 });
  expect(tariffOf(book, "00{digits}", new Map([["EUR", 1]]), call)).toBeUndefined();
  expect(tariffOf(book, "00{digits}", usd, { ...call, carrier: "iron" })).toBeUndefined();
});
