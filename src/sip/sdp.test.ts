import { expect, test } from "vitest";
import { parseSdp, sdp } from "./sdp.ts";

test("a description of audio, there and back", () => {
  const there = parseSdp(sdp("192.0.2.7", 4000, 1, "sendonly"));
  expect(there).toEqual({ address: "192.0.2.7", port: 4000, direction: "sendonly" });
  const six = sdp("2001:db8::7", 4000, 1, "sendrecv");
  expect(six).toContain("c=IN IP6 2001:db8::7");
  expect(parseSdp(six)).toMatchObject({ address: "2001:db8::7" });
  expect(parseSdp("v=0\r\n")).toBeUndefined();
});
