import { expect, test } from "vitest";
import { diffLines, folded, linesOf } from "./line-diff.ts";

const written = (before: string, after: string): string =>
  diffLines([...before], [...after])
    .map(({ kind, text }) => (kind === "out" ? `-${text}` : kind === "in" ? `+${text}` : text))
    .join(" ");

test("what is common stays, whatever surrounds it", () => {
  expect(written("abc", "abc")).toBe("a b c");
  expect(written("abcd", "axcd")).toBe("a -b +x c d");
  expect(written("", "ab")).toBe("+a +b");
  expect(written("ab", "")).toBe("-a -b");
  expect(written("abcabc", "bcxab")).toBe("-a b c +x a b -c");
  expect(written("aa", "a")).toBe("a -a");
});

test("what is too long to compare goes out and comes in, its ends do not", () => {
  const long = (of: string) => ["{", ...Array.from({ length: 2100 }, (_, at) => `${of}${at}`), "}"];
  const lines = diffLines(long("a"), long("b"));
  expect(lines.filter(({ kind }) => kind === "same").map(({ text }) => text)).toEqual(["{", "}"]);
  expect(lines).toHaveLength(4202);
});

test("the order of members is no difference; nothing has no lines", () => {
  expect(linesOf({ b: { d: 1, c: 2 }, a: [] })).toEqual(linesOf({ a: [], b: { c: 2, d: 1 } }));
  expect(linesOf(null)).toEqual([]);
});

test("what is the same and far from a difference is folded", () => {
  const lines = diffLines([..."abcdefghi"], [..."abcdXfghi"]);
  expect(folded(lines, 1).map((line) => ("count" in line ? line.count : line.text))).toEqual([
    3,
    "d",
    "e",
    "X",
    "f",
    3,
  ]);
});
