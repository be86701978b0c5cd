import fc from "fast-check";
import { expect, test } from "vitest";
import { type Bencoded, decode, encode } from "./bencode.ts";

test("lengths in bytes, keys sorted", () => {
  expect(encode({ command: "start recording", "call-id": "é" }).toString()).toBe(
    "d7:call-id2:é7:command15:start recordinge",
  );
  expect(encode([1, -20, "", []]).toString()).toBe("li1ei-20e0:lee");
  expect(() => encode(1.5)).toThrow(RangeError);
});

test("what was encoded is decoded to the same", () => {
  const { value } = fc.letrec<{ value: Bencoded }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.integer(),
      fc.string({ unit: "binary" }),
      fc.array(tie("value")),
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        tie("value"),
      ),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      expect(decode(encode(one))).toEqual(one);
    }),
  );
});

test.each(["", "i", "ie", "i1", "i1.5e", "2:a", "-1:a", "l", "li1e", "d1:ae", "di1ei1ee", "i1ex", "x"])(
  "%j is a fault, not a value",
  (text) => {
    expect(() => decode(Buffer.from(text))).toThrow(SyntaxError);
  },
);
