import { describe, expect, test } from "vitest";
import { aReport } from "../../test/support/report.ts";
import type { HostReport } from "../report/host-report.ts";
import type { WatchReport } from "../report/watch.ts";
import { answering, headlineOf } from "./answering.ts";

const report = aReport;
const misses = (host: string, why: WatchReport["silent"][string]) => ({
  watch: { silent: { [host]: why } } as unknown as WatchReport,
});
const headline = (heard: HostReport[], silent: HostReport[] = [], worst?: string) =>
  headlineOf(answering(heard, silent), worst);
const serves = { serves: { ok: true, why: [] } };
const unfit = { verdict: { mayHold: false, light: "red" as const, reasons: ["x"] } };

describe("the holder is silent", () => {
  test.each<[string, HostReport[], string]>([
    [
      "its agent hangs: the address and its calls stay",
      [report("b", misses("a", "agent-hangs")), report("w")],
      "Calls go on: a held the service address when it was heard last and keeps it: the host is there, but its agent hangs. b can take over.",
    ],
    [
      "its agent died",
      [report("b", { ...misses("a", "agent-dead"), ...unfit })],
      "Calls go on: a held the service address when it was heard last and keeps it: the host is there, but no agent runs on it. If it fails now, nobody can take over.",
    ],
    [
      "only the witness reaches its kernel",
      [report("b", misses("a", "host-unreachable")), report("w", misses("a", "agent-hangs"))],
      "Calls go on: a held the service address when it was heard last and keeps it: the host is there, but its agent hangs. b can take over.",
    ],
    [
      "its host is off",
      [report("b", misses("a", "host-unreachable")), report("w", misses("a", "host-unreachable"))],
      "Calls do not get through: nobody holds the service address.",
    ],
    ["nobody knows why", [report("b")], "Calls do not get through: nobody holds the service address."],
    [
      "the other one has taken over",
      [report("b", { holds: true, ...misses("a", "agent-hangs") })],
      "Calls get through: b answers them. If it fails now, nobody can take over.",
    ],
  ])("%s", (_, heard, expected) => {
    expect(headline(heard, [report("a")])).toBe(expected);
  });
  test("a silent host that did not hold the address keeps none", () => {
    const heard = [report("a", { holds: false, ...misses("b", "agent-hangs") })];
    expect(answering(heard, [report("b")]).keeper).toBeUndefined();
  });
});

describe("nodes that answer at their own addresses (hot-hot, DNS)", () => {
  test.each<[string, HostReport[], string]>([
    [
      "both",
      [report("a", serves), report("b", serves)],
      "Calls get through: a and b answer them, a those to the service address. If it fails, b can take that over.",
    ],
    [
      "one does not",
      [report("a", serves), report("b", { serves: { ok: false, why: ["SIP server: dead"] }, ...unfit })],
      "Calls get through: a answers them. If it fails now, nobody can take over.",
    ],
    [
      "nobody holds the service address",
      [report("a", { ...serves, holds: false, ...unfit }), report("b", serves)],
      "Calls do not get through: nobody holds the service address. a and b still answer calls to their own addresses.",
    ],
  ])("%s", (_, heard, expected) => {
    expect(headline(heard)).toBe(expected);
  });
});

test("what callers notice comes first", () => {
  expect(headline([report("a"), report("b")], [], "a kamailio: dead")).toBe(
    "Callers are affected: a kamailio: dead. a holds the service address; b can take over.",
  );
});
