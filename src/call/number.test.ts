import { describe, expect, it } from "vitest";
import { canonicalNumber, numberOf, understood } from "./number.ts";

describe("a number as it is meant", () => {
  it.each([
    ["4711", "4711"],
    ["*7721#", "*7721#"],
    ["*7721%23", "*7721#"],
    ["%2a7721%23", "*7721#"],
    ["+49770001", "+49770001"],
    ["%2B49770001", "+49770001"],
    ["+%349770001", "+49770001"],
    ["+49770001;phone-context=example.org", "+49770001"],
    ["+49770001;npdi;rn=+4910000", "+49770001"],
    ["+49-77-00.01", "+49770001"],
    ["+49%20(77)%200001", "+49770001"],
    ["0711/1234", "07111234"],
    ["(0711)1234", "07111234"],
    ["+49770001:secret", "+49770001"],
    ["7042;phone-context=+1-914-555", "7042"],
    // RFC 3261 19.1.1: without user=phone no telephone number, and 19.1.4: capitals differ.
    ["100-1", "100-1"],
    ["john.doe", "john.doe"],
    ["Alice", "Alice"],
    ["alice;day=tuesday", "alice;day=tuesday"],
    ["%61lice", "alice"],
    // Twice escaped is meant so.
    ["%2523", "%23"],
    ["m%C3%BCller", "müller"],
    // What no text can come of.
    ["100%", "100%"],
    ["%zz", "%zz"],
    ["a%00b", "a%00b"],
    ["%ff", "%ff"],
    ["+", "+"],
    ["", ""],
  ])("%s → %s", (dialled, meant) => {
    expect(canonicalNumber(dialled)).toBe(meant);
  });

  it.each([
    ["49-77-0001", "sip:49-77-0001@h;user=phone", "49770001"],
    ["49.77.0001", "SIP:49.77.0001@h;transport=udp;USER=PHONE", "49770001"],
    ["863-1234", "tel:863-1234;phone-context=+1-914-555", "8631234"],
    ["863-1234", "TEL:863-1234", "8631234"],
    ["1-A", "sip:1-A@h;user=phone", "1A"],
    ["alice;phone-context=h", "sip:alice;phone-context=h@h;user=phone", "alice"],
    ["john.doe", "sip:john.doe@h;user=phone", "john.doe"],
    ["100-1", "sip:100-1@h;user=phoney", "100-1"],
  ])("%s of %s → %s", (dialled, uri, meant) => {
    expect(canonicalNumber(dialled, uri)).toBe(meant);
  });

  it.each([
    ["sip:%2B49770001@h;user=phone", "+49770001"],
    ["sip:49-77@h;user=phone", "4977"],
    ["tel:+49-77-0001;phone-context=x", "+49770001"],
    ["TEL:0711-1;phone-context=+49", "07111"],
    ['"A B" <sip:+49770001:x@h>;tag=1', "+49770001"],
    ["sips:a@h", "a"],
    ["1002@example.org", "1002"],
    ["1002", "1002"],
  ])("of %s: %s", (address, meant) => {
    expect(numberOf(address)).toBe(meant);
  });

  it("of a question: number and caller; the request URI shows what was dialled", () => {
    const question = {
      v: 1,
      call_id: "c",
      from: { user: "%2B49-1", domain: "h" },
      to: { user: "x", domain: "h" },
      request_uri: "sip:%2a1%23@h",
      number: "%2a1%23",
      source: { address: "192.0.2.1", port: 5060 },
      transport: "udp",
    } as const;
    expect(understood(question)).toEqual({
      ...question,
      number: "*1#",
      from: { user: "+491", domain: "h" },
    });
    const plain = { ...question, number: "1", from: { user: "2", domain: "h" } };
    expect(understood(plain)).toBe(plain);
  });
});
