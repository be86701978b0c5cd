import { expect, it } from "vitest";
import { csvCell, csvLine } from "./csv.ts";

it("quotes what would break a line, and takes the sting out of formulas, not out of numbers", () => {
  expect(csvCell(null)).toBe("");
  expect(csvCell(12.5)).toBe("12.5");
  expect(csvCell("+49 711 (0) 123-456")).toBe("+49 711 (0) 123-456");
  expect(csvCell('sip:"x"@y')).toBe('"sip:""x""@y"');
  expect(csvCell("a,b\nc")).toBe('"a,b\nc"');
  expect(csvCell("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
  expect(csvCell("+1+cmd|' /C calc'!A0")).toBe("'+1+cmd|' /C calc'!A0");
  expect(csvCell("@SUM(A1)")).toBe("'@SUM(A1)");
  expect(csvCell("\t=1")).toBe("'\t=1");
});

it("a line ends as RFC 4180 has it; what is no text is JSON", () => {
  expect(csvLine(["a", 1, null, '=HYPERLINK("x")', { a: "b" }])).toBe(
    `a,1,,"'=HYPERLINK(""x"")","{""a"":""b""}"\r\n`,
  );
});
