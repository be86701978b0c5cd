import { expect, test } from "vitest";
import { hostAndPort, hostAndPortIn } from "./host-in.ts";

test.each<[string, { host: string; port?: number }]>([
  ["sip.example", { host: "sip.example" }],
  ["192.0.2.7:5070", { host: "192.0.2.7", port: 5070 }],
  ["[2001:db8::7]:5070", { host: "2001:db8::7", port: 5070 }],
  ["[2001:db8::7]", { host: "2001:db8::7" }],
  ["2001:db8::7", { host: "2001:db8::7" }],
])("%s is read, and written again", (text, expected) => {
  expect(hostAndPortIn(text)).toEqual(expected);
  expect(hostAndPortIn(hostAndPort(expected.host, expected.port))).toEqual(expected);
});

test.each(["", "[192.0.2.7]", "[2001:db8::7", "a:b", "a:5060:1", ":5060"])(
  "'%s' is nothing of the kind",
  (text) => {
    expect(hostAndPortIn(text)).toBeUndefined();
  },
);
