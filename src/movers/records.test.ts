import { describe, expect, test } from "vitest";
import {
  changesIn,
  desiredRecords,
  keyFile,
  parseStamp,
  type RecordSet,
  stampText,
  type Target,
  updateScript,
} from "./records.ts";

const dns = {
  server: "192.0.2.53",
  port: 53,
  zone: "example.org",
  name: "sip.example.org",
  ttl: 5,
  key: "dialtone",
  algorithm: "hmac-sha256" as const,
};
const targets = (a: Target["state"], b: Target["state"]): Target[] => [
  { name: "a", address: "192.0.2.11", state: a },
  { name: "b", address: "192.0.2.12", state: b },
];
const valuesOf = (sets: RecordSet[] | undefined, name: string, type: string) =>
  sets?.find((set) => set.name === name && set.type === type)?.values;

describe("records", () => {
  test("hot-hot: every node that serves, alike", () => {
    const sets = desiredRecords(targets("active", "active"), dns, 5060);
    expect(valuesOf(sets, "sip.example.org", "A")).toEqual(["192.0.2.11", "192.0.2.12"]);
    expect(valuesOf(sets, "_sip._udp.sip.example.org", "SRV")).toEqual([
      "10 10 5060 a.sip.example.org.",
      "10 10 5060 b.sip.example.org.",
    ]);
    expect(valuesOf(sets, "sip.example.org", "NAPTR")).toEqual([
      '10 50 "S" "SIP+D2U" "" _sip._udp.sip.example.org.',
      '20 50 "S" "SIP+D2T" "" _sip._tcp.sip.example.org.',
    ]);
  });

  test("edges with IPv6 have AAAA records beside the others (RFC 3596); without one there is nothing to remove", () => {
    const edge = { name: "e", address: "192.0.2.14", address6: "2001:db8::14", state: "active" as const };
    const sets = desiredRecords([edge, ...targets("active", "out")], dns, 5060) ?? [];
    expect(valuesOf(sets, "sip.example.org", "AAAA")).toEqual(["2001:db8::14"]);
    expect(valuesOf(sets, "e.sip.example.org", "AAAA")).toEqual(["2001:db8::14"]);
    expect(valuesOf(sets, "a.sip.example.org", "AAAA")).toEqual([]);
    const empty = { name: "a.sip.example.org", type: "AAAA" as const, values: [] };
    expect(changesIn([empty], [empty], true)).toEqual([]);
    expect(changesIn([{ ...empty, values: ["2001:db8::1"] }], [empty], false)).toEqual([empty]);
  });

  test("a node that is out is in no list, but its own name stays", () => {
    const sets = desiredRecords(targets("out", "active"), dns, 5060);
    expect(valuesOf(sets, "sip.example.org", "A")).toEqual(["192.0.2.12"]);
    expect(valuesOf(sets, "_sip._tcp.sip.example.org", "SRV")).toEqual(["10 10 5060 b.sip.example.org."]);
    expect(valuesOf(sets, "a.sip.example.org", "A")).toEqual(["192.0.2.11"]);
  });

  test("one active node: A names it alone, SRV the standby behind it", () => {
    const sets = desiredRecords(targets("standby", "active"), dns, 5060);
    expect(valuesOf(sets, "sip.example.org", "A")).toEqual(["192.0.2.12"]);
    expect(valuesOf(sets, "_sip._udp.sip.example.org", "SRV")).toEqual([
      "10 10 5060 b.sip.example.org.",
      "20 10 5060 a.sip.example.org.",
    ]);
  });

  test("only a standby is left: it is the first choice", () => {
    const sets = desiredRecords(targets("standby", "out"), dns, 5061);
    expect(valuesOf(sets, "sip.example.org", "A")).toEqual(["192.0.2.11"]);
    expect(valuesOf(sets, "_sip._udp.sip.example.org", "SRV")).toEqual(["10 10 5061 a.sip.example.org."]);
  });

  test("nobody serves: the records stay as they are", () => {
    expect(desiredRecords(targets("out", "out"), dns, 5060)).toBeUndefined();
  });
});

describe("update", () => {
  const both = desiredRecords(targets("active", "active"), dns, 5060) ?? [];
  const one = desiredRecords(targets("active", "out"), dns, 5060) ?? [];

  test("names only what differs, and nothing when nothing does", () => {
    expect(changesIn(both, both, false)).toEqual([]);
    expect(changesIn(both, one, false).map((set) => `${set.name} ${set.type}`)).toEqual([
      "sip.example.org A",
      "_sip._udp.sip.example.org SRV",
      "_sip._tcp.sip.example.org SRV",
    ]);
    expect(changesIn(both, both, true)).toEqual(both.filter(({ values }) => values.length > 0));
  });

  test("is one message that counts only while the stamp is the one that was read", () => {
    const before = { term: 7, serial: 3, ttl: 5, writer: "a" };
    const after = { term: 8, serial: 4, ttl: 5, writer: "b" };
    expect(updateScript(dns, one.slice(0, 1), before, after)).toBe(`server 192.0.2.53 53
zone example.org
prereq yxrrset _dialtone.sip.example.org IN TXT "v=1 term=7 serial=3 ttl=5 writer=a"
update delete sip.example.org IN A
update add sip.example.org 5 IN A 192.0.2.11
update delete _dialtone.sip.example.org IN TXT
update add _dialtone.sip.example.org 5 IN TXT "v=1 term=8 serial=4 ttl=5 writer=b"
send
`);
    expect(updateScript(dns, [], undefined, after)).toContain(
      "prereq nxrrset _dialtone.sip.example.org IN TXT\n",
    );
  });

  test("a stamp is read back; other people's text is not one", () => {
    const stamp = { term: 12, serial: 34, ttl: 5, writer: "a" };
    expect(parseStamp(stampText(stamp))).toEqual(stamp);
    expect(parseStamp("v=spf1 -all")).toBeUndefined();
  });

  test("key file", () => {
    expect(keyFile(dns, "c2VjcmV0")).toBe('key "dialtone" { algorithm hmac-sha256; secret "c2VjcmV0"; };\n');
  });
});
