import { expect, test } from "vitest";
import { framer, messageIn } from "./framing.ts";

const message = (body: string) => `MESSAGE sip:x SIP/2.0\r\nl: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test("a stream is cut by Content-Length in bytes, wherever its pieces end; keep-alives are heard", () => {
  const stream = Buffer.from(`\r\n\r\n${message("größer")}\r\n${message("")}\r\n\r\n${message("\r\n\r\n")}`);
  for (const size of [1, 2, 3, 7, 1000]) {
    const got: string[] = [];
    const take = framer(
      (text) => got.push(text),
      () => got.push("ping"),
    );
    for (let at = 0; at < stream.length; at += size) expect(take(stream.subarray(at, at + size))).toBe(true);
    expect(got).toEqual(["ping", message("größer"), message(""), "ping", message("\r\n\r\n")]);
  }
});

test("what can not be SIP closes the stream", () => {
  const take = () =>
    framer(
      () => undefined,
      () => undefined,
    );
  expect(take()(Buffer.alloc(70_000, "x"))).toBe(false);
  expect(take()(Buffer.from("INVITE sip:x SIP/2.0\r\nContent-Length: 99999999\r\n\r\n"))).toBe(false);
});

test("a datagram: bytes after the body are dropped, a body that is cut short is no message", () => {
  expect(messageIn(Buffer.from(`${message("four")}more`))).toBe(message("four"));
  expect(messageIn(Buffer.from(message("four").slice(0, -1)))).toBeUndefined();
  expect(messageIn(Buffer.from("\r\n\r\n"))).toBeUndefined();
  expect(messageIn(Buffer.from("A\r\n\r\nall"))).toBe("A\r\n\r\nall");
  expect(messageIn(Buffer.from([0x41, 0xff]), "latin1")).toBe("A\xff");
});
