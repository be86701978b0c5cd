import { describe, expect, test } from "vitest";
import type { Question } from "../call/contract.ts";
import { decideProbe } from "../call/probe-user.ts";
import { parseProbeLine } from "../journal/sip-journal.ts";

const question = (o: Partial<Question>): Question => ({
  v: 1,
  call_id: "c",
  request_uri: "sip:x@y",
  number: "_probe-a",
  user: "_probe-a",
  transport: "udp",
  from: { user: "u", domain: "d" },
  to: { user: "u", domain: "d" },
  source: { address: "::", port: 1 },
  ...o,
});
const probes = new Map([["_probe-a", {}]]);
const rules = { version: 7, source: "database" as const };

describe("who is called by the functional test", () => {
  test("the test user itself, at its registered contact, never recorded and never through the relay", () => {
    expect(decideProbe(probes, question({}), rules, 0)).toMatchObject({
      targets: [{ type: "user", user: "_probe-a" }],
      record: false,
      media: "direct",
      rules_version: 7,
    });
  });
  test.each([
    ["somebody who proved nothing", question({ user: undefined })],
    ["another user", question({ user: "1001" })],
    ["another number", question({ number: "1001" })],
  ])("not for %s", (_, asked) => {
    expect(decideProbe(probes, asked, rules, 0)).toBeUndefined();
  });
  test("not where no rules are known: then all calls fail", () => {
    expect(decideProbe(probes, question({}), { version: 0, source: "empty" }, 0)).toBeUndefined();
  });
});

test("only Kamailio's own mark makes a journal line a line of the test", () => {
  const cells = [
    "BYE",
    "ft",
    "tt",
    "probe-1",
    "000",
    "BYE",
    "1763689000",
    "end",
    "id",
    "1.2",
    "1.2",
    "",
    "a",
  ];
  const line = (end: string) => [...cells, "s", "", "f", "t", "", "x", "", "", end].join("|");
  expect(parseProbeLine(line(".p"), "a")).toEqual({ node: "a", call_id: "probe-1" });
  expect(parseProbeLine(`torn${line(".p")}`, "a")).toEqual({ node: "a", call_id: "probe-1" });
  expect(parseProbeLine(line("."), "a")).toBeUndefined();
  expect(parseProbeLine(line(".r"), "a")).toBeUndefined();
});
