import { expect, test } from "vitest";
import {
  addressOf,
  carrierNameOf,
  countryChoices,
  countryOf,
  differingDigits,
  extensionDigits,
  extensionsFor,
  newPassword,
  placeOf,
} from "./guess.ts";

test("the country is the one of the clock, by languages where those agree with it", () => {
  expect(countryOf("Europe/Berlin", ["de-DE"])).toBe("DE");
  expect(countryOf("Europe/Vienna", ["en-US", "de-DE"])).toBe("AT");
  expect(countryOf("America/Chicago", ["en-US"])).toBe("US");
  expect(countryOf("UTC", ["de-CH"])).toBe("CH");
  expect(countryOf("UTC", ["de"])).toBeUndefined();
});

test("each country is there once, as it is called today", () => {
  const choices = countryChoices("de");
  expect(choices).toContainEqual({ value: "DE", label: "Deutschland (DE)" });
  const labels = choices.map(({ label }) => label.replace(/ \(..\)$/, ""));
  expect(new Set(labels).size).toBe(labels.length);
  expect(countryOf("Europe/Berlin", ["en-GB"])).toBe("DE");
});

test("a place is called after the zone's town", () => {
  expect(placeOf("Europe/Berlin")).toBe("berlin");
  expect(placeOf("America/Argentina/Buenos_Aires")).toBe("buenos-aires");
});

test("a block's extensions are the digits in which its ends differ", () => {
  expect(differingDigits("+4971190", "+4971199")).toBe(1);
  expect(differingDigits("+49711900", "+49711999")).toBe(2);
  expect(differingDigits("+497119", "+49711999")).toBe(0);
  expect(differingDigits("+49711900", "+49711900")).toBe(0);
});

test("an extension has two digits at least", () => {
  expect(extensionDigits("+497119010", "+497119019")).toBe(2);
  expect(extensionDigits("+49711900", "+49711999")).toBe(2);
  expect(extensionDigits("+497119000", "+497119999")).toBe(3);
  expect(extensionDigits("+4971190", "+4971190")).toBe(0);
});

test("the first people get the block's extensions that are free, else four digits", () => {
  const block = { first: "+497119010", last: "+497119012", digits: 2 };
  expect(extensionsFor(block, 2, new Set(["10"]))).toEqual(["11", "12"]);
  expect(extensionsFor(block, 9, new Set())).toEqual(["10", "11", "12"]);
  expect(extensionsFor({ first: "+49711109", last: "+49711999", digits: 3 }, 2, new Set())).toEqual([
    "109",
    "114",
  ]);
  expect(extensionsFor(undefined, 2, new Set(["1001"]))).toEqual(["1002", "1003"]);
});

test("a password can be read aloud and typed", () => {
  expect(newPassword(new Uint8Array(20).fill(33))).toBe("bbbbb-bbbbb-bbbbb-bbbbb");
});

test("a carrier's address, and a name from it", () => {
  expect(addressOf(" SIP.carrier.example:5080 ")).toEqual({ host: "sip.carrier.example", port: 5080 });
  expect(addressOf("192.0.2.7")).toEqual({ host: "192.0.2.7" });
  expect(addressOf("not one")).toEqual({ host: "not one" });
  expect(carrierNameOf("sip.easybell.de")).toBe("easybell");
  expect(carrierNameOf("192.0.2.7")).toBe("carrier");
});
