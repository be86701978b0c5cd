import { expect, test } from "vitest";
import { isNumber, numberFrom } from "./numbers.ts";

test("numbers as people write them", () => {
  expect(numberFrom(" +49 (711) 90-0 ")).toBe("+49711900");
  expect(numberFrom("0049 711/900")).toBe("+49711900");
});

test("what is searched for is a number, or it is not", () => {
  for (const text of ["+49 711", "0711/90", "(0711) 90", "1001", "*21*"])
    expect(isNumber(text), text).toBe(true);
  for (const text of ["ada", "10", "a1001", "5f3c"]) expect(isNumber(text), text).toBe(false);
});
