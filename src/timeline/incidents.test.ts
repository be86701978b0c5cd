import { describe, expect, test } from "vitest";
import { findIncidents, holderGaps, type SeenCall } from "./incidents.ts";
import type { Entry } from "./merge.ts";
import { incidentText } from "./text.ts";

/** `1200 b peer-silent a: text` in one line each. */
const log = (text: string): Entry[] =>
  text
    .trim()
    .split("\n")
    .map((line, index) => {
      const [, at, host = "", kind = "", subject = "", words = ""] =
        /^\s*(\d+) (\S+) (\S+) ([^\s:]+)(?:: (.*))?$/.exec(line) ?? [];
      const ms = Number(at);
      return {
        at: ms,
        withinMs: 1,
        seq: index,
        wallMs: ms,
        monotonicMs: ms,
        host,
        kind,
        subject,
        text: words,
      };
    });

const call = (facts: Partial<SeenCall>): SeenCall => ({
  started_at: new Date(100_500).toISOString(),
  answered_at: null,
  ended_at: new Date(101_000).toISOString(),
  outcome: "failed",
  closed_how: "failed",
  nodes: ["a"],
  ...facts,
});

const powerCut = log(`
  1000 a verdict green: all well
  1000 a address gained: term 1
  1001 b verdict green: all well
  50000 b housekeeping logs: rotated
  100000 b peer-silent a: the host is off or cut off
  100002 w peer-silent a: the host is off or cut off
  100210 b vrrp address: MASTER
  100212 b address gained: term 2
  100700 b verdict amber: no news from a for 1 s
  100700 w verdict amber: no news from a for 1 s
  130000 a agent started: release 0.1.0
  130500 b peer-heard a: again
  130600 w peer-heard a: again
  140000 b verdict green: all well
  140000 w verdict green: all well
  140500 a verdict green: all well
  200000 b housekeeping logs: rotated`);

describe("a power cut", () => {
  const calls = [
    call({}),
    call({
      answered_at: new Date(90_000).toISOString(),
      nodes: ["a", "b"],
      outcome: "answered",
      closed_how: "bye",
    }),
    call({ answered_at: new Date(90_000).toISOString(), outcome: "answered", closed_how: "estimated" }),
    call({ started_at: new Date(300_000).toISOString(), ended_at: new Date(300_100).toISOString() }),
  ];
  const [first, incident, ...more] = findIncidents(powerCut, calls, 400_000);

  test("is one incident from the last sign of life until all is green", () => {
    expect(first?.cause).toMatchObject({ kind: "address", subject: "gained" });
    expect(more).toEqual([]);
    expect(incident).toMatchObject({ begin: 100_000, end: 140_500 });
  });
  test("has the host's silence as its cause", () =>
    expect(incident?.cause).toMatchObject({ kind: "peer-silent", subject: "a", host: "b" }));
  test("tells what callers noticed", () => {
    expect(incident).toMatchObject({ withoutHolderMs: 212, calls: { failed: 1, cutOff: 1, movedOn: 1 } });
    expect(incidentText(incident ?? expect.fail(), 1)).toContain(
      "no holder for at most 212 ms; 1 calls failed",
    );
  });
});

test("an incident within a drill says so, one at another time does not", () => {
  const iso = (ms: number) => new Date(ms).toISOString();
  const drill = {
    kind: "host-death",
    passed: true,
    started_by: "ann",
    started_at: iso(60_000),
    finished_at: iso(150_000),
  };
  const incidents = findIncidents(powerCut, [], 400_000, [drill]);
  expect(incidents.map(({ drills }) => drills.length)).toEqual([0, 1]);
  expect(incidentText(incidents[1] ?? expect.fail(), 2)).toContain("drill    host-death, by ann: passed");
});

test("a part that died is the cause, although the address moved in the same moment", () => {
  const incident = findIncidents(
    log(`
  1000 a verdict green
  1000 a address gained
  50000 a address lost
  50001 a verdict red: SIP server
  50002 a part-exited kamailio: killed by SIGKILL
  50050 b address gained
  51000 a part-started kamailio
  51500 a verdict green`),
    [],
    90_000,
  ).at(-1);
  expect(incident).toMatchObject({
    begin: 50_000,
    end: 51_500,
    cause: { kind: "part-exited" },
    withoutHolderMs: 50,
  });
});

test("a planned switchover is caused by the person and leaves no gap", () => {
  const incidents = findIncidents(
    log(`
  1000 a address gained
  2000 a verdict green
  50000 a switchover started: to b
  50010 b switchover taking: a hands over
  50020 b address gained: term 2
  50030 a address lost
  50040 a switchover done: to b`),
    [],
    90_000,
  );
  expect(incidents.at(-1)).toMatchObject({ cause: { kind: "switchover" }, withoutHolderMs: 0, end: 50_040 });
});

test("an incident is not over while a host is not heard, or nobody holds the address", () => {
  const [incident] = findIncidents(
    log(`
  1000 a address gained
  50000 a address lost
  50001 a verdict red: cut off
  50100 b peer-silent a: cut off`),
    [],
    900_000,
  ).slice(-1);
  expect(incident).toMatchObject({ end: null, withoutHolderMs: null });
});

test("two troubles with quiet between them are two incidents, without it one", () => {
  const flap = (second: number) =>
    findIncidents(
      log(`
  1000 a part-exited app
  1500 a part-started app
  ${second} a part-exited app
  ${second + 500} a part-started app`),
      [],
      1_000_000,
    );
  expect(flap(60_000)).toHaveLength(2);
  expect(flap(5000)).toHaveLength(1);
});

test("an agent that dies alone leaves the address where it is: no gap", () => {
  const gaps = holderGaps(
    log(`
  1000 a address gained
  5000 b peer-silent a: agent dead
  6000 a agent started
  6100 b peer-heard a
  9000 a address lost
  9020 b address gained`),
  );
  expect(gaps).toEqual([{ from: 9000, to: 9020 }]);
});
