import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it, test } from "vitest";
import { parseThread, queuedAt, type Sample, sampleOf, type Thread } from "../../host/evidence.ts";
import { stuckness, type Verdict } from "./stuckness.ts";

/** What one thread does in a second. */
interface Course {
  state?: string;
  ranMs?: number;
  waitedMs?: number;
  pauses?: number;
  calls?: number;
}
const everyMs = 200;
const idle: Course = { ranMs: 1, waitedMs: 1, pauses: 20 };

/** Looks every 200 ms at threads that go on like that; `queued`: bytes in the queues, look by look; `asker`: who looks. */
function looks(
  seconds: number,
  threads: Record<string, Course>,
  queued: number[] = [],
  asker: Course = idle,
): Sample[] {
  return Array.from({ length: Math.round((1000 * seconds) / everyMs) + 1 }, (_, n) => {
    const share = (n * everyMs) / 1000;
    const of = ({ state = "S", ranMs = 0, waitedMs = 0, pauses = 0, calls = 0 }: Course): Thread => ({
      state,
      ranMs: 5 + ranMs * share,
      waitedMs: 5 + waitedMs * share,
      pauses: Math.floor(pauses * share),
      calls: Math.floor(calls * share),
    });
    return {
      at: n * everyMs,
      threads: Object.fromEntries(Object.entries(threads).map(([id, course]) => [id, of(course)])),
      queued: queued[Math.min(n, queued.length - 1)] ?? 0,
      asker: of(asker),
    };
  });
}

const loop: Course = { state: "R", ranMs: 990, waitedMs: 10 };

test.each<[string, Sample[], Verdict, RegExp]>([
  ["nothing was seen", [], "unknown", /nothing is known/],
  ["one look", looks(0, { "1/1": idle }), "unknown", /nothing is known/],
  ["its processes are gone", looks(1, {}), "unknown", /nothing is known/],
  ["two looks", looks(0.2, { "1/1": idle }), "unknown", /not watched/],
  ["SIGSTOP", looks(0.2, { "1/1": { state: "T" } }), "stopped", /process 1 is stopped/],
  ["SIGSTOP of one worker", looks(1, { "1/1": idle, "7/7": { state: "T" } }), "stopped", /process 7/],
  ["a debugger looks in and lets it run", looks(1, { "1/1": { ...idle, state: "t" } }), "asleep", /sleeps/],
  ["asleep: a deadlock", looks(1, { "1/1": {}, "1/2": idle }), "asleep", /sleeps/],
  [
    "it does what it is asked, and the agent waits for a processor",
    looks(1, { "1/1": idle }, [], { ranMs: 50, waitedMs: 400 }),
    "starved",
    /agent that asks waits for a processor itself, 40 %/,
  ],
  [
    "it does what it is asked, and the agent has too much to do",
    looks(1, { "1/1": idle }, [], { ranMs: 600 }),
    "starved",
    /agent that asks has too much to do itself: 60 %/,
  ],
  [
    "it does not take what it is asked, and the agent waits for a processor",
    looks(1, { "1/1": idle }, [40], { ranMs: 50, waitedMs: 400 }),
    "asleep",
    /does not take the 40 bytes/,
  ],
  [
    "what it is asked waits now and then, and the agent waits for a processor",
    looks(1, { "1/1": idle }, [40, 0, 40, 40, 40, 40], { ranMs: 50, waitedMs: 400 }),
    "works",
    /queue/,
  ],
  [
    "half of the time it works or wants to",
    looks(1, { "1/1": { ranMs: 320, waitedMs: 200 } }),
    "works",
    /52 %/,
  ],
  ["asleep, its queue grows", looks(1, { "1/1": idle }, [0, 100, 200, 300]), "asleep", /sleeps/],
  [
    "others have the processors",
    looks(1, { "1/1": { ranMs: 100, waitedMs: 800, pauses: 9 } }),
    "starved",
    /waits for a processor, 80 % of the last second/,
  ],
  ["ready all the time, never on a processor", looks(1, { "1/1": { state: "R" } }), "starved", /100 %/],
  [
    "many workers that wait a little each",
    looks(
      1,
      Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`${n}/${n}`, { ranMs: 10, waitedMs: 40 }])),
    ),
    "starved",
    /36 %/,
  ],
  ["it waits for the disk", looks(1, { "1/1": { state: "D" }, "1/2": idle }), "waits-for-disk", /disk/],
  ["much to do", looks(1, { "1/1": { ...loop, calls: 5000 } }), "works", /100 % of a processor/],
  ["its queue gets shorter", looks(1, { "1/1": idle }, [900, 800, 700]), "works", /queue/],
  ["a loop for a second", looks(1, { "1/1": loop }), "works", /100 %/],
  [
    "an endless loop",
    looks(2.2, { "1/1": loop, "1/2": idle }),
    "stuck",
    /process 1 runs in a loop: in 2.2 s/,
  ],
  [
    "an endless loop on a loaded machine",
    looks(2.2, { "1/1": { state: "R", ranMs: 300, waitedMs: 650 } }),
    "stuck",
    /in a loop/,
  ],
  [
    "much to do on a loaded machine",
    looks(3, { "1/1": { state: "R", ranMs: 300, waitedMs: 650, calls: 50 } }),
    "starved",
    /65 %/,
  ],
])("%s", (_, samples, verdict, why) => {
  const found = stuckness(samples, samples.at(-1)?.at ?? 0);
  expect(found.why).toMatch(why);
  expect(found.verdict).toBe(verdict);
});

describe("what the kernel says", () => {
  it("is read from proc(5)", () => {
    const status =
      "Name:\tS\nState:\tD (disk sleep)\nvoluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t3\n";
    const io = "rchar: 9\nwchar: 9\nsyscr: 4\nsyscw: 3\n";
    expect(parseThread(status, "2500000 1000000 9\n", io)).toEqual({
      state: "D",
      ranMs: 2.5,
      waitedMs: 1,
      pauses: 12,
      calls: 7,
    });
  });

  it("tells what waits in queues, by port", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  100: 0100007F:13C4 00000000:0000 07 00000000:00000A00 00:00000000 00000000     0        0 1
  101: 0100007F:13C5 00000000:0000 07 00000000:00000100 00:00000000 00000000     0        0 2
  102: 00000000000000000000000001000000:13C4 00000000000000000000000000000000:0000 07 00000000:00000001 0 0 0`;
    expect(queuedAt(table, [5060])).toBe(0xa01);
  });

  it.each<[string, NodeJS.Signals | undefined, string, Verdict]>([
    ["a process that was stopped", "SIGSTOP", "setInterval(() => 1, 10)", "stopped"],
    ["a process that runs in a loop", undefined, "for (;;);", "stuck"],
    ["a process that sleeps", undefined, "setInterval(() => 1, 1000)", "asleep"],
  ])("of %s", { timeout: 60_000 }, async (_, signal, program, verdict) => {
    const child = spawn(process.execPath, ["-e", program], { stdio: "ignore" });
    try {
      const pid = child.pid ?? 0;
      const samples: Sample[] = [];
      let found = stuckness(samples, 0);
      // On a loaded machine it takes a while until it has started and does what it is to do.
      for (let n = 0; n < 200 && found.verdict !== verdict; n++) {
        if (signal && n === 5) child.kill(signal);
        const now = performance.now();
        while (samples[0] && now - samples[0].at > 4000) samples.shift();
        samples.push(sampleOf(pid, [], now));
        found = stuckness(samples, now);
        await delay(everyMs);
      }
      expect(found).toMatchObject({ verdict });
    } finally {
      child.kill("SIGKILL");
    }
  });
});
