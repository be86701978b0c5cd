import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fieldWords, german, inGerman } from "./problem-words.ts";

test("each problem of the API has German words", () => {
  const source = readFileSync(new URL("../../../src/http/problems.ts", import.meta.url), "utf8");
  const catalogue = source.slice(0, source.indexOf("} as const"));
  const codes = [...catalogue.matchAll(/^ {2}"?([a-z-]+)"?: \{/gm)].map(([, code = ""]) => code);
  expect(codes).toContain("invalid-request");
  expect(codes.filter((code) => german[code] === undefined)).toEqual([]);
});

test("what a problem names stands behind the German, and what is not known stays English", () => {
  expect(inGerman("exists", "there is a user 1001 already")).toBe("Das gibt es schon.");
  expect(inGerman("in-use", "rule outside names it")).toMatch(/verweist darauf.*\(rule outside names it\)$/);
  expect(inGerman("teapot", "short and stout")).toBe("short and stout");
});

test("what is wrong with a field is said as a person would", () => {
  expect(fieldWords("Invalid input: expected string, received undefined", "en")).toBe("is missing");
  expect(fieldWords("Invalid input: expected string, received undefined", "de")).toBe("fehlt");
  expect(fieldWords("must have at least 8 characters", "de")).toBe("braucht mindestens 8 Zeichen");
  expect(fieldWords("Too big: expected number to be <=65535", "de")).toBe("darf höchstens 65535 sein");
  expect(
    fieldWords(
      "must be 1 to 64 of letters, digits, '_', '.' and '-', beginning with a letter or digit",
      "de",
    ),
  ).toBe(
    "braucht 1 bis 64 Zeichen: Buchstaben, Ziffern, '_', '.' und '-', mit Buchstabe oder Ziffer am Anfang",
  );
  expect(fieldWords("must not contain 'ada.l': names are guessed first", "de")).toMatch(
    /^darf „ada\.l“ nicht/,
  );
  expect(fieldWords("must not be a common password, or nearly one", "de")).toMatch(/verbreitetes Passwort/);
  expect(fieldWords("something of its own", "de")).toBe("something of its own");
});
