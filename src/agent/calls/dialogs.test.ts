import { describe, expect, test } from "vitest";
import { eventSchema } from "../../call/contract.ts";
import { byeTo, parseDialog } from "./dialogs.ts";
import { endEvent, endEventId, teardownSession } from "./ended-audio.ts";

const line = [
  "sip%3A0445550100%40198.18.77.56",
  "ft1",
  "sip%3A5000%40198.18.77.100",
  "tt2",
  "sip%3Aphone%40198.18.77.56%3A5093",
  "UDP:198.18.77.56:5093",
  "",
  "sip%3Aphone%40198.18.77.57%3A5092",
  "udp:198.18.77.57:5092",
  "%3Csip%3A192.0.2.1%3Blr%3E",
  "1795229375.521000",
  "a",
  "demo",
].join("|");

describe("a call whose audio ended", () => {
  test("the dialog that Kamailio keeps", () => {
    expect(parseDialog("c1", line)).toMatchObject({
      caller: { tag: "ft1", transport: "udp", address: "198.18.77.56", port: 5093, routes: "" },
      callee: { tag: "tt2", contact: "sip:phone@198.18.77.57:5092", routes: "<sip:192.0.2.1;lr>" },
      origin: "a",
      rule: "demo",
    });
    expect(() => parseDialog("c1", "nothing")).toThrow(/not known in a form that helps/);
  });

  test("a BYE to each side as if from the other, by its own way", () => {
    const dialog = parseDialog("c1", line);
    const service = { address: "198.18.77.100", port: 5060 };
    const [method, uri, hop, socket, headers, body] = byeTo("callee", dialog, service, "SIP;cause=200");
    expect([method, uri, hop, socket, body]).toEqual([
      "BYE",
      "sip:phone@198.18.77.57:5092",
      "sip:198.18.77.57:5092;transport=udp",
      "udp:198.18.77.100:5060",
      "",
    ]);
    expect(headers).toContain("From: <sip:0445550100@198.18.77.56>;tag=ft1\r\n");
    expect(headers).toContain("To: <sip:5000@198.18.77.100>;tag=tt2\r\n");
    expect(headers).toContain("Route: <sip:192.0.2.1;lr>\r\n");
    expect(byeTo("caller", dialog, service, "x")[4]).toContain("To: <sip:0445550100@198.18.77.56>;tag=ft1");
  });

  test("a side with IPv6 gets its BYE from the service's address of that family", () => {
    const mixed = line.replace("udp:198.18.77.57:5092", "udp:fd00:77::57:5092");
    const service = { address: "198.18.77.100", address6: "fd00:77::100", port: 5060 };
    const dialog = parseDialog("c1", mixed);
    expect(dialog.callee).toMatchObject({ address: "fd00:77::57", port: 5092 });
    expect(byeTo("callee", dialog, service, "x").slice(2, 4)).toEqual([
      "sip:[fd00:77::57]:5092;transport=udp",
      "udp:[fd00:77::100]:5060",
    ]);
    expect(byeTo("caller", dialog, service, "x")[3]).toBe("udp:198.18.77.100:5060");
    // From the ACK's request URI, with brackets.
    const bracketed = line.replace("udp:198.18.77.57:5092", "udp:[fd00:77::57]:5092");
    expect(parseDialog("c1", bracketed).callee.address).toBe("fd00:77::57");
  });

  test("its record's event is well-formed and the same from whoever reports it", () => {
    const event = endEvent(parseDialog("c1", line), "b", new Date("2026-11-21T02:00:00.000Z"));
    expect(eventSchema.parse(event)).toMatchObject({ kind: "end", reason: "media-timeout", origin: "a" });
    expect(endEventId("c1")).toBe(event.id);
    expect(endEventId("c2")).not.toBe(event.id);
  });

  test("rtpengine's request", () => {
    const xml =
      '<?xml version="1.0"?><methodCall><methodName>teardown</methodName><params><param><value><string>a&amp;b@c</string></value></param></params></methodCall>';
    expect(teardownSession(xml)).toBe("a&b@c");
    expect(teardownSession("<methodName>other</methodName>")).toBeUndefined();
  });
});
