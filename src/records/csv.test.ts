import { expect, it } from "vitest";
import { cell } from "./csv.ts";

it("quotes what would break a line, and takes the sting out of formulas, not out of numbers", () => {
  expect(cell(null)).toBe("");
  expect(cell(12.5)).toBe("12.5");
  expect(cell("+49 711 (0) 123-456")).toBe("+49 711 (0) 123-456");
  expect(cell('sip:"x"@y')).toBe('"sip:""x""@y"');
  expect(cell("a,b\nc")).toBe('"a,b\nc"');
  expect(cell("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
  expect(cell("+1+cmd|' /C calc'!A0")).toBe("'+1+cmd|' /C calc'!A0");
  expect(cell("@SUM(A1)")).toBe("'@SUM(A1)");
});
