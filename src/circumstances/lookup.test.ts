import fc from "fast-check";
import { expect, it } from "vitest";
import { columnsOf, pack, rowOf, rowsIn } from "./lookup.ts";
import { packed, rowFor } from "./tables.ts";

it("finds every row, and nothing else", () => {
  const key = fc.stringMatching(/^[+0-9a-z]{1,6}$/);
  const rows = fc.uniqueArray(fc.tuple(key, fc.stringMatching(/^[a-zäß €]{0,5}$/)), {
    selector: ([one]) => one,
  });
  fc.assert(
    fc.property(rows, key, (made, other) => {
      const text = pack(["key", "value"], made);
      expect(rowsIn(text)).toBe(made.length);
      for (const row of made) expect(rowOf(text, row[0])).toEqual(row);
      if (!made.some(([one]) => one === other)) expect(rowOf(text, other)).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

it("reads CSV as people's programs write it, or names the line", async () => {
  const table = (csv: string) => packed({ name: "t", description: "", csv });
  const { csv } = await table('\ufeffnumber,agent,note\r\n+49711,1001,"a, b"\r\n+4930,1002,\r\n');
  expect(columnsOf(csv)).toEqual(["number", "agent", "note"]);
  expect(rowFor({ packed: csv }, "+49711", undefined)).toEqual({ value: "1001" });
  expect(rowFor({ packed: csv }, "+49711", "note")).toEqual({ value: "a, b" });
  expect(rowFor({ packed: csv }, "+4930", "gone")).toEqual({ value: "" });
  await expect(table("a,b\n1,2\n1,3\n")).rejects.toThrow("line 3: 1 stands in line 2 already");
  await expect(table("a,b\n1,2\n1\n")).rejects.toThrow("line 3");
  await expect(table("a b,c\n")).rejects.toThrow("line 1: a column can not be named 'a b'");
  await expect(table("a,b\n,2\n")).rejects.toThrow("line 2: the first column, 'a', is empty");
});
