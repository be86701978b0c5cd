import { describe, expect, test } from "vitest";
import { type CallState, counted, doubtful, newCall, progress, renegotiation } from "./rescue.ts";

const talking = (now: number, more: Partial<CallState> = {}): CallState => ({
  ...newCall,
  confirmed: true,
  connected: true,
  told: true,
  packets: 100,
  packetAt: now,
  ...more,
});

describe("doubting the WebSocket", () => {
  test("150 ms without a packet in a call that had them", () => {
    expect(doubtful([talking(0)], 149)).toBe(false);
    expect(doubtful([talking(0)], 150)).toBe(true);
    expect(doubtful([talking(0), talking(140)], 150)).toBe(true);
  });
  test("not before the first packet, not while it rings, not while it is held, not for ever", () => {
    expect(doubtful([talking(0, { packetAt: undefined })], 5000)).toBe(false);
    expect(doubtful([talking(0, { confirmed: false })], 5000)).toBe(false);
    expect(doubtful([talking(0, { quiet: true })], 5000)).toBe(false);
    expect(doubtful([talking(0)], 31_000)).toBe(false);
  });
  test("never while a re-INVITE of any call waits for its answer", () => {
    expect(doubtful([talking(0), talking(400, { askedAt: 100 })], 400)).toBe(false);
    expect(doubtful([talking(0), talking(2600, { askedAt: 100 })], 2600)).toBe(true);
  });
});

describe("re-INVITE", () => {
  test("with an ICE restart as soon as another WebSocket is open, again a moment after a refusal", () => {
    let call = progress(talking(0), { what: "socket-opened" }, 400);
    expect(renegotiation(call, 400)).toBe("ice-restart");
    call = progress(call, { what: "asked" }, 400);
    expect(renegotiation(call, 401)).toBeUndefined();
    call = progress(call, { what: "refused", glare: false }, 600);
    expect(renegotiation(call, 1299)).toBeUndefined();
    expect(renegotiation(call, 1300)).toBe("ice-restart");
    call = progress(progress(call, { what: "asked" }, 1600), { what: "answered" }, 1800);
    expect(renegotiation(call, 9000)).toBeUndefined();
  });
  test("what was asked over the old WebSocket is asked again over the new one", () => {
    const call = progress(talking(0, { askedAt: 100 }), { what: "socket-opened" }, 3000);
    expect(renegotiation(call, 3000)).toBe("ice-restart");
  });
  test("once without a restart, when the audio is there: so the other node learns its keys", () => {
    let call = progress(progress(newCall, { what: "confirmed" }, 0), { what: "connected" }, 10);
    expect(renegotiation(call, 20)).toBeUndefined();
    call = counted(call, 1, 30);
    expect(renegotiation(call, 30)).toBe("tell-keys");
    expect(renegotiation({ ...call, incoming: true }, 30)).toBeUndefined();
    call = progress(progress(call, { what: "asked" }, 30), { what: "answered" }, 60);
    expect(renegotiation(call, 9000)).toBeUndefined();
  });
  test("who was called waits a moment", () => {
    const call = progress(talking(0, { incoming: true }), { what: "socket-opened" }, 400);
    expect(renegotiation(call, 699)).toBeUndefined();
    expect(renegotiation(call, 700)).toBe("ice-restart");
  });
  test("both asked at once: again by chance, and who was called before the caller", () => {
    const glare = { what: "refused", glare: true } as const;
    for (const chance of [0, 0.5, 0.999]) {
      const asked = talking(0, { askedAt: 900, dueAt: 900 });
      const called = progress({ ...asked, incoming: true }, glare, 1000, chance).againAt ?? 0;
      const caller = progress(asked, glare, 1000, chance).againAt ?? 0;
      expect(called).toBeLessThan(1500);
      expect(caller).toBeGreaterThanOrEqual(1500);
      expect(caller).toBeLessThan(2000);
    }
  });
  test("a hold is told at once, again when it was refused, and with the restart where one is due", () => {
    let call = progress(talking(0), { what: "direction" }, 100);
    expect(renegotiation(call, 100)).toBe("direction");
    call = progress(progress(call, { what: "asked" }, 100), { what: "refused", glare: false }, 200);
    expect(renegotiation(call, 899)).toBeUndefined();
    expect(renegotiation(call, 900)).toBe("direction");
    expect(renegotiation({ ...call, dueAt: 300 }, 900)).toBe("ice-restart");
    call = progress(progress(call, { what: "asked" }, 900), { what: "direction" }, 950);
    // Taken back while the first was on its way.
    expect(renegotiation(progress(call, { what: "answered" }, 1000), 1000)).toBe("direction");
  });
  test("none where it is heard all the same, until it is silent or ICE has no answer", () => {
    const call = progress(talking(300), { what: "socket-opened" }, 400);
    expect(renegotiation(call, 9000)).toBeUndefined();
    expect(counted(call, 100, 449).dueAt).toBeUndefined();
    expect(renegotiation(counted(call, 100, 450), 450)).toBe("ice-restart");
    expect(renegotiation(progress(call, { what: "unanswered" }, 7000), 7000)).toBe("ice-restart");
    // What was asked over the connection before is asked again.
    const asked = progress(talking(300, { askedAt: 350 }), { what: "socket-opened" }, 400);
    expect(renegotiation(asked, 400)).toBe("direction");
  });
  test("a call that only rings needs none", () => {
    expect(renegotiation(progress(newCall, { what: "socket-opened" }, 0), 0)).toBeUndefined();
  });
});

test("only packets that are new count", () => {
  const call = counted(newCall, 5, 10);
  expect(counted(call, 5, 500).packetAt).toBe(10);
  expect(counted(call, 6, 500).packetAt).toBe(500);
});

test("nothing is heard although the host answers: ICE anew, three times, each later than the one before", () => {
  let call = talking(0);
  const asked: number[] = [];
  for (let now = 0; now <= 40_000; now += 50) {
    call = counted(call, 100, now);
    if (renegotiation(call, now) !== "ice-restart") continue;
    asked.push(now);
    call = progress(progress(call, { what: "asked" }, now), { what: "answered" }, now + 20);
  }
  expect(asked).toEqual([700, 3700, 9700]);
  // Heard again: the next silence begins anew.
  call = counted(call, 101, 40_000);
  expect(counted(call, 101, 40_700).dueAt).toBe(40_700);
  expect(counted(talking(0, { quiet: true }), 100, 9000).dueAt).toBeUndefined();
});

test("ICE without an answer is begun anew before the browser gives up", () => {
  expect(renegotiation(progress(talking(0), { what: "unanswered" }, 7000), 7000)).toBe("ice-restart");
  expect(progress(newCall, { what: "unanswered" }, 7000).dueAt).toBeUndefined();
});

test("after a hold the silence before it does not count", () => {
  const held = progress(talking(0), { what: "quiet", quiet: true }, 100);
  expect(progress(held, { what: "quiet", quiet: false }, 60_000).packetAt).toBe(60_000);
});
