import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasFailed } from "../src/callers/attempt.ts";
import { type PhoneSetup, startPhone } from "../src/callers/phone.ts";
import { type CallRequest, outcomeOf, placeCall, stepsOf } from "../src/callers/place-call.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones } from "../src/callers/softphone/client.ts";
import { measure } from "../src/drills/measure.ts";
import { startProber } from "../src/drills/prober.ts";

/** Callers against telephones, both real SIPp, in a namespace of their own: what the instruments themselves show. */

const namespace = `callers-test-${process.pid}`;
const place = inNamespace(namespace, "127.0.0.1");
const directory = mkdtempSync(join(tmpdir(), "dialtone-callers-"));
let port = 5100;

beforeAll(async () => {
  await execa("ip", ["netns", "add", namespace]);
  await execa("ip", ["-n", namespace, "link", "set", "lo", "up"]);
});

afterAll(async () => {
  await execa("ip", ["netns", "del", namespace]);
  rmSync(directory, { recursive: true, force: true });
});

async function callTo(behaviour: PhoneSetup["behaviour"], call: Partial<CallRequest> = {}) {
  const phonePort = ++port;
  await using _phone = await startPhone({
    place,
    directory,
    name: `phone${phonePort}`,
    port: phonePort,
    ...(behaviour ? { behaviour } : {}),
  });
  // Awaited here: the telephone must live until the call is over.
  return await placeCall({
    place,
    directory,
    service: `127.0.0.1:${phonePort}`,
    from: "100",
    to: "200",
    seconds: 0.2,
    patienceMs: 1500,
    ...call,
  });
}

describe("one call", () => {
  it("is answered at once and hung up by the caller", async () => {
    const call = await callTo({});
    expect(stepsOf(call)).toEqual(["calling", "answered", "hung up"]);
    expect(call.hungUp).toMatchObject({ by: "caller", code: 200 });
    expect((call.hungUp?.at ?? 0) - (call.answered ?? 0)).toBeGreaterThan(190);
  });
  it("rings first, over TCP too", async () => {
    for (const transport of ["udp", "tcp"] as const) {
      const phonePort = ++port;
      await using _phone = await startPhone({
        place,
        directory,
        name: `phone${phonePort}`,
        port: phonePort,
        transport,
        behaviour: { ringMs: 300 },
      });
      const call = await placeCall({
        place,
        directory,
        service: `127.0.0.1:${phonePort}`,
        from: "100",
        to: "200",
        seconds: 0.2,
        patienceMs: 1500,
        transport,
      });
      expect(stepsOf(call)).toEqual(["calling", "ringing", "answered", "hung up"]);
      expect((call.answered ?? 0) - (call.ringing ?? 0)).toBeGreaterThan(290);
    }
  });
  it("goes over IPv6, whose addresses have brackets (RFC 3261 25.1)", async () => {
    const six = inNamespace(namespace, "::1");
    for (const transport of ["udp", "tcp"] as const) {
      const phonePort = ++port;
      await using _phone = await startPhone({
        ...{ place: six, directory, name: `phone${phonePort}`, port: phonePort, transport },
        behaviour: { ringMs: 0 },
      });
      const call = await placeCall({
        ...{ place: six, directory, service: `[::1]:${phonePort}`, from: "100", to: "200", transport },
        ...{ seconds: 0.2, patienceMs: 1500 },
      });
      expect(stepsOf(call)).toEqual(["calling", "answered", "hung up"]);
      expect(call.hungUp).toMatchObject({ by: "caller", code: 200 });
    }
  });
  it("is hung up by the called side", async () => {
    const call = await callTo({ hangUpAfterMs: 200 }, { seconds: 5 });
    expect(call.hungUp).toMatchObject({ by: "callee", code: 200 });
  });
  it("survives a re-INVITE", async () => {
    expect((await callTo({}, { seconds: 0.6, reinvite: true })).hungUp).toMatchObject({
      by: "caller",
      code: 200,
    });
  });
  it("is busy, declined, cancelled while ringing, cancelled by impatience, unheard", async () => {
    const calls = await Promise.all([
      callTo({ behaviour: "busy" }),
      callTo({ behaviour: "decline" }),
      callTo({ behaviour: "ring" }, { cancelAfterMs: 300 }),
      callTo({ behaviour: "ring" }),
      callTo({ behaviour: "silent" }),
    ]);
    expect(calls.map((call) => [outcomeOf(call), call.rejected?.code])).toEqual([
      ["rejected", 486],
      ["rejected", 603],
      ["cancelled", 487],
      ["cancelled", 487],
      ["no answer", undefined],
    ]);
    expect(calls[4]?.retransmissions).toBeGreaterThan(0);
  });
  it("reports a port that is in use, in SIPp's words", async () => {
    const setup = { place, directory, port: ++port };
    await using _phone = await startPhone({ ...setup, name: "one" });
    await expect(startPhone({ ...setup, name: "two" })).rejects.toThrow(/sipp ended with code/);
  });
});

describe("telephones with audio", () => {
  const styles = ["plain", "srtp", "late", "reliable", "webrtc"] as const;
  it.each(["udp", "tcp"] as const)("hear each other in every kind of call, over %s", async (transport) => {
    const [service, caller] = [{ address: "127.0.0.1", port: ++port }, ++port];
    await using phones = await startTelephones(place, {
      // The called telephone itself: nothing stands between them.
      service,
      caller: { address: "127.0.0.2", port: caller, transport },
      callee: { ...service, transport },
      number: "5",
    });
    for (const style of styles) {
      const ids = await phones.calls({ count: 3, style });
      expect(ids, style).toHaveLength(3);
      const until = Date.now() + 10_000;
      const heard = async () => (await phones.report(ids)).legs.every((leg) => leg.stream.received > 20);
      while (!(await heard()) && Date.now() < until) await delay(50);
      expect(await heard(), style).toBe(true);
      expect(await phones.reinvite(ids, "caller", true), style).toEqual([200, 200, 200]);
      expect(await phones.update(ids, "caller"), style).toEqual([200, 200, 200]);
      expect(await phones.bye(ids, "caller"), style).toEqual([200, 200, 200]);
      const ends = (await phones.report(ids)).legs.map((leg) => `${leg.side} ${leg.state} ${leg.why}`);
      expect(new Set(ends), style).toEqual(new Set(["caller ended bye", "callee ended byed"]));
      await phones.close(ids);
    }
    const ringing = await phones.ringing({ count: 2 });
    await phones.answer(ringing);
    const up = async () => (await phones.report(ringing)).legs.every((leg) => leg.state === "up");
    for (const until = Date.now() + 5000; !(await up()) && Date.now() < until; ) await delay(50);
    expect(await up()).toBe(true);
  });
});

describe("the prober", () => {
  /** Calls at 50/s to a phone that dies at the third success-second and comes back after `outageMs`. */
  async function outage(outageMs: number, patienceMs: number) {
    const phonePort = ++port;
    const setup = { place, directory, name: `phone${phonePort}`, port: phonePort };
    const phone = await startPhone(setup);
    await using prober = await startProber({
      place,
      directory,
      service: `127.0.0.1:${phonePort}`,
      from: "100",
      to: "200",
      rate: 50,
      patienceMs,
    });
    const successes = async (from: number, count: number) => {
      const until = Date.now() + 15_000;
      while (prober.successesSince(from).length < count && Date.now() < until) await delay(20);
    };
    await successes(0, 50);
    const fault = Date.now();
    await phone[Symbol.asyncDispose]();
    await delay(outageMs);
    await using _again = await startPhone({ ...setup, name: `${setup.name}b` });
    await successes(Date.now(), 50);
    await prober.finish();
    const attempts = prober.attempts();
    expect(
      attempts.every((call) => call.answered !== undefined || hasFailed(call, Date.now(), patienceMs)),
    ).toBe(true);
    return measure(attempts, { fault }, 50);
  }

  it("sees a short outage to about the distance of two calls; retransmission saves all calls", async () => {
    const figures = await outage(300, 4000);
    expect(figures).toMatchObject({ lost: 0, redials: 0, redialsFailed: 0 });
    expect(figures.savedByRetransmission).toBeGreaterThan(5);
    expect(figures.z).toBeGreaterThan(290);
    expect(figures.z).toBeLessThan(2400);
  });

  it("redials each lost call once, as a new call", async () => {
    const figures = await outage(2500, 1000);
    expect(figures.lost).toBeGreaterThan(10);
    expect(figures.redials).toBe(figures.lost);
  });
});
