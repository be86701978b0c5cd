import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeReply, encodeRequest } from "./binrpc.ts";

test("the request that kamcmd would send", () => {
  expect(encodeRequest("core.uptime", [], 5).toString("hex")).toBe(
    `a10f0000000e00000005${"91"}${"0c"}${Buffer.from("core.uptime\0").toString("hex")}`,
  );
});

/** htable.dump of Kamailio 5.6.3. */
const dump = Buffer.from(
  "a1103b050365656e7472790010665573697a6500100155736c6f74000303556e616d6500216b006576616c7565002176005574797065004173747200838383",
  "hex",
);

test("structs, and lists of structs, which have no names", () => {
  expect(decodeReply(dump, 5)).toEqual([
    { entry: 0x66, size: 1, slot: [{ name: "k", value: "v", type: "str" }] },
  ]);
});

test("an answer in pieces is waited for; another cookie is refused; garbage is an error and nothing else", () => {
  for (let length = 0; length < dump.length; length++)
    expect(decodeReply(dump.subarray(0, length), 5)).toBeUndefined();
  expect(() => decodeReply(dump, 6)).toThrow("another question");
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 60 }), (bytes) => {
      const head = Buffer.from([0xa1, 0x10, bytes.length, 5]);
      try {
        decodeReply(Buffer.concat([head, bytes]), 5);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test("a fault of Kamailio is an error with its words", () => {
  const body = Buffer.from("2001f4910a4e6f7420666f756e6400".replace("2001f4", "2001f4"), "hex");
  const fault = Buffer.concat([Buffer.from([0xa1, 0x30, body.length, 5]), body]);
  expect(() => decodeReply(fault, 5)).toThrow("Kamailio says: 500 Not found");
});
