import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxLineBytes, splitLines } from "./segments.ts";

describe("splitLines", () => {
  it("gives each line once, however the file grows", () => {
    const text = fc.array(
      fc.string({ unit: "grapheme", maxLength: 20 }).map((line) => line.replaceAll("\n", "")),
      {
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (lines, step) => {
        const file = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const found: string[] = [];
        let offset = 0;
        for (let size = 0; size < file.length + step; size += step) {
          const { lines: some, next } = splitLines(
            file.subarray(offset, Math.min(size, file.length)),
            offset,
          );
          found.push(...some.map((line) => line.text));
          for (const line of some)
            expect(file.subarray(line.offset, line.next).toString()).toBe(`${line.text}\n`);
          offset = next;
        }
        expect(found).toEqual(lines);
        expect(offset).toBe(file.length);
      }),
    );
  });

  it("leaves a line without its end for later, unless it is too long for an event", () => {
    expect(splitLines(Buffer.from("abc"), 10)).toEqual({ lines: [], next: 10 });
    const long = Buffer.alloc(maxLineBytes, 0x61);
    expect(splitLines(long, 0).next).toBe(maxLineBytes);
  });
});
