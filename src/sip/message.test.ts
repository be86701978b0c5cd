import { describe, expect, test } from "vitest";
import { addresses, all, one, parseMessage, tagOf, uriOf } from "./message.ts";

describe("messages of test telephones", () => {
  const text =
    'SIP/2.0 200 OK\r\nv: SIP/2.0/UDP 192.0.2.1;branch=1\r\nVia: SIP/2.0/UDP 192.0.2.2\r\nTo: "x" <sip:5@192.0.2.9;lr>;tag=t1\r\nRecord-Route: <sip:a;lr>, <sip:b;lr>\r\nRecord-Route: <sip:c;lr>\r\nCSeq: 2 INVITE\r\n\r\nbody';
  test("a response, with compact names", () => {
    const message = parseMessage(text);
    expect(message).toMatchObject({ code: 200, method: "INVITE", body: "body" });
    expect(all(message, "via")).toHaveLength(2);
    expect(tagOf(one(message, "to"))).toBe("t1");
    expect(uriOf(one(message, "to"))).toBe("sip:5@192.0.2.9;lr");
    expect(addresses(all(message, "record-route"))).toEqual(["<sip:a;lr>", "<sip:b;lr>", "<sip:c;lr>"]);
  });
});
