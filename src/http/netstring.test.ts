import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeNetstring, FrameError, NetstringDecoder } from "./netstring.ts";

describe("netstrings", () => {
  it("come back however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 50 })),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (texts, cuts) => {
          const bytes = Buffer.concat(texts.map(encodeNetstring));
          const decoder = new NetstringDecoder(1000);
          const found: string[] = [];
          for (let at = 0, index = 0; at < bytes.length; index++) {
            const length = cuts[index % Math.max(1, cuts.length)] ?? 7;
            found.push(...decoder.push(bytes.subarray(at, at + length)));
            at += length;
          }
          expect(found).toEqual(texts);
        },
      ),
    );
  });

  it.each(["hello", "05:hello,", ":,", "5:hello;", "99999999999:x", "-1:,", "5000:"])("refuse %s", (text) => {
    expect(() => new NetstringDecoder(1000).push(Buffer.from(text))).toThrow(FrameError);
  });

  it("never throw anything else, and never keep more than one frame", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new NetstringDecoder(1000).push(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });
});
