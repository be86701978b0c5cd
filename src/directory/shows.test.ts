import { expect, it } from "vitest";
import { showsPattern } from "./shows.ts";

it("says which numbers a user may show", () => {
  expect(showsPattern([], [])).toBe("");
  const pattern = showsPattern(["+4977123*", "0800.1"], ["+4930555", "*21#"]);
  expect(pattern).toBe("^([+]4977123.*|0800[.]1|[+]4930555|[*]21[#])$");
  const shows = (number: string) => new RegExp(pattern).test(number);
  for (const number of ["+4977123", "+49771230", "0800.1", "+4930555", "*21#"])
    expect(shows(number)).toBe(true);
  for (const number of ["4977123", "+497712", "080001", "0800.11", "+49305551", "1001"])
    expect(shows(number)).toBe(false);
  expect(
    showsPattern(
      [],
      Array.from({ length: 9999 }, (_, i) => String(i)),
    ).length,
  ).toBeLessThan(2000);
});
